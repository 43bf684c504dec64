// Folders as zip files, over both transports: what is in them, that half of one is never taken for a whole, and that
// whoever reads slowly, or not to the end, keeps neither memory nor descriptors.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hashPassword } from "../src/features/access/password.ts";
import type { Server, ServerOptions } from "../src/server.ts";
import { basicCredentials } from "./support/credentials.ts";
import { RawClient } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { countDescriptors, descriptorsSettled, isOpen, makeSite } from "./support/site.ts";
import { until } from "./support/until.ts";
import { readZip } from "./support/zip-reader.ts";

/** Larger than all the buffers between a disk and a peer that does not read. */
const LARGE_BYTES = 64 * 1024 * 1024;

for (const transport of TRANSPORTS) {
  const serve = (t: TestContext, root: string, options: ServerOptions = {}): Promise<Server> =>
    startServer(t, { root, threads: 1, transport, listing: true, zip: true, ...options });

  // Complaint: Caddy #4384 #2830
  test(`${transport}: a folder comes as one zip file, with all below it`, async (t) => {
    const random = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251));
    const root = makeSite(t, {
      "my föld/b.txt": "12345",
      "my föld/empty": "",
      "my föld/sub/日本 🧵.bin": random,
      "my föld/sub/deep/x": "x",
    });
    mkdirSync(join(root, "my föld/nothing in it"));
    utimesSync(join(root, "my föld/b.txt"), 1e9, 1e9);
    const client = await openClient(t, await serve(t, root));
    const target = encodeURI("/my föld/");
    const page = await client.request("GET", target, "Accept: text/html\r\n");
    assert.match(page.body.toString(), /<a href="\?zip">Download as zip<\/a>/);
    const response = await client.request("GET", `${target}?zip`);
    assert.equal(response.status, 200);
    assert.equal(response.fields.get("content-type"), "application/zip");
    const named = `attachment; filename="my f_ld.zip"; filename*=UTF-8''my%20f%C3%B6ld.zip`;
    assert.equal(response.fields.get("content-disposition"), named);
    assert.equal(response.fields.get("cache-control"), "no-store");
    const entries = readZip(response.body);
    const names = ["b.txt", "empty", "nothing in it/", "sub/", "sub/deep/", "sub/日本 🧵.bin", "sub/deep/x"];
    assert.deepEqual(
      entries.map(({ name }) => name),
      names.map((name) => `my föld/${name}`),
    );
    assert.deepEqual(entries[0]?.modified, new Date(1e12));
    assert.deepEqual(entries[5]?.content, random);
    const head = await client.request("HEAD", `${target}?zip`);
    assert.deepEqual([...head.fields].toSpliced(-1), [...response.fields].toSpliced(-1));
    assert.ok(head.fields.has("date"));
    // The connection is still good for others.
    assert.equal((await client.request("GET", `${target}b.txt`)).body.toString(), "12345");
  });

  test(`${transport}: without the option there is no zip file, and of a page or a file there is none`, async (t) => {
    const root = makeSite(t, { "sub/a": "a", "with/index.html": "page" });
    const client = await openClient(t, await serve(t, root, { zip: false }));
    const listed = await client.request("GET", "/sub/?zip");
    assert.match(listed.fields.get("content-type") ?? "", /^text\/html/);
    assert.doesNotMatch(listed.body.toString(), /zip/);
    const other = await openClient(t, await serve(t, root));
    assert.equal((await other.request("GET", "/with/?zip")).body.toString(), "page");
    assert.equal((await other.request("GET", "/sub/a?zip")).body.toString(), "a");
    const redirected = await other.request("GET", "/sub?zip");
    assert.deepEqual([redirected.status, redirected.fields.get("location")], [301, "/sub/?zip"]);
    assert.equal((await other.request("GET", "/nothing/?zip")).status, 404);
  });

  test(`${transport}: a zip file holds nothing that its reader could not ask for`, async (t) => {
    const outside = makeSite(t, { secret: "secret" });
    const mounted = makeSite(t, { m: "" });
    const root = makeSite(t, {
      shown: "",
      ".hidden/x": "",
      "page/index.html": "page",
      "page/unlisted": "unlisted",
      "private/x": "",
      "moved/x": "",
      "docs/x": "",
      "sub/real": "real",
    });
    symlinkSync(outside, join(root, "away"));
    symlinkSync(join(outside, "secret"), join(root, "out"));
    symlinkSync("sub", join(root, "link"));
    symlinkSync("..", join(root, "sub/up"));
    symlinkSync("real", join(root, "sub/alias"));
    const hash = await hashPassword("secret");
    const server = await serve(t, root, {
      mounts: { "/docs": mounted },
      redirects: [{ from: "/moved/*", to: "/shown" }],
      auth: { users: { ann: hash }, for: ["/private/*"] },
    });
    const client = await openClient(t, server);
    const entries = readZip((await client.request("GET", "/?zip")).body);
    const names = ["page/", "shown", "sub/", "page/index.html", "sub/alias", "sub/real"];
    assert.deepEqual(
      entries.map(({ name }) => name),
      names.map((name) => `root/${name}`),
    );
    assert.equal((await client.request("GET", "/private/?zip")).status, 401);
    const credentials = `Authorization: ${basicCredentials("ann:secret")}\r\n`;
    const opened = readZip((await client.request("GET", "/private/?zip", credentials)).body);
    assert.deepEqual(
      opened.map(({ name }) => name),
      ["private/x"],
    );
    assert.deepEqual(
      readZip((await client.request("GET", "/docs/?zip")).body).map(({ name }) => name),
      ["docs/m"],
    );
  });

  for (const [what, change] of [
    ["changes", (path: string) => appendFileSync(path, "more")],
    ["becomes shorter", (path: string) => truncateSync(path, 1000)],
  ] as const) {
    test(`${transport}: a file that ${what} while it is sent cuts the zip file short`, async (t) => {
      const { server, root, count } = await startLarge(t, serve);
      const client = await startReading(t, server);
      change(join(root, "sub/large"));
      client.stream.resume();
      await assert.rejects(client.response(), /the connection ended/);
      client.close();
      await descriptorsSettled(count);
    });
  }

  // Complaint: miniserve (zip files in memory)
  test(`${transport}: a file that vanishes before its turn cuts the zip file short`, async (t) => {
    const { server, root } = await startLarge(t, serve);
    const client = await startReading(t, server);
    rmSync(join(root, "sub/later"));
    client.stream.resume();
    await assert.rejects(client.response(), /the connection ended/);
  });

  test(`${transport}: a zip file that nobody reads to the end keeps no descriptor, and makes room for others`, async (t) => {
    const { server, count } = await startLarge(t, serve);
    const clients: RawClient[] = [];
    for (let index = 0; index < 4; index++) clients.push(await startReading(t, server));
    const refused = await (await openClient(t, server)).request("GET", "/sub/?zip");
    assert.deepEqual([refused.status, refused.fields.get("retry-after")], [503, "2"]);
    for (const client of clients) client.close();
    // Both sides of the connection that was refused are still there.
    await descriptorsSettled(count + 2);
    const again = await startReading(t, server);
    again.close();
    await descriptorsSettled(count + 2);
    const head = await openClient(t, server);
    for (let index = 0; index < 8; index++) assert.equal((await head.request("HEAD", "/sub/?zip")).status, 200);
  });

  test(`${transport}: a peer that stops reading a zip file does not hold it for ever`, async (t) => {
    const limits = { writeTimeoutMs: 200 };
    const { server, count } = await startLarge(t, (t, root) => serve(t, root, { limits }));
    const client = await startReading(t, server);
    // The client's own side of the connection stays.
    await descriptorsSettled(count + 1);
    client.stream.resume();
    await assert.rejects(client.response(), /the connection ended/);
  });

  test(`${transport}: others are answered while a zip file is sent`, async (t) => {
    const { server } = await startLarge(t, serve);
    const [large, other] = [await openClient(t, server), await openClient(t, server)];
    let isSent = false;
    const sending = large.request("GET", "/sub/?zip").then(() => (isSent = true));
    for (let count = 0; count < 20; count++) await other.request("GET", "/sub/later");
    assert.equal(isSent, false);
    await sending;
  });
}

type Serve = (t: TestContext, root: string) => Promise<Server>;

/** A server that has answered, for a folder with a file that no buffer takes, and another behind it. */
async function startLarge(t: TestContext, serve: Serve): Promise<{ root: string; server: Server; count: number }> {
  const root = makeSite(t, { "sub/large": "", "sub/later": "later" });
  truncateSync(join(root, "sub/large"), LARGE_BYTES);
  utimesSync(join(root, "sub/large"), 1e9, 1e9);
  const server = await serve(t, root);
  const client = await RawClient.open(server.port);
  await client.request("GET", "/sub/later");
  // A kernel opener keeps its root open for a moment.
  await until(() => !isOpen(root));
  // Without the two sides of this connection; but libuv opens /dev/null at the first end of one, and keeps it.
  const count = countDescriptors() - 1;
  client.close();
  return { root, server, count };
}

/** A client that has got the begin of the large file, and reads no further. */
async function startReading(t: TestContext, server: Server): Promise<RawClient> {
  const client = await openClient(t, server);
  client.write("GET /sub/?zip HTTP/1.1\r\nHost: t\r\n\r\n");
  while (client.waiting < 65_536) await client.more();
  client.stream.pause();
  return client;
}
