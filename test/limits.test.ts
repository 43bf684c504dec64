// Limits of requests in a running server: whichever threads and connections the requests come to, they count together.
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { before, describe, type TestContext, test } from "node:test";
import type { Server, ServerEvent, ServerOptions } from "../src/server.ts";
import { Http2Client } from "./support/http2-client.ts";
import { openClient, startServer, TRANSPORTS, WAYS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { causeFault, supervise, workerFixture } from "./support/supervised.ts";
import { until } from "./support/until.ts";

const KINDS = TRANSPORTS.flatMap((transport): [kind: string, options: ServerOptions][] => [
  [`a pool, ${transport}`, { transport, threads: 2 }],
  [`a thread per connection, ${transport}`, { transport, threads: "per-connection" }],
]);

/** So slow that no test sees a second request let through after the burst. */
const SLOW = 1 / 3600;

/** A file, and how much of it is sent in a second. More than is kept in memory. */
const PACED_BYTES = 512 * 1024;
/** Written right behind the head. */
const SHORT_BYTES = 16 * 1024;

let root = "";
before((t) => {
  root = makeSite(t as TestContext, { "index.html": "home" });
});

/** Waits until the request is answered and the server has closed. */
async function isRefused(t: TestContext, server: Server): Promise<boolean> {
  const client = await openClient(t, server);
  const { status, fields } = await client.request("GET", "/");
  if (status === 200) return false;
  assert.equal(status, 503);
  assert.match(fields.get("retry-after")!, /^[1-9]/);
  assert.equal(fields.get("connection"), "close");
  assert.equal((await client.rest()).length, 0);
  return true;
}

/** Asks for a large file, and reads nothing of it. */
function beginDownload(t: TestContext, { port }: Server): Socket {
  const socket = connect(port, "127.0.0.1").pause();
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  socket.write("GET /large.bin HTTP/1.1\r\nHost: test\r\n\r\n");
  return socket;
}

/** The statuses of so many requests, each on a connection of its own. */
async function ask(t: TestContext, server: Server, count: number): Promise<number[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => openClient(t, server)));
  const statuses: number[] = [];
  for (const client of clients) statuses.push((await client.request("GET", "/")).status);
  return statuses;
}

describe("limits", { timeout: 300_000 }, () => {
  for (const [kind, options] of KINDS) {
    test(`rateLimit answers 429 over all threads, until a reload allows more, ${kind}`, async (t) => {
      const rateLimit = { clientRequestsPerSecond: SLOW, clientBurstCount: 2 };
      const server = await startServer(t, { root, ...options, rateLimit });
      assert.deepEqual(await ask(t, server, 3), [200, 200, 429]);
      const client = await openClient(t, server);
      const refused = await client.request("GET", "/");
      assert.equal(refused.status, 429);
      const retryAfter = Number(refused.fields.get("retry-after"));
      assert.ok(retryAfter > 3500 && retryAfter <= 3600, `${retryAfter} s`);
      assert.equal(refused.fields.get("cache-control"), "no-store");
      await server.reload({ root, ...options, host: "127.0.0.1", port: 0 });
      // The connection was kept.
      assert.equal((await client.request("GET", "/")).status, 200);
      await server.reload({ root, ...options, host: "127.0.0.1", port: 0, rateLimit: { requestsPerSecond: SLOW } });
      assert.deepEqual(await ask(t, server, 2), [200, 429]);
    });
  }

  for (const transport of TRANSPORTS) {
    test(`rateLimit counts each stream of HTTP/2, ${transport}`, async (t) => {
      const rateLimit = { clientRequestsPerSecond: SLOW, clientBurstCount: 3 };
      const server = await startServer(t, { root, transport, threads: 2, h2c: true, rateLimit });
      const client = await Http2Client.open(server.port, "http");
      t.after(() => client.close());
      const replies = await Promise.all([1, 2, 3, 4, 5].map(() => client.request("GET", "/")));
      assert.deepEqual(
        replies.map(({ status }) => status),
        [200, 200, 200, 429, 429],
      );
    });
  }

  test("serverRateLimit counts the requests of all sites, and what one site refuses does not count", async (t) => {
    const server = await startServer(t, {
      root,
      threads: 2,
      serverRateLimit: { requestsPerSecond: SLOW, burstCount: 4 },
      sites: { "a.example": { root, rateLimit: { requestsPerSecond: SLOW, burstCount: 1 } }, "b.example": { root } },
    });
    const client = await openClient(t, server);
    const statuses: number[] = [];
    for (const host of ["a", "a", "a", "b", "b", "b", "b"]) {
      client.write(`GET / HTTP/1.1\r\nHost: ${host}.example\r\n\r\n`);
      statuses.push((await client.response()).status);
    }
    assert.deepEqual(statuses, [200, 429, 429, 200, 200, 200, 429]);
  });

  test("rateLimit refuses nothing in a dry run, and tells what it would refuse", async (t) => {
    const events: ServerEvent[] = [];
    const server = await startServer(t, {
      root,
      threads: 1,
      rateLimit: { clientRequestsPerSecond: SLOW, clientBurstCount: 2, dryRun: true },
      onEvent: (event) => events.push(event),
    });
    assert.deepEqual(await ask(t, server, 4), [200, 200, 200, 200]);
    await until(() => events.some(({ kind }) => kind === "warning"));
    const [warning] = events.filter((event) => event.kind === "warning");
    assert.equal(warning!.text, "127.0.0.1 would get 429, if it were not a dry run: over rateLimit");
  });

  for (const [kind, options] of KINDS) {
    test(`concurrencyLimit counts a download until it is over, over all threads, ${kind}`, async (t) => {
      const large = makeSite(t, { "index.html": "home", "large.bin": Buffer.alloc(64 * 1024 * 1024) });
      const server = await startServer(t, { root: large, ...options, concurrencyLimit: { requestCount: 2 } });
      const statusOf = async (): Promise<number> => {
        const client = await openClient(t, server);
        const { status, fields } = await client.request("GET", "/");
        if (status === 503) assert.match(fields.get("retry-after")!, /^[1-9]/);
        client.close();
        return status;
      };
      for (let count = 0; count < 5; count++) assert.equal(await statusOf(), 200);
      // Their content does not fit into the buffers of the sockets, and nobody reads it.
      const slow = [beginDownload(t, server), beginDownload(t, server)];
      // A short exchange may be over a moment after its client has all.
      for (let busyCount = 0; busyCount < 3; ) busyCount = (await statusOf()) === 503 ? busyCount + 1 : 0;
      assert.ok(server.threads.refusals["EXCHANGES_EXCEEDED"]! > 0);
      slow[0]!.destroy();
      while ((await statusOf()) !== 200);
      slow[1]!.destroy();
    });
  }

  for (const [kind, options] of KINDS) {
    test(`concurrencyLimit gives each place back, whatever the size of the reply, ${kind}`, async (t) => {
      const sizes = { "head.bin": 10, "memory.bin": 100_000, "file.bin": 1_000_000 };
      const files = Object.entries(sizes).map(([name, size]) => [name, Buffer.alloc(size)]);
      const root = makeSite(t, Object.fromEntries(files));
      const server = await startServer(t, { root, ...options, concurrencyLimit: { requestCount: 2 } });
      const client = await openClient(t, server);
      for (const [name, size] of Object.entries(sizes))
        for (let count = 0; count < 6; count++) {
          let reply = await client.request("GET", `/${name}`);
          // An exchange may be over a moment after its client has all.
          while (reply.status === 503) reply = await client.request("GET", `/${name}`);
          assert.equal(reply.body.length, size);
        }
    });
  }

  for (const transport of TRANSPORTS) {
    test(`concurrencyLimit counts each stream of HTTP/2 until it is over, ${transport}`, async (t) => {
      const server = await startServer(t, {
        ...{ root, transport, threads: 2, h2c: true },
        concurrencyLimit: { requestCount: 1 },
      });
      const client = await Http2Client.open(server.port, "http");
      t.after(() => client.close());
      const statuses: number[] = [];
      // Whole and empty replies, with content and without: each gives its place back.
      const requests = [
        ["GET", "/", ""],
        ["HEAD", "/", ""],
        ["GET", "/missing", ""],
        ["GET", "/", "if-none-match: *\r\n"],
      ] as const;
      for (let round = 0; round < 3; round++)
        for (const [method, path, fields] of requests)
          statuses.push((await client.request(method, path, fields)).status);
      assert.deepEqual(statuses, Array(3).fill([200, 200, 404, 304]).flat());
    });
  }

  test("concurrencyLimit refuses nothing in a dry run, and tells what it would refuse", async (t) => {
    const events: ServerEvent[] = [];
    const large = makeSite(t, { "index.html": "home", "large.bin": Buffer.alloc(64 * 1024 * 1024) });
    const server = await startServer(t, {
      ...{ root: large, threads: 1, concurrencyLimit: { requestCount: 1, dryRun: true } },
      onEvent: (event) => events.push(event),
    });
    beginDownload(t, server);
    while (!events.some(({ kind }) => kind === "warning")) assert.deepEqual(await ask(t, server, 1), [200]);
    const [warning] = events.filter((event) => event.kind === "warning");
    assert.equal(warning!.text, "127.0.0.1 would get 503, if it were not a dry run: over concurrencyLimit");
  });

  for (const [kind, options] of KINDS) {
    test(`clientConnectionLimitCount answers 503 to further connections of a client, ${kind}`, async (t) => {
      const server = await startServer(t, { root, ...options, clientConnectionLimitCount: 2 });
      const clients = await Promise.all([openClient(t, server), openClient(t, server)]);
      for (const client of clients) assert.equal((await client.request("GET", "/")).status, 200);
      assert.equal(await isRefused(t, server), true);
      clients[0].close();
      while (await isRefused(t, server));
    });
  }

  for (const [way, options] of WAYS) {
    test(`overLimit "refuse" answers 503 to connections over the limit, ${way}`, async (t) => {
      const server = await startServer(t, {
        root,
        ...options,
        threads: 1,
        connectionLimitCount: 2,
        overLimit: "refuse",
      });
      const clients = await Promise.all([openClient(t, server), openClient(t, server)]);
      for (const client of clients) assert.equal((await client.request("GET", "/")).status, 200);
      assert.equal(await isRefused(t, server), true);
      for (const client of clients) assert.equal((await client.request("GET", "/")).status, 200);
      clients[0].close();
      while (await isRefused(t, server));
    });

    test(`overLimit "wait" leaves connections over the limit in the listen queue, ${way}`, async (t) => {
      const server = await startServer(t, { root, ...options, threads: 1, connectionLimitCount: 2 });
      const clients = await Promise.all([openClient(t, server), openClient(t, server)]);
      for (const client of clients) assert.equal((await client.request("GET", "/")).status, 200);
      const waiting = await Promise.all([openClient(t, server), openClient(t, server)]);
      const replies = waiting.map((client) => client.request("GET", "/"));
      assert.equal((await clients[1].request("GET", "/")).status, 200);
      // A thread with a listening socket of its own (node:net) stops when it has one too many, and gets all that came at once.
      if (way !== "reuse-port") assert.equal(server.threads.accepted, 2);
      for (const client of clients) client.close();
      for (const reply of replies) assert.equal((await reply).status, 200);
    });
  }

  for (const transport of TRANSPORTS) {
    test(`clientConnectionLimitCount forgets the connections of a thread that has died, ${transport}`, async (t) => {
      const options = { root, transport, threads: 2, clientConnectionLimitCount: 4 };
      const { supervisor, port } = await supervise(t, options, workerFixture("faulty-worker.ts"));
      const server = { port } as Server;
      const clients = await Promise.all([1, 2, 3, 4].map(() => openClient(t, server)));
      for (const client of clients) assert.equal((await client.request("GET", "/")).status, 200);
      assert.equal(await isRefused(t, server), true);
      causeFault({ kind: "throw", thread: 1 });
      await until(() => supervisor.snapshot().deathCount === 1);
      while (await isRefused(t, server));
    });
  }

  for (const transport of TRANSPORTS) {
    test(`clientConnectionLimitCount counts no connection of a trusted proxy, ${transport}`, async (t) => {
      const trustedProxies = ["127.0.0.0/8"];
      const server = await startServer(t, {
        root,
        transport,
        threads: 1,
        clientConnectionLimitCount: 1,
        trustedProxies,
      });
      assert.deepEqual(await ask(t, server, 3), [200, 200, 200]);
    });

    test(`rateLimit counts for the client that a trusted proxy tells of, ${transport}`, async (t) => {
      const rateLimit = { clientRequestsPerSecond: SLOW, clientBurstCount: 1 };
      const server = await startServer(t, { root, transport, threads: 1, rateLimit, trustedProxies: ["127.0.0.0/8"] });
      const client = await openClient(t, server);
      const statuses: number[] = [];
      for (const address of ["192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::2", "192.0.2.2"])
        statuses.push((await client.request("GET", "/", `X-Forwarded-For: ${address}\r\n`)).status);
      assert.deepEqual(statuses, [200, 429, 200, 429, 200]);
    });
  }

  for (const transport of TRANSPORTS) {
    test(`bandwidth sends no faster than it says, over HTTP/1.1 and HTTP/2, ${transport}`, async (t) => {
      const large = Buffer.alloc(PACED_BYTES, "0123456789");
      const paced = makeSite(t, { "large.bin": large, "small.txt": "small", "page.html": "p".repeat(SHORT_BYTES) });
      const server = await startServer(t, {
        root: paced,
        transport,
        threads: 2,
        h2c: true,
        bandwidth: { clientBytesPerSecond: PACED_BYTES },
      });
      const client = await openClient(t, server);
      const http2 = await Http2Client.open(server.port, "http");
      t.after(() => http2.close());
      const began = performance.now();
      const replies = await Promise.all([client.request("GET", "/large.bin"), http2.request("GET", "/large.bin")]);
      for (const { body } of replies) assert.ok(body.equals(large));
      // Both share one second's worth for each second; a tenth of it comes at once.
      assert.ok(performance.now() - began > 1500, `${performance.now() - began} ms`);
      const pages = performance.now();
      for (let sent = 0; sent < PACED_BYTES; sent += SHORT_BYTES)
        assert.equal((await client.request("GET", "/page.html")).body.length, SHORT_BYTES);
      assert.ok(performance.now() - pages > 500, `${performance.now() - pages} ms`);
      await server.reload({ root: paced, transport, threads: 2, h2c: true, host: "127.0.0.1", port: 0 });
      assert.equal((await client.request("GET", "/small.txt")).body.toString(), "small");
    });

    test(`serverBandwidth holds for content of unknown length, ${transport}`, async (t) => {
      const content = Buffer.alloc(PACED_BYTES);
      for (let index = 0; index < content.length; index++) content[index] = Math.imul(index, 2_654_435_761) >>> 24;
      const paced = makeSite(t, { "a/one.bin": content });
      const serverBandwidth = { bytesPerSecond: PACED_BYTES };
      const server = await startServer(t, {
        root: paced,
        transport,
        threads: 1,
        listing: true,
        zip: true,
        serverBandwidth,
      });
      const client = await openClient(t, server);
      const began = performance.now();
      const { status, body } = await client.request("GET", "/a/?zip");
      assert.equal(status, 200);
      assert.ok(body.length > PACED_BYTES / 2, `${body.length} bytes`);
      client.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
      await client.response();
      assert.ok(performance.now() - began > 300, `${performance.now() - began} ms`);
    });
  }
});
