// Drives one connection of the engine as a transport would, and records events as lines of text, requests as the handler
// sees them, and output as bytes. `testAccepted` and `testRefused` run each row of a parser table in three ways: whole, byte
// by byte, and with another request behind it. http1-client.ts reads the replies, and shares no code with the engine.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reply } from "../../src/http/message.ts";
import { OutputBuffer } from "../../src/http/output-buffer.ts";
import type { RequestHead } from "../../src/http/request-head.ts";
import { Connection, type Http1Context } from "../../src/http1/connection.ts";
import type { Http1Event } from "../../src/http1/events.ts";
import { HeadParser } from "../../src/http1/head-parser.ts";
import { HeadWriter } from "../../src/http1/head-writer.ts";
import { DEFAULT_LIMITS, type Http1Limits } from "../../src/http1/limits.ts";
import { type ClientReply, readReplies } from "./http1-client.ts";

/** A request as the handler saw it, in strings. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly content: string;
}

export interface DialogueOptions {
  /** The state that connections of one thread share. @default a new one */
  readonly context?: Http1Context;
  readonly limits?: Partial<Http1Limits>;
  /** When the reply is given: as soon as the head is there, when the request is complete, or by the test. @default "end" */
  readonly answers?: "head" | "end" | "never";
  readonly reply?: (head: RequestHead) => Reply;
  /** The treatment of content. "accept" also sends 100 (Continue) to a peer that waits for it. @default "read" */
  readonly content?: "read" | "accept" | "discard";
}

/** The wall clock of the engine in every test. */
export const DATE = "Sun, 06 Nov 1994 08:49:37 GMT";

/** The chunks of a stream, unless the test gives others. */
export const STREAMED: readonly string[] = ["some ", "chunks"];
const NO_CHUNKS: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => assert.fail("nobody reads this") };

export class Dialogue {
  readonly context: Http1Context;
  readonly connection: Connection;
  readonly out: OutputBuffer = new OutputBuffer();
  /** `head GET /a`, `content abc` (coalesced), `end`, `rejected 400 BARE_LF`, `finish`, `closed`. */
  readonly events: string[] = [];
  readonly requests: SeenRequest[] = [];
  output: Buffer = Buffer.alloc(0);
  now = 0;
  /** True while the peer does not read: output stays pending. */
  isStuck = false;
  readonly #options: DialogueOptions;
  #reply: Reply = textReply(200, "ok");

  constructor(options: DialogueOptions = {}) {
    this.#options = options;
    this.context = options.context ?? newContext(options.limits);
    this.connection = new Connection(this.context, this.now);
  }

  /** Bytes from the peer, as Latin-1 text. They are overwritten afterwards, as a transport does. */
  receive(bytes: string | Buffer): this {
    const borrowed = Buffer.from(bytes as string, "latin1");
    this.connection.receive(borrowed, this.now);
    this.turn();
    borrowed.fill("*");
    return this;
  }

  receiveBytewise(bytes: string | Buffer): this {
    for (const byte of Buffer.from(bytes as string, "latin1")) this.receive(Buffer.of(byte));
    return this;
  }

  /** The peer ends its half. */
  end(): this {
    this.connection.receiveEnd(this.now);
    return this.turn();
  }

  reply(reply: Reply): this {
    this.sendReply(reply);
    return this.turn();
  }

  /** Lets time pass, by default until the deadline. */
  wait(until: number = this.connection.deadline): this {
    this.now = until;
    this.#noteOutput();
    if (this.connection.deadline <= until) this.connection.expire(until);
    return this.turn();
  }

  /** Takes events until there are none, and flushes. */
  turn(): this {
    for (let event = this.connection.next(); event !== undefined; event = this.connection.next()) this.#take(event);
    this.flush();
    // The connection may have waited only for this output to be flushed.
    for (let event = this.connection.next(); event !== undefined; event = this.connection.next()) this.#take(event);
    return this;
  }

  flush(): void {
    this.output = Buffer.concat([this.output, this.out.take()]);
    this.#noteOutput();
  }

  /** Head and content of a reply, without taking events. A stream is sent as these chunks. */
  sendReply(reply: Reply, chunks: readonly string[] = STREAMED): void {
    this.connection.sendHead(reply, this.out, this.now);
    if (!this.connection.wantsContent || reply.content === undefined) return;
    const { content } = reply;
    const segments = content.kind === "content" ? content.segments : chunks.map((text) => Buffer.from(text, "latin1"));
    for (const segment of segments) this.connection.sendContent(segment as Buffer, this.out);
    if (content.kind === "stream") this.connection.sendEnd(this.out);
  }

  get text(): string {
    return this.output.toString("latin1");
  }

  /** The replies that a client reads from the output. */
  get replies(): ClientReply[] {
    const methods = this.requests.map((request) => request.method);
    // The client knows the method of a refused request: to HEAD, the last reply ends with its head.
    if (this.text.endsWith("\r\n\r\n")) methods.push("HEAD");
    return readReplies(this.output, methods);
  }

  #take(event: Http1Event): void {
    switch (event.kind) {
      case "head":
        return this.#takeHead(event.head);
      case "content":
        return this.#takeContent(event.bytes.toString("latin1"));
      case "end":
        this.events.push("end");
        if ((this.#options.answers ?? "end") === "end") this.sendReply(this.#reply);
        return;
      case "rejected":
        this.events.push(`rejected ${event.rejection.status} ${event.rejection.code}`);
        return this.sendReply(textReply(event.rejection.status, "refused"));
      case "mistake":
        return;
      case "http2":
      case "finish":
      case "closed":
        this.events.push(event.kind);
        return;
      default:
        event satisfies never;
    }
  }

  #takeHead(head: RequestHead): void {
    const { method, target, authority } = head;
    this.events.push(`head ${method} ${head.isAsterisk ? "*" : target}`);
    this.requests.push({ method, target, authority, content: "" });
    if (this.#options.reply !== undefined) this.#reply = this.#options.reply(head);
    if (this.#options.content === "discard") this.connection.discardContent();
    if (this.#options.content === "accept") this.connection.acceptContent(this.out);
    if (this.#options.answers === "head") this.sendReply(this.#reply);
  }

  #takeContent(text: string): void {
    assert.notEqual(text, "", "content without bytes is no event");
    const request = this.requests.pop()!;
    this.requests.push({ ...request, content: request.content + text });
    if (this.events.at(-1)?.startsWith("content ")) this.events[this.events.length - 1] += text;
    else this.events.push(`content ${text}`);
  }

  #noteOutput(): void {
    this.connection.noteOutput(this.isStuck ? 0 : this.output.length, this.isStuck, this.now);
  }
}

function newContext(changed: Partial<Http1Limits> = {}): Http1Context {
  const limits = { ...DEFAULT_LIMITS, ...changed };
  const writer = new HeadWriter();
  writer.setTime(Date.parse(DATE));
  return { limits, parser: new HeadParser(limits), writer };
}

/** A reply of known length. */
export function textReply(status: number, text: string, fields = ""): Reply {
  const bytes = Buffer.from(text, "latin1");
  return { status, fields, content: { kind: "content", length: bytes.length, segments: [bytes], file: undefined } };
}

/** A reply whose length is not known before its end. */
export function streamReply(status: number, fields = ""): Reply {
  return { status, fields, content: { kind: "stream", chunks: NO_CHUNKS } };
}

/** A reply with a status that has no content. */
export function emptyReply(status: 204 | 304, fields = ""): Reply {
  return { status, fields, content: undefined };
}

export interface AcceptedRow {
  /** Ends the name of the test: `<symbol> accepts <what>`. */
  readonly what: string;
  /** In Latin-1. */
  readonly bytes: string;
  /** The request as the handler sees it, where it differs from `GET /` of authority "a" without content. */
  readonly sees?: Partial<SeenRequest>;
  /** Whether the connection can be used again. @default true */
  readonly persists?: boolean;
  readonly limits?: Partial<Http1Limits>;
}

const BEHIND = "GET /behind HTTP/1.1\r\nHost: behind\r\n\r\n";
const SEEN_BEHIND: SeenRequest = { method: "GET", target: "/behind", authority: "behind", content: "" };

/** One test for each row, each in three ways. */
export function testAccepted(symbol: string, rows: readonly AcceptedRow[]): void {
  for (const row of rows) {
    test(`${symbol} accepts ${row.what}`, () => {
      const seen = { method: "GET", target: "/", authority: "a", content: "", ...row.sees };
      const persists = row.persists ?? true;

      const whole = new Dialogue(row).receive(row.bytes);
      assert.deepEqual(whole.requests, [seen]);
      assert.equal(whole.events.includes("finish"), !persists);
      whole.end();
      assert.deepEqual(whole.events.slice(-2), ["finish", "closed"]);
      assert.deepEqual(
        whole.replies.map((reply) => reply.status),
        [200],
      );

      const bytewise = new Dialogue(row).receiveBytewise(row.bytes).end();
      assert.deepEqual(bytewise.events, whole.events);
      assert.deepEqual(bytewise.text, whole.text);

      const followed = new Dialogue(row).receive(row.bytes + BEHIND).end();
      assert.deepEqual(followed.requests, persists ? [seen, SEEN_BEHIND] : [seen]);
      assert.equal(followed.replies.length, persists ? 2 : 1);
    });
  }
}

export interface RefusedRow {
  /** Ends the name of the test: `<symbol> refuses <what>`. */
  readonly what: string;
  readonly bytes: string;
  /** Status and code: `400 BARE_LF`. */
  readonly as: string;
  /** The events before the refusal, when it comes after a head: `["head POST /", "content abc"]`. */
  readonly before?: readonly string[];
  readonly limits?: Partial<Http1Limits>;
}

/** One test for each row, each in three ways: the same refusal, one answer, and nothing behind it becomes a request. */
export function testRefused(symbol: string, rows: readonly RefusedRow[]): void {
  for (const row of rows) {
    test(`${symbol} refuses ${row.what} with ${row.as}`, () => {
      const expected = [...(row.before ?? []), `rejected ${row.as}`, "finish"];
      const ways = [
        new Dialogue(row).receive(row.bytes),
        new Dialogue(row).receiveBytewise(row.bytes),
        new Dialogue(row).receive(row.bytes + BEHIND),
        new Dialogue(row).receive(row.bytes).receive(BEHIND),
      ];
      for (const way of ways) {
        assert.deepEqual(way.events, expected);
        const [reply, ...others] = way.replies;
        assert.equal(reply?.status, Number(row.as.slice(0, 3)));
        assert.equal(reply?.fields.get("connection"), "close");
        assert.deepEqual(others, []);
        assert.deepEqual(way.receive(BEHIND).end().events, [...expected, "closed"]);
      }
    });
  }
}
