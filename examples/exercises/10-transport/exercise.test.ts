// Exercise 10 is solved when these tests pass.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Handler, Reply } from "../../../src/http/message.ts";
import { DEFAULT_LIMITS as limits } from "../../../src/http1/index.ts";
import { attempt } from "../support.ts";

const { MemoryConnection } = await attempt<typeof import("./start.ts")>(import.meta.dirname);

function withText(status: number, ...texts: string[]): Reply {
  const segments = texts.map((text) => Buffer.from(text));
  const length = segments.reduce((sum, segment) => sum + segment.length, 0);
  return { status, fields: "", content: { kind: "content", length, segments, file: undefined } };
}

let answerLater: (reply: Reply) => void = () => {};
let released = 0;

const handler: Handler = {
  handle({ target }) {
    if (target === "/late") return new Promise((resolve) => (answerLater = resolve));
    if (target === "/large") return withText(200, "a".repeat(40_000), "b".repeat(40_000));
    if (target !== "/stream") return withText(200, target);
    const chunks = (async function* () {
      yield Buffer.from("one");
      yield Buffer.from("two");
    })();
    return { status: 200, fields: "", content: { kind: "stream", chunks, release: () => released++ } };
  },
  refuse: ({ status, code }) => withText(status, code),
};

const get = (target: string, fields = ""): string => `GET ${target} HTTP/1.1\r\nHost: test\r\n${fields}\r\n`;
const connect = () => new MemoryConnection(handler, limits, 0);
const write = (connection: ReturnType<typeof connect>, text: string): void =>
  connection.write(Buffer.from(text, "latin1"), 0);
/** Only the bodies of responses: what follows each empty line. */
const bodies = (bytes: Buffer): string[] =>
  bytes
    .toString("latin1")
    .split(/HTTP\/1\.1 .*?\r\n\r\n/s)
    .slice(1);

test("10 a request gets its response, and the connection stays", () => {
  const connection = connect();
  write(connection, get("/a"));
  assert.match(connection.read().toString(), /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n\/a$/s);
  assert.equal(connection.isEnded, false);
  write(connection, get("/b"));
  assert.deepEqual(bodies(connection.read()), ["/b"]);
});

test("10 requests byte by byte, and two in one piece", () => {
  const connection = connect();
  for (const byte of get("/a")) write(connection, byte);
  write(connection, get("/b") + get("/c"));
  assert.deepEqual(bodies(connection.read()), ["/a", "/b", "/c"]);
});

test("10 large content is sent whole, and HEAD gets none of it", () => {
  const connection = connect();
  write(connection, get("/large"));
  assert.deepEqual(bodies(connection.read()), ["a".repeat(40_000) + "b".repeat(40_000)]);
  write(connection, get("/large").replace("GET", "HEAD"));
  const head = connection.read().toString();
  assert.match(head, /Content-Length: 80000\r\n.*\r\n\r\n$/s);
});

test("10 a late response comes before that of the next request", async () => {
  const connection = connect();
  write(connection, get("/late") + get("/b"));
  assert.equal(connection.read().length, 0);
  answerLater(withText(200, "late"));
  await setImmediate();
  assert.deepEqual(bodies(connection.read()), ["late", "/b"]);
});

test("10 a stream is sent in chunks and released, and the next request follows", async () => {
  const connection = connect();
  const before = released;
  write(connection, get("/stream") + get("/b"));
  await setImmediate();
  assert.deepEqual(bodies(connection.read()), ["3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n", "/b"]);
  assert.equal(released, before + 1);
});

test("10 after Connection: close our half ends, and all when the client has ended its half", () => {
  const connection = connect();
  write(connection, get("/a", "Connection: close\r\n"));
  assert.match(connection.read().toString(), /Connection: close\r\n/);
  assert.equal(connection.isEnded, true);
  assert.equal(connection.isClosed, false);
  connection.end(0);
  assert.equal(connection.isClosed, true);
});

test("10 a client that ends its half first gets its response, and all is over", () => {
  const connection = connect();
  write(connection, get("/a"));
  connection.end(0);
  assert.deepEqual(bodies(connection.read()), ["/a"]);
  assert.equal(connection.isClosed, true);
});

test("10 a malformed request is refused, and our half ends", () => {
  const connection = connect();
  write(connection, "GET / HTTP/1.1\r\n\r\n");
  assert.match(connection.read().toString(), /^HTTP\/1\.1 400 .*HOST_MISSING$/s);
  assert.equal(connection.isEnded, true);
});

test("10 a slow head gets 408 when the deadline has come, and not before", () => {
  const connection = connect();
  write(connection, "GET / HT");
  assert.equal(connection.deadline, limits.headTimeoutMs);
  connection.tick(limits.headTimeoutMs - 1);
  assert.equal(connection.read().length, 0);
  connection.tick(limits.headTimeoutMs);
  assert.match(connection.read().toString(), /^HTTP\/1\.1 408 /);
});

test("10 a connection that says nothing more after our end is closed", () => {
  const connection = connect();
  write(connection, get("/a", "Connection: close\r\n"));
  connection.tick(limits.lingerTimeoutMs);
  assert.equal(connection.isClosed, true);
});

test("10 a late response to a request that has been refused meanwhile is dropped", async () => {
  const connection = connect();
  write(connection, "POST /late HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
  write(connection, "nonsense\r\n");
  assert.match(connection.read().toString(), /^HTTP\/1\.1 400 .*CHUNK_MALFORMED$/s);
  answerLater(withText(200, "too late"));
  await setImmediate();
  assert.equal(connection.read().length, 0);
});
