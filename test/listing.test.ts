// Listings of folders as a peer gets them, over both transports: in which form, of what, and that a large one keeps
// nobody waiting. How each form is written is tested beside src/content/listing/.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hashPassword } from "../src/features/access/password.ts";
import type { Server, ServerOptions } from "../src/server.ts";
import { asOrdinaryUser } from "./support/containment.ts";
import { basicCredentials } from "./support/credentials.ts";
import type { RawResponse } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "./support/site.ts";

const MANY_COUNT = 12_000;

for (const transport of TRANSPORTS) {
  const serve = (t: TestContext, root: string, options: ServerOptions = {}): Promise<Server> =>
    startServer(t, { root, threads: 1, transport, listing: true, ...options });

  test(`${transport}: a folder without an index page is listed in the form that is asked for`, async (t) => {
    const root = makeSite(t, { "sub/b.txt": "12345", "sub/A/x": "", "with/index.html": "page" });
    const client = await openClient(t, await serve(t, root));
    const html = await client.request("GET", "/sub/", "Accept: text/html,*/*;q=0.8\r\n");
    assert.equal(html.status, 200);
    assert.equal(html.fields.get("content-type"), "text/html; charset=utf-8");
    assert.match(html.fields.get("content-security-policy") ?? "", /^default-src 'none'; script-src 'sha256-/);
    assert.match(html.body.toString(), /<a href="\.\/A\/">.*<a href="\.\/b\.txt">/s);
    const json = await client.request("GET", "/sub/", "Accept: application/json\r\n");
    assert.equal(json.fields.get("content-type"), "application/json");
    assert.deepEqual(namesOf(json), ["A", "b.txt"]);
    const text = await client.request("GET", "/sub/", "Accept: text/plain\r\n");
    assert.equal(text.fields.get("content-type"), "text/plain; charset=utf-8");
    assert.equal(text.body.toString(), "A/\nb.txt\n");
    for (const { fields } of [html, json, text]) {
      assert.equal(fields.get("vary"), "Accept");
      assert.equal(fields.get("cache-control"), "no-cache");
      assert.equal(fields.get("x-content-type-options"), "nosniff");
    }
    assert.equal((await client.request("GET", "/with/")).body.toString(), "page");
    assert.deepEqual(namesOf(await client.request("GET", "/", "Accept: application/json\r\n")), ["sub", "with"]);
  });

  test(`${transport}: a listing answers HEAD, If-None-Match, a missing slash and a change at once`, async (t) => {
    const root = makeSite(t, { "sub/b.txt": "12345" });
    const client = await openClient(t, await serve(t, root));
    const whole = await client.request("GET", "/sub/");
    const head = await client.request("HEAD", "/sub/");
    assert.deepEqual([...head.fields.keys()], [...whole.fields.keys()]);
    for (const name of ["etag", "content-length"]) assert.equal(head.fields.get(name), whole.fields.get(name));
    assert.equal(head.body.length, 0);
    const etag = whole.fields.get("etag")!;
    const same = await client.request("GET", "/sub/", `If-None-Match: ${etag}\r\n`);
    assert.deepEqual([same.status, same.fields.get("etag"), same.fields.get("vary")], [304, etag, "Accept"]);
    assert.equal((await client.request("GET", "/sub/", 'If-Match: "other"\r\n')).status, 412);
    const redirected = await client.request("GET", "/sub?sort=size");
    assert.deepEqual([redirected.status, redirected.fields.get("location")], [301, "/sub/?sort=size"]);
    writeFileSync(join(root, "sub/new"), "");
    const changed = await client.request("GET", "/sub/", `If-None-Match: ${etag}\r\n`);
    assert.deepEqual([changed.status, /new/.test(changed.body.toString())], [200, true]);
  });

  test(`${transport}: a listing shows neither hidden names nor what lies outside`, async (t) => {
    const outside = makeSite(t, { "secret.txt": "secret" });
    const root = makeSite(t, { "sub/.hidden": "", "sub/shown": "", "sub/inner/x": "" });
    symlinkSync(join(outside, "secret.txt"), join(root, "sub/out.txt"));
    symlinkSync(outside, join(root, "sub/away"));
    symlinkSync("inner", join(root, "sub/link"));
    const client = await openClient(t, await serve(t, root));
    const listed = await client.request("GET", "/sub/", "Accept: application/json\r\n");
    assert.deepEqual(namesOf(listed), ["inner", "link", "shown"]);
    assert.deepEqual(namesOf(await client.request("GET", "/sub/link/", "Accept: application/json\r\n")), ["x"]);
    assert.equal((await client.request("GET", "/sub/away/")).status, 404);
    assert.equal((await client.request("GET", "/nothing/")).status, 404);
    assert.equal((await client.request("GET", "/sub/shown/")).status, 404);
  });

  test(`${transport}: names that are hostile are escaped, and their links lead to the files`, async (t) => {
    const names = ["<script>alert(1)<script>", "\"'&", "a?b#c%20d", "line\nbreak", "javascript:x", "日本 🧵"];
    const root = makeSite(t, Object.fromEntries(names.map((name) => [`sub/${name}`, name])));
    const client = await openClient(t, await serve(t, root));
    const html = (await client.request("GET", "/sub/")).body.toString();
    assert.equal(html.match(/<script>/g)?.length, 1);
    const references = [...html.matchAll(/<th scope="row"><a href="\.([^"]*)"/g)].map(([, found]) => found!);
    const contents: string[] = [];
    for (const reference of references) {
      const target = `/sub${reference.replaceAll("&amp;", "&").replaceAll("&#39;", "'")}`;
      contents.push((await client.request("GET", target)).body.toString());
    }
    assert.deepEqual(contents.sort(), names.toSorted());
  });

  test(`${transport}: a folder that may be entered but not read is a 403`, {
    skip: process.platform === "win32",
  }, async (t) => {
    const root = makeSite(t, { "sub/a": "" });
    const client = await openClient(t, await serve(t, root, { revalidateMs: 0 }));
    assert.equal((await client.request("GET", "/sub/")).status, 200);
    chmodSync(join(root, "sub"), 0o111);
    chmodSync(root, 0o711);
    const response = await asOrdinaryUser(() => client.request("GET", "/sub/"));
    chmodSync(join(root, "sub"), 0o700);
    assert.equal(response.status, 403);
  });

  test(`${transport}: a README is a part of the page, and of its tag`, async (t) => {
    const root = makeSite(t, { "sub/README.md": "# Hello <script>" });
    const client = await openClient(t, await serve(t, root));
    const before = await client.request("GET", "/sub/");
    assert.match(before.body.toString(), /<h2 id="hello-script">Hello &lt;script&gt;<\/h2>/);
    writeFileSync(join(root, "sub/README.md"), "# Other <script>");
    const after = await client.request("GET", "/sub/", `If-None-Match: ${before.fields.get("etag")}\r\n`);
    assert.deepEqual([after.status, /Other/.test(after.body.toString())], [200, true]);
  });

  test(`${transport}: a README that asks for a password is shown to who has given it`, async (t) => {
    const root = makeSite(t, { "sub/README.md": "secret", "own/README.md": "secret" });
    const auth = { users: { ann: await hashPassword("word") }, for: ["/sub/*.md", "/own/*"] };
    const client = await openClient(t, await serve(t, root, { auth }));
    const listed = await client.request("GET", "/sub/");
    assert.deepEqual([listed.status, /secret/.test(listed.body.toString())], [200, false]);
    const credentials = `Authorization: ${basicCredentials("ann:word")}\r\n`;
    assert.match((await client.request("GET", "/own/", credentials)).body.toString(), /secret/);
  });

  test(`${transport}: without the option there is no listing, with it there is one of mounted folders too`, async (t) => {
    const mounted = makeSite(t, { "deep/file": "" });
    const root = makeSite(t, { "sub/file": "" });
    const plain = await openClient(t, await serve(t, root, { listing: false }));
    assert.equal((await plain.request("GET", "/sub/")).status, 404);
    const client = await openClient(t, await serve(t, root, { mounts: { "/docs": mounted }, trailingSlash: "never" }));
    const json = "Accept: application/json\r\n";
    assert.deepEqual(namesOf(await client.request("GET", "/docs/deep/", json)), ["file"]);
    const redirected = await client.request("GET", "/docs/deep");
    assert.deepEqual([redirected.status, redirected.fields.get("location")], [301, "/docs/deep/"]);
  });

  test(`${transport}: ${MANY_COUNT} entries are sorted into pages while others are answered`, async (t) => {
    const root = makeSite(t, { "hot.txt": "hot" });
    mkdirSync(join(root, "many"));
    for (let index = 1; index <= MANY_COUNT; index++) writeFileSync(join(root, "many", `file ${index}`), "");
    const server = await serve(t, root);
    const [large, other] = [await openClient(t, server), await openClient(t, server)];
    await other.request("GET", "/hot.txt");
    const count = countDescriptors();
    const order: string[] = [];
    const listing = large.request("GET", "/many/?page=2", "Accept: application/json\r\n").then((response) => {
      order.push("listing");
      return response;
    });
    await other.request("GET", "/hot.txt").then(() => order.push("hot"));
    const page = await listing;
    assert.deepEqual(order, ["hot", "listing"]);
    const expected = Array.from({ length: MANY_COUNT - 10_000 }, (_, index) => `file ${10_001 + index}`);
    assert.deepEqual(namesOf(page), expected);
    assert.equal(page.fields.get("link"), '<./>; rel="prev"');
    const last = await large.request("GET", "/many/?sort=name&order=desc", "Accept: text/plain\r\n");
    assert.ok(last.body.toString().startsWith(`file ${MANY_COUNT}\nfile ${MANY_COUNT - 1}\n`));
    // What the thread itself has open: its event loop.
    await descriptorsSettled(count + 8);
  });
}

function namesOf({ body }: RawResponse): string[] {
  return (JSON.parse(body.toString()) as { name: string }[]).map(({ name }) => name);
}
