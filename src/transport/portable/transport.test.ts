import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { type TestContext, test } from "node:test";
import { RawClient } from "../../../test/support/raw-client.ts";
import type { Content, ContentStream, Handler, OpenFile, Reply, Request } from "../../http/message.ts";
import { LIMIT_DEFAULTS, type Limits } from "../../options/limits.ts";
import { connectInMemory } from "../memory.ts";
import { CHUNK_BYTES } from "./content-sender.ts";
import { PortableTransport } from "./transport.ts";

const GET = "GET / HTTP/1.1\r\nHost: t\r\n\r\n";
const GET_AND_CLOSE = "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";

function ok(content: Content | ContentStream): Reply {
  return { status: 200, fields: "", content };
}

function text(body: string): Content {
  return { kind: "content", length: body.length, segments: [Buffer.from(body)], file: undefined };
}

interface Bench {
  readonly transport: PortableTransport;
  readonly errors: unknown[];
  readonly traced: string[];
  readonly counts: { connections: number; requests: number; sentBytes: number };
}

function bench(handle: Handler["handle"], limits: Partial<Limits> = {}): Bench {
  const errors: unknown[] = [];
  const traced: string[] = [];
  const counts = { connections: 0, requests: 0, sentBytes: 0 };
  const refuse: Handler["refuse"] = ({ status, code }) => ({ status, fields: "", content: text(code) });
  const counters = {
    countConnection(change: number): void {
      counts.connections += change;
    },
    countRequest(): void {
      counts.requests += 1;
    },
    countSent(bytes: number): void {
      counts.sentBytes += bytes;
    },
  };
  const transport = new PortableTransport(
    { handle, refuse },
    { limits: { ...LIMIT_DEFAULTS, ...limits } },
    { counters, onError: (error) => errors.push(error), onTrace: (line) => traced.push(line) },
  );
  return { transport, errors, traced, counts };
}

/** A file of a test, with a count of its users. */
function fileOf(t: TestContext, bytes: Buffer): OpenFile & { users: number } {
  const folder = mkdtempSync(join(tmpdir(), "heddle-transport-"));
  writeFileSync(join(folder, "file"), bytes);
  const fd = openSync(join(folder, "file"), "r+");
  t.after(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  const file = { fd, users: 1, retain: () => void file.users++, release: () => void file.users-- };
  return file;
}

/**
 * Resolves when the file has no user. A file that is never released hangs the test, which then fails by its time limit.
 */
async function released(file: { users: number }): Promise<void> {
  while (file.users > 0) await new Promise(setImmediate);
  assert.equal(file.users, 0);
}

function sliceOf(file: OpenFile, start: number, end: number): Content {
  return { kind: "content", length: end - start, segments: [{ start, end }], file };
}

test("PortableTransport sends content of unknown length in chunks", async () => {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("one ");
    yield Buffer.from("");
    yield Buffer.from("two");
  };
  const { transport } = bench(() => ok({ kind: "stream", chunks: chunks() }));
  const client = new RawClient(connectInMemory(transport));
  const response = await client.request("GET", "/");
  assert.equal(response.fields.get("transfer-encoding"), "chunked");
  assert.equal(response.body.toString(), "one two");
  client.write("GET / HTTP/1.0\r\n\r\n");
  assert.equal((await client.response()).body.toString(), "one two");
  client.close();
});

test("PortableTransport cuts a stream short when its source fails", async () => {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
    throw new Error("the source is gone");
  };
  const { transport } = bench(() => ok({ kind: "stream", chunks: chunks() }));
  const client = new RawClient(connectInMemory(transport));
  client.write(GET);
  assert.match((await client.rest()).toString(), /4\r\nhalf\r\n$/);
});

for (const [what, method] of [
  ["read to its end", "GET"],
  ["not wanted", "HEAD"],
] as const) {
  test(`PortableTransport lets go of a stream that is ${what}`, async () => {
    let releaseCount = 0;
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("all");
    };
    const release = (): void => {
      releaseCount += 1;
    };
    const { transport } = bench(() => ok({ kind: "stream", chunks: chunks(), release }));
    const client = new RawClient(connectInMemory(transport));
    assert.equal((await client.request(method, "/")).status, 200);
    assert.equal(releaseCount, 1);
    client.close();
  });
}

test("PortableTransport lets go of a stream whose peer has gone", async () => {
  const released = Promise.withResolvers<void>();
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(100_000);
  };
  const { transport } = bench(() => ok({ kind: "stream", chunks: chunks(), release: released.resolve }));
  const client = new RawClient(connectInMemory(transport));
  client.write(GET);
  await client.more();
  client.close();
  await released.promise;
  assert.ok(client.isEnded);
});

test("PortableTransport answers 500 for a handler that throws or rejects, and goes on", async () => {
  const failures: (() => Promise<Reply>)[] = [
    () => {
      throw new Error("thrown");
    },
    async () => {
      throw new Error("rejected");
    },
    async () => ok(text("fine")),
  ];
  const { transport, errors } = bench(() => failures.shift()!());
  const client = new RawClient(connectInMemory(transport));
  assert.equal((await client.request("GET", "/")).status, 500);
  assert.equal((await client.request("GET", "/")).status, 500);
  assert.equal((await client.request("GET", "/")).body.toString(), "fine");
  assert.equal(errors.length, 2);
  client.close();
});

test("PortableTransport gives a late reply to nobody when its request was refused meanwhile", async (t) => {
  const file = fileOf(t, Buffer.from("late"));
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const { transport } = bench(() => promise);
  const client = new RawClient(connectInMemory(transport));
  client.write("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nbad\n");
  assert.equal((await client.response()).status, 400);
  resolve(ok(sliceOf(file, 0, 4)));
  assert.equal((await client.rest()).length, 0);
  await released(file);
});

test("PortableTransport reads a file no faster than its peer takes it", async (t) => {
  const size = 64 * CHUNK_BYTES;
  const file = fileOf(t, Buffer.alloc(size, "f"));
  const { transport, counts } = bench(() => ok(sliceOf(file, 0, size)));
  const stream = connectInMemory(transport);
  stream.write(GET_AND_CLOSE);
  await new Promise((resolve) => stream.once("readable", resolve));
  stream.read(1);
  // The peer stops reading. The event loop turns often enough for the transport to read on, if it wanted to.
  for (let i = 0; i < 200; i++) await new Promise(setImmediate);
  assert.ok(counts.sentBytes < 4 * CHUNK_BYTES, `${counts.sentBytes} bytes were read for a peer that reads nothing`);
  const all = await new RawClient(stream).rest();
  assert.ok(all.length > size - CHUNK_BYTES);
  await released(file);
});

for (const megabytes of [1, 64]) {
  test(`PortableTransport holds 8 KiB, or a 256th of what it sent, of ${megabytes} MB for a peer that reads nothing`, async (t) => {
    const size = megabytes * 1024 * 1024;
    const file = fileOf(t, Buffer.alloc(size, "f"));
    const { transport, counts } = bench(() => ok(sliceOf(file, 0, size)));
    const server = createServer((socket) => transport.serve(socket)).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    t.after(() => client.destroy());
    client.write(GET);
    const [socket] = (await once(server, "connection")) as [Socket];
    let heldBytes = 0;
    // Until the kernel has taken all that it takes: nothing was read or written for many turns of the event loop.
    for (let turns = 0, sentBytes = 0; turns < 300; turns++) {
      await new Promise(setImmediate);
      if (sentBytes !== counts.sentBytes || counts.sentBytes === 0) turns = 0;
      sentBytes = counts.sentBytes;
      heldBytes = Math.max(heldBytes, socket.writableLength / Math.max(8192, sentBytes / 256));
    }
    assert.ok(heldBytes <= 1, `${heldBytes} of the bound`);
    const all = new RawClient(client);
    assert.equal((await all.response()).body.length, size);
    all.close();
    await transport.whenEmpty();
  });
}

const ends: { name: string; end: (stream: Duplex, transport: PortableTransport, file: OpenFile) => void }[] = [
  { name: "the peer goes away", end: (stream) => stream.destroy() },
  { name: "the transport is destroyed", end: (_stream, transport) => transport.destroy() },
  {
    name: "the file is truncated",
    end: (stream, _transport, file) => {
      ftruncateSync(file.fd, 10);
      stream.resume();
    },
  },
];
for (const { name, end } of ends) {
  test(`PortableTransport releases the file and ends the connection when ${name}`, async (t) => {
    const size = 64 * CHUNK_BYTES;
    const file = fileOf(t, Buffer.alloc(size, "f"));
    const { transport, counts } = bench(() => ok(sliceOf(file, 0, size)));
    const stream = connectInMemory(transport);
    stream.write(GET);
    await new Promise((resolve) => stream.once("readable", resolve));
    end(stream, transport, file);
    await transport.whenEmpty();
    await released(file);
    assert.equal(counts.connections, 0);
  });
}

test("PortableTransport closes a connection whose peer takes nothing for a whole window", async (t) => {
  const size = 64 * CHUNK_BYTES;
  const file = fileOf(t, Buffer.alloc(size, "f"));
  const { transport } = bench(() => ok(sliceOf(file, 0, size)), { writeTimeoutMs: 300 });
  const stream = connectInMemory(transport);
  stream.write(GET);
  await transport.whenEmpty();
  await released(file);
});

test("PortableTransport answers at most pipelineLimitCount requests before others get their turn", async () => {
  const order: string[] = [];
  const { transport } = bench(
    (request: Request) => {
      order.push(request.target);
      return ok(text(request.target));
    },
    { pipelineLimitCount: 4 },
  );
  const [first, second] = [new RawClient(connectInMemory(transport)), new RawClient(connectInMemory(transport))];
  first.write("GET /a HTTP/1.1\r\nHost: t\r\n\r\n".repeat(12));
  second.write("GET /b HTTP/1.1\r\nHost: t\r\n\r\n");
  for (let i = 0; i < 12; i++) assert.equal((await first.response()).body.toString(), "/a");
  assert.equal((await second.response()).body.toString(), "/b");
  assert.ok(order.indexOf("/b") <= 8, order.join(" "));
  first.close();
  second.close();
});

test("PortableTransport gives a reply that comes between two turns of its connection to no other", async () => {
  const handle = (request: Request): Reply | Promise<Reply> => {
    const reply = ok(text(request.target));
    return request.target === "/late" ? askSecondAndGive(reply) : reply;
  };
  const { transport } = bench(handle, { pipelineLimitCount: 2 });
  const [first, second] = [new RawClient(connectInMemory(transport)), new RawClient(connectInMemory(transport))];
  const askSecondAndGive = (reply: Reply): Promise<Reply> => {
    // After the late reply is written, but before the event loop turns and the first connection goes on.
    void (async () => {
      for (let i = 0; i < 10; i++) await undefined;
      second.write("GET /b HTTP/1.1\r\nHost: t\r\n\r\n");
    })();
    return Promise.resolve(reply);
  };
  first.write("GET /a HTTP/1.1\r\nHost: t\r\n\r\nGET /late HTTP/1.1\r\nHost: t\r\n\r\n");
  const bodies = [await second.response(), await first.response()].map(({ body }) => body.toString());
  assert.deepEqual(bodies, ["/b", "/a"]);
  assert.equal((await first.response()).body.toString(), "/late");
  first.close();
  second.close();
});

test("PortableTransport drains: idle connections close, the request at hand is answered with Connection: close", async () => {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const { transport } = bench(() => promise);
  const [idle, busy] = [new RawClient(connectInMemory(transport)), new RawClient(connectInMemory(transport))];
  busy.write(GET + GET);
  await new Promise(setImmediate);
  transport.drain();
  assert.equal((await idle.rest()).length, 0);
  resolve(ok(text("last")));
  assert.equal((await busy.response()).fields.get("connection"), "close");
  assert.equal((await busy.rest()).length, 0);
  busy.close();
  await transport.whenEmpty();
});

/** A client that is connected over TCP: a pair in memory has no receive queue. It ends its half only when told. */
async function connectByTcp(t: TestContext, transport: PortableTransport): Promise<RawClient> {
  const listener = createServer({ allowHalfOpen: true }, (socket) => transport.serve(socket)).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const client = await RawClient.open((listener.address() as AddressInfo).port);
  t.after(() => {
    client.close();
    listener.close();
  });
  return client;
}

const endings = [
  { after: "Connection: close", bytes: GET_AND_CLOSE, isAtOnce: true },
  { after: "HTTP/1.0", bytes: "GET / HTTP/1.0\r\n\r\n", isAtOnce: true },
  { after: "close and a request behind it", bytes: GET_AND_CLOSE + GET, isAtOnce: false },
  {
    after: "close and content",
    bytes: `${GET_AND_CLOSE.replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\n")}hi`,
    isAtOnce: false,
  },
  { after: "a refusal", bytes: GET_AND_CLOSE.replace("Host", "H@st"), isAtOnce: false },
];
for (const { after, bytes, isAtOnce } of endings) {
  test(`PortableTransport ${isAtOnce ? "closes at once" : "lingers"} after ${after}`, async (t) => {
    const { transport } = bench(() => ok(text("whole")), { lingerTimeoutMs: 600_000 });
    const client = await connectByTcp(t, transport);
    client.write(bytes);
    assert.match((await client.rest()).toString(), isAtOnce ? /\r\n\r\nwhole$/ : /whole$|FIELD_NAME_MALFORMED$/);
    assert.equal(transport.connectionCount, isAtOnce ? 0 : 1);
    client.close();
    await transport.whenEmpty();
  });
}

test("PortableTransport traces what happens, with control characters escaped", async () => {
  const { transport, traced } = bench(() => ok(text("x")));
  const client = new RawClient(connectInMemory(transport));
  await client.request("GET", "/", "X: \xff\x80\r\n");
  client.close();
  await transport.whenEmpty();
  const lines = traced
    .join("\n")
    .replace(/Date: .*/, "Date: …")
    .replace(/\d+\.\d ms/g, "… ms")
    .split("\n");
  assert.deepEqual(lines, [
    "connection 1 opened from memory",
    "connection 1 < GET / HTTP/1.1",
    "connection 1 < Host: test",
    "connection 1 < X: \\xff\\x80",
    "connection 1 > HTTP/1.1 200 OK",
    "connection 1 > Content-Length: 1",
    "connection 1 > Date: …",
    "connection 1 replied after … ms, … ms since accept",
    "connection 1 closed after … ms",
  ]);
});

test("PortableTransport does not answer out of order when content in memory is larger than a write", async () => {
  const big = Buffer.alloc(300_000, "m");
  const { transport } = bench((request) =>
    ok(
      request.target === "/big" ? { kind: "content", length: big.length, segments: [big], file: undefined } : text("s"),
    ),
  );
  const [client, server] = duplexPair();
  transport.serve(server);
  const raw = new RawClient(client);
  raw.write("GET /big HTTP/1.1\r\nHost: t\r\n\r\nGET /small HTTP/1.1\r\nHost: t\r\n\r\n");
  assert.equal((await raw.response()).body.length, big.length);
  assert.equal((await raw.response()).body.toString(), "s");
  raw.close();
});

test("PortableTransport answers no further pipelined requests while its peer takes no replies", async () => {
  let answeredCount = 0;
  const { transport, counts } = bench(() => {
    answeredCount++;
    return ok(text("x".repeat(10_000)));
  });
  const stream = connectInMemory(transport);
  const requestCount = 2000;
  stream.write(GET.repeat(requestCount));
  for (let i = 0; i < 500; i++) await new Promise(setImmediate);
  assert.ok(answeredCount < 200, `${answeredCount} requests were answered for a peer that reads nothing`);
  assert.ok(counts.sentBytes < 1_500_000, `${counts.sentBytes} bytes were written`);
  const client = new RawClient(stream);
  for (let i = 0; i < requestCount; i++) assert.equal((await client.response()).body.length, 10_000);
  client.close();
});
