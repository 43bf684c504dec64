// Reloads while a server runs: which requests get the new options, which keep the old ones, which options are refused.
import assert from "node:assert/strict";
import { renameSync, symlinkSync, truncateSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { before, describe, type TestContext, test } from "node:test";
import { resolveOptions } from "../src/options/resolve.ts";
import type { ServerOptions } from "../src/options/server-options.ts";
import { createServer, hashPassword, type Server, type ServerControls, type ServerEvent } from "../src/server.ts";
import { basicCredentials } from "./support/credentials.ts";
import { runLoad } from "./support/load.ts";
import type { RawClient } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS, WAYS } from "./support/server.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "./support/site.ts";
import { causeFault, type Supervised, supervise, workerFixture } from "./support/supervised.ts";
import { until } from "./support/until.ts";

/** More than the buffers of two sockets on loopback can hold: a client that does not read keeps it in flight. */
const LARGE_BYTES = 64 * 1024 * 1024;
/** The largest file that is kept in memory. */
const SMALL_BYTES = 256 * 1024;

const KINDS = TRANSPORTS.flatMap((transport): [kind: string, options: ServerOptions][] => [
  [`a pool, ${transport}`, { transport, threads: 2 }],
  [`a thread per connection, ${transport}`, { transport, threads: "per-connection" }],
]);

let one = "";
let two = "";
before((t) => {
  const small = Buffer.alloc(SMALL_BYTES);
  const files = {
    "0.bin": small,
    "1.bin": small,
    "2.bin": small,
    "3.bin": small,
    "open.bin": Buffer.alloc(SMALL_BYTES + 1),
  };
  one = makeSite(t as TestContext, { "index.html": "one", "large.bin": "", "files/large.bin": "", ...files });
  two = makeSite(t as TestContext, { "index.html": "two", "only-here.html": "two" });
  for (const name of ["large.bin", "files/large.bin"]) truncateSync(join(one, name), LARGE_BYTES);
});

function listen(t: TestContext, options: ServerOptions & ServerControls): Promise<Server> {
  return startServer(t, { root: one, ...options });
}

async function get(client: RawClient, target = "/"): Promise<string> {
  const { status, body } = await client.request("GET", target);
  return status === 200 ? body.toString() : String(status);
}

describe("reload()", { timeout: 300_000 }, () => {
  for (const [kind, options] of KINDS) {
    test(`reload() keeps connections, and answers on all of them by the new options, ${kind}`, async (t) => {
      const server = await listen(t, options);
      const clients = await Promise.all(Array.from({ length: 6 }, () => openClient(t, server)));
      for (const client of clients) assert.equal(await get(client), "one");
      assert.deepEqual(await server.reload({ ...options, root: two, host: "127.0.0.1", port: 0, graceMs: 5 }), {
        unchanged: [],
      });
      for (const client of clients) assert.equal(await get(client), "two");
      // Connections that begin now, on older threads and on new ones.
      for (let count = 0; count < 6; count++) clients.push(await openClient(t, server));
      for (const client of clients) assert.equal(await get(client, "/only-here.html"), "two");
      assert.equal(server.threads.accepted, 12);
      assert.equal(server.threads.deathCount, 0);
      assert.deepEqual([server.options.root, server.options.graceMs], [two, 5]);
    });

    test(`reload() lets a download go on to its end, ${kind}`, async (t) => {
      const server = await listen(t, options);
      const client = await openClient(t, server);
      client.write("GET /large.bin HTTP/1.1\r\nHost: test\r\n\r\n");
      client.stream.pause();
      await until(() => server.threads.requests === 1);
      await server.reload({ ...options, root: two });
      client.stream.resume();
      assert.equal((await client.response()).body.length, LARGE_BYTES);
      assert.equal(await get(client), "two");
    });

    test(`reload() lets a folder that is being zipped go on to its end, ${kind}`, async (t) => {
      const listed = { ...options, listing: true, zip: true };
      const server = await listen(t, listed);
      const client = await openClient(t, server);
      client.write("GET /files/?zip HTTP/1.1\r\nHost: test\r\n\r\n");
      client.stream.pause();
      await until(() => server.threads.requests === 1);
      await server.reload({ ...options, root: two });
      client.stream.resume();
      assert.ok((await client.response()).body.length > LARGE_BYTES);
      assert.equal(await get(client), "two");
    });

    test(`reload() leaves a request that is being answered to the old options, ${kind}`, async (t) => {
      // A password takes a while to check; the new options need no password.
      const auth = { users: { ada: await hashPassword("countess") } };
      const server = await listen(t, { ...options, auth });
      const client = await openClient(t, server);
      const credentials = basicCredentials("ada:countess");
      client.write(`GET / HTTP/1.1\r\nHost: test\r\nAuthorization: ${credentials}\r\n\r\n`);
      await until(() => server.threads.requests === 1);
      await server.reload({ ...options, root: two });
      assert.equal((await client.response()).body.toString(), "one");
      assert.equal(await get(client), "two");
    });
  }

  test("reload() takes the default for what is not given", async (t) => {
    const server = await listen(t, { cleanUrls: true, graceMs: 1, revalidateMs: 0, cacheLimitBytes: 0 });
    await server.reload({ root: two });
    const { site, graceMs, revalidateMs, cacheLimitBytes } = server.options;
    assert.deepEqual([site.cleanUrls, graceMs, revalidateMs, cacheLimitBytes], [false, 10_000, 1000, 64 * 1024 * 1024]);
    const { status } = await (await openClient(t, server)).request("GET", "/only-here");
    assert.equal(status, 404);
  });

  test("reload() closes with the grace of the new options", async (t) => {
    const server = await listen(t, { graceMs: 600_000 });
    const client = await openClient(t, server);
    client.write("GET /large.bin HTTP/1.1\r\nHost: test\r\n\r\n");
    client.stream.pause();
    await until(() => server.threads.requests === 1);
    await server.reload({ root: one, graceMs: 0 });
    await server.close();
  });

  const fixed: [option: string, options: ServerOptions][] = [
    ["host", { host: "127.0.0.2" }],
    ["port", { port: 1 }],
    ["socketMode", { socketMode: 0o600 }],
    ["threads", { threads: 2 }],
    ["threads", { threads: "per-connection" }],
    ["maxThreads", { maxThreads: 7 }],
    ["transport", { transport: "auto" }],
    ["accept", { accept: "transfer" }],
    ["connectionLimitCount", { connectionLimitCount: 7 }],
    ["stallTimeoutMs", { stallTimeoutMs: 7777 }],
    ["trace", { trace: true }],
    ["limits", { limits: { pipelineLimitCount: 7 } }],
  ];
  for (const [option, options] of fixed) {
    test(`reload() names ${JSON.stringify(options)} as unchanged, and keeps what was`, async (t) => {
      const given: ServerOptions = { host: "127.0.0.1", port: 0, threads: 1, transport: "portable" };
      const server = await listen(t, given);
      const former = server.options;
      assert.deepEqual(await server.reload({ ...given, ...options, root: two }), { unchanged: [option] });
      const { site, root } = server.options;
      assert.deepEqual(server.options, { ...former, site, root });
      assert.equal(await get(await openClient(t, server)), "two");
    });
  }

  if (process.platform === "linux") {
    test("reload() names a socket as unchanged", async (t) => {
      const server = await listen(t, { threads: 1 });
      const { unchanged } = await server.reload({ root: two, socket: "heddle.sock", threads: 1 });
      assert.deepEqual(unchanged, ["host", "port", "socket"]);
    });
  }

  const refused: [options: ServerOptions, option: string][] = [
    [{ root: "/no/such/folder" }, "root"],
    [{ root: import.meta.filename }, "root"],
    [{ mounts: { "/docs": "/no/such/folder" } }, 'mounts["/docs"]'],
    [{ redirects: [{ from: "no path", to: "/" }] }, "redirects[0].from"],
    [{ graceMs: -1 }, "graceMs"],
    [{ nonsense: true } as ServerOptions, "nonsense"],
  ];
  for (const [options, option] of refused) {
    test(`reload() refuses ${JSON.stringify(options)}, and everything stays`, async (t) => {
      const server = await listen(t, { threads: 1 });
      const client = await openClient(t, server);
      const former = server.options;
      await assert.rejects(server.reload({ root: two, ...options }), { name: "OptionError", option });
      assert.equal(server.options, former);
      assert.equal(await get(client), "one");
    });
  }

  test("reload() is done one after the other, in the order of the calls, even when one fails", async (t) => {
    const server = await listen(t, { threads: 2 });
    const ended: number[] = [];
    const reloads = [two, one, "/no/such/folder", one, two].map((root, index) =>
      server.reload({ root, graceMs: index }).finally(() => ended.push(index)),
    );
    const outcomes = await Promise.allSettled(reloads);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled"],
    );
    assert.deepEqual(ended, [0, 1, 2, 3, 4]);
    assert.equal(server.options.graceMs, 4);
    for (let count = 0; count < 4; count++) assert.equal(await get(await openClient(t, server)), "two");
  });

  test("reload() rejects before listen() and after close()", async (t) => {
    const server = createServer({ root: one, host: "127.0.0.1", port: 0 });
    t.after(() => server.close());
    await assert.rejects(server.reload({ root: two }), /^Error: the server does not listen/);
    await server.listen();
    await server.close();
    await assert.rejects(server.reload({ root: two }), /^Error: the server is closed/);
  });

  test("reload() that is under way when the server is closed ends, and so does close()", async (t) => {
    const server = await listen(t, { threads: 2 });
    const reloads = Promise.allSettled([server.reload({ root: two }), server.reload({ root: one })]);
    await server.close();
    const [, second] = await reloads;
    assert.equal(second.status, "rejected");
  });

  for (const [way, options] of WAYS) {
    // Complaint: nginx (reloads pile up workers)
    test(`reload() under load costs no request and no connection, by ${way}`, async (t) => {
      const server = await listen(t, { ...options, threads: 2 });
      const load = runLoad(server.port, { connections: 20, requests: 10_000 });
      let isOver = false;
      void load.finally(() => {
        isOver = true;
      });
      let reloadCount = 0;
      await until(() => server.threads.requests > 1000);
      for (; !isOver; reloadCount++) await server.reload({ ...options, root: reloadCount % 2 === 0 ? two : one });
      const { errors, timeouts, non2xx, "2xx": answered } = await load;
      assert.deepEqual({ errors, timeouts, non2xx, answered }, { errors: 0, timeouts: 0, non2xx: 0, answered: 10_000 });
      assert.equal(server.threads.accepted, 20);
      t.diagnostic(`${reloadCount} reloads`);
    });
  }

  for (const transport of TRANSPORTS) {
    // Complaint: nginx-gateway-fabric #5524
    test(`reload() again and again keeps no descriptor and no memory, ${transport}`, async (t) => {
      const server = await listen(t, { threads: 1, transport });
      const client = await openClient(t, server);
      const round = async (): Promise<void> => {
        for (const name of ["open", "0", "1", "2", "3"]) await client.request("HEAD", `/${name}.bin`);
        await server.reload({ root: one, listing: true, keepPreviousSeconds: 60 });
      };
      for (let count = 0; count < 20; count++) await round();
      const descriptors = countDescriptors();
      const { rss } = process.memoryUsage();
      // Each round has 1 MiB in its cache.
      for (let count = 0; count < 150; count++) await round();
      await descriptorsSettled(descriptors);
      const grownBytes = process.memoryUsage().rss - rss;
      t.diagnostic(`${grownBytes} bytes more`);
      assert.ok(grownBytes < 100 * 1024 * 1024, `${grownBytes} bytes more`);
    });
  }

  test("reload() keeps the previous release reachable, even right after the swap", async (t) => {
    const folder = makeSite(t, { "1/app.3f2a9c1b.js": "old script", "2/app.9b1c4d7e.js": "new script" });
    const root = join(folder, "now");
    symlinkSync("1", root);
    const options = { root, threads: 1, keepPreviousSeconds: 60 };
    const server = await listen(t, options);
    const client = await openClient(t, server);
    assert.equal(await get(client, "/app.3f2a9c1b.js"), "old script");
    symlinkSync("2", join(folder, "next"));
    renameSync(join(folder, "next"), root);
    await server.reload(options);
    assert.equal(await get(client, "/app.3f2a9c1b.js"), "old script");
    assert.equal(await get(client, "/app.9b1c4d7e.js"), "new script");
  });

  test("reload() keeps the tags of large files, which are expensive", async (t) => {
    const options: ServerOptions = { root: one, threads: 1, etag: "content", revalidateMs: 0 };
    // The tag of a file this young counts for nothing.
    utimesSync(join(one, "open.bin"), 1_000_000, 1_000_000);
    const server = await listen(t, options);
    const client = await openClient(t, server);
    const tagOf = async (): Promise<string | undefined> =>
      (await client.request("HEAD", "/open.bin")).fields.get("etag");
    const first = await tagOf();
    let tag = first;
    while (tag === first) tag = await tagOf();
    await server.reload({ ...options, listing: true });
    assert.equal(await tagOf(), tag);
  });

  test("keepPreviousSeconds can be asked for at the start", async (t) => {
    const events: ServerEvent[] = [];
    const server = await listen(t, { threads: 1, keepPreviousSeconds: 60, onEvent: (event) => events.push(event) });
    assert.equal(await get(await openClient(t, server)), "one");
    assert.deepEqual(events, []);
  });
});

function start(t: TestContext, options: ServerOptions, fixture: string): Promise<Supervised> {
  return supervise(t, { root: one, ...options }, workerFixture(fixture));
}

function kill(thread: number): void {
  causeFault({ thread, kind: "throw" });
}

describe("reload() and threads that fail", { timeout: 300_000 }, () => {
  for (const [kind, options] of KINDS) {
    test(`a thread that replaces another starts with the last options, ${kind}`, async (t) => {
      const { supervisor, port, events } = await start(t, options, "faulty-worker.ts");
      await supervisor.reload(resolveOptions({ ...options, root: two, port: 0 }));
      const { threads } = supervisor.snapshot();
      for (const { thread } of threads) kill(thread);
      await until(() => events.length === threads.length);
      for (let count = 0; count < 6; count++) assert.equal(await get(await openClient(t, { port })), "two");
    });

    test(`a thread that starts during a reload changes its options too, ${kind}`, async (t) => {
      const { supervisor, port, events } = await start(t, options, "faulty-worker.ts");
      const { threads } = supervisor.snapshot();
      kill(threads[0]!.thread);
      await until(() => events.length > 0);
      kill(threads[1]!.thread);
      await supervisor.reload(resolveOptions({ ...options, root: two, port: 0 }));
      await until(() => events.length > 1);
      for (let count = 0; count < 6; count++) assert.equal(await get(await openClient(t, { port })), "two");
    });

    test(`no thread changes its options when one cannot, ${kind}`, async (t) => {
      const { supervisor, port, events } = await start(t, options, "one-without-patterns.ts");
      const redirects = [{ from: "/a/*", to: "/b" }];
      const wanted = resolveOptions({ ...options, root: two, port: 0, redirects });
      await assert.rejects(supervisor.reload(wanted), /no patterns here, on purpose/);
      for (let count = 0; count < 6; count++) assert.equal(await get(await openClient(t, { port })), "one");
      await supervisor.reload(resolveOptions({ ...options, root: two, port: 0 }));
      for (let count = 0; count < 6; count++) assert.equal(await get(await openClient(t, { port })), "two");
      assert.deepEqual(events, []);
    });
  }
});
