// The half that both pumps share, with a pump that only writes down what it is asked for. The carriers' own suites test
// the same over sockets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { textReply } from "../../test/support/http1.ts";
import type { Content, Handler, Reply } from "../http/message.ts";
import { OutputBuffer } from "../http/output-buffer.ts";
import { Connection } from "../http1/connection.ts";
import { HeadParser } from "../http1/head-parser.ts";
import { HeadWriter } from "../http1/head-writer.ts";
import { LIMIT_DEFAULTS as limits } from "../options/limits.ts";
import type { ExchangeContext } from "./exchange.ts";
import { type Http1Half, NOT_TIMED, takeEvent } from "./http1-exchange.ts";

const GET = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
/** A request whose content will be malformed once its head has been handled. */
const POST = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

class Pump implements Http1Half {
  readonly pump: this = this;
  readonly id = 7;
  readonly address = "192.0.2.1";
  readonly scheme = "http";
  readonly listener = 0;
  isOpen = true;
  readonly log = undefined;
  pace = undefined;
  startedMs: number = NOT_TIMED;
  /** `turn`, `content`, `finish`, `close`. */
  readonly calls: string[] = [];
  readonly out: OutputBuffer = new OutputBuffer();
  readonly errors: unknown[] = [];
  readonly traced: string[] = [];
  requestCount = 0;
  exchange = 0;
  begunMs = 0;
  readonly openedMs = 0;
  readonly connection: Connection;
  readonly #context: ExchangeContext;

  constructor(handle: Handler["handle"]) {
    const http1 = { limits, parser: new HeadParser(limits), writer: new HeadWriter() };
    this.connection = new Connection(http1, 0);
    this.#context = {
      handler: { handle, refuse: ({ status, code }) => textReply(status, `${code}.`) },
      http1,
      clients: undefined,
      clock: { now: 0, wallMs: 0, exact: new Float64Array(1), read() {}, exactMs: () => 0 },
      stopwatch: undefined,
      out: this.out,
      counters: { countConnection() {}, countRequest: () => void this.requestCount++, countSent() {} },
      tracesSecrets: false,
      onTrace: (text) => this.traced.push(text),
      accessLog: undefined,
      onRefusal: undefined,
      pause: () => () => {},
      onError: (error) => this.errors.push(error),
    };
  }

  receive(bytes: string): void {
    this.connection.receive(Buffer.from(bytes), 0);
    this.takeEvents();
  }

  takeEvents(): void {
    for (let event = this.connection.next(); event !== undefined; event = this.connection.next()) {
      takeEvent(event, this, this.#context);
    }
  }

  /** The status lines and contents of the replies that were written since it was asked last. */
  written(): string[] {
    return [
      ...this.out
        .take()
        .toString()
        .matchAll(/HTTP\/1\.1 (\d+) |\r\n\r\n(\w+)\./g),
    ].map(([, status, content]) => status ?? content!);
  }

  turn(): void {
    this.calls.push("turn");
  }

  sendContent(): void {
    this.calls.push("content");
  }

  speakHttp2(): void {
    this.calls.push("http2");
  }

  finish(): void {
    this.calls.push("finish");
  }

  close(): void {
    this.calls.push("close");
  }
}

/** A reply with a file, whose users are counted. */
function fileReply(): { reply: Reply; users: () => number } {
  let users = 1;
  const file = { fd: -1, retain: () => void users++, release: () => void users-- };
  const content: Content = { kind: "content", length: 10, segments: [{ start: 0, end: 10 }], file };
  return { reply: { status: 200, fields: "", content }, users: () => users };
}

test("takeEvent() counts, traces and answers each request, and gives the handler the peer", () => {
  const peers: string[] = [];
  const pump = new Pump((_request, { address }) => {
    peers.push(address);
    return textReply(200, "yes.");
  });
  pump.receive(GET + GET);
  assert.deepEqual(pump.written(), ["200", "yes", "200", "yes"]);
  assert.deepEqual([pump.exchange, pump.requestCount, peers.length], [2, 2, 2]);
  assert.equal(pump.traced.length, 6);
  assert.match(pump.traced[0]!, /^connection 7 < GET/);
  assert.match(pump.traced[1]!, /^connection 7 > HTTP/);
});

test("takeEvent() writes a late reply when it comes, and lets the pump go on", async () => {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const pump = new Pump(() => promise);
  pump.receive(GET);
  assert.deepEqual([pump.written(), pump.calls], [[], []]);
  resolve(textReply(200, "late."));
  await new Promise(setImmediate);
  assert.deepEqual([pump.written(), pump.calls], [["200", "late"], ["turn"]]);
});

test("takeEvent() drops a late reply to a request that was refused meanwhile, and releases its file", async () => {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const { reply, users } = fileReply();
  const pump = new Pump(() => promise);
  pump.receive(POST);
  pump.receive("no size\r\n");
  assert.deepEqual(pump.written(), ["400", "CHUNK_MALFORMED"]);
  resolve(reply);
  await new Promise(setImmediate);
  assert.deepEqual([pump.written(), users()], [[], 0]);
});

test("takeEvent() drops a late reply to a connection that has closed, and releases its file", async () => {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const { reply, users } = fileReply();
  const pump = new Pump(() => promise);
  pump.receive(GET);
  pump.isOpen = false;
  resolve(reply);
  await new Promise(setImmediate);
  assert.deepEqual([pump.written(), users()], [[], 0]);
});

test("takeEvent() gives content to the pump when it is owed, and releases it when it is not", () => {
  for (const [method, calls, left] of [
    ["GET", ["content"], 1],
    ["HEAD", [], 0],
  ] as const) {
    const { reply, users } = fileReply();
    const pump = new Pump(() => reply);
    pump.receive(GET.replace("GET", method));
    assert.deepEqual([pump.written(), pump.calls, users()], [["200"], calls, left]);
  }
});

for (const [name, handle] of [
  [
    "throws",
    () => {
      throw new Error("a bug");
    },
  ],
  ["rejects", () => Promise.reject(new Error("a bug"))],
] satisfies [string, Handler["handle"]][]) {
  test(`takeEvent() answers 500 and tells the cause when the handler ${name}`, async () => {
    const pump = new Pump(handle);
    pump.receive(GET);
    await new Promise(setImmediate);
    assert.deepEqual(pump.written(), ["500", "HANDLER_FAILED"]);
    assert.match(String(pump.errors), /a bug/);
  });
}

test("takeEvent() tells the pump when the engine has written the last reply, and when it is over", () => {
  const pump = new Pump(() => textReply(200, "bye."));
  pump.receive(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  assert.deepEqual(pump.calls, ["finish"]);
  pump.receive("x".repeat(2 * 1024 * 1024));
  assert.deepEqual(pump.calls, ["finish", "close"]);
});
