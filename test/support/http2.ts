// Drives one HTTP/2 connection of the engine as a transport would, and records events and frames as lines of text. Frames
// of the peer are made by `frame` and its sisters. Field blocks of the peer are literals without Huffman or a table, so
// that a row shows every byte; hpack/ has its own tests. `testDialogue` runs each row whole and cut at every byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HpackDecoder } from "../../src/hpack/decoder.ts";
import { FieldSection } from "../../src/hpack/field-section.ts";
import type { Reply } from "../../src/http/message.ts";
import { OutputBuffer } from "../../src/http/output-buffer.ts";
import type { RequestHead } from "../../src/http/request-head.ts";
import { DEFAULT_LIMITS } from "../../src/http1/limits.ts";
import { Http2Connection } from "../../src/http2/connection.ts";
import { Http2Context } from "../../src/http2/context.ts";
import type { Http2Event } from "../../src/http2/events.ts";
import { ERROR_CODE, FLAG, FRAME, PREFACE } from "../../src/http2/frames.ts";
import { DEFAULT_HTTP2_LIMITS, type EngineLimits } from "../../src/http2/limits.ts";
import { textReply } from "./http1.ts";

export type Fields = readonly (readonly [name: string, value: string])[];

// The peer's frames.

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

/** A field block of literals that are not indexed: RFC 7541 §6.2.2. */
export function block(fields: Fields): Buffer {
  const strings = fields.flatMap(([name, value]) => [Buffer.of(0), string(name), string(value)]);
  return Buffer.concat(strings);
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const length: number[] = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

export const GET: Fields = [
  [":method", "GET"],
  [":scheme", "http"],
  [":authority", "a"],
  [":path", "/"],
];
export const POST: Fields = [[":method", "POST"], ...GET.slice(1)];

const END = FLAG.END_STREAM;
export const WHOLE: number = FLAG.END_STREAM | FLAG.END_HEADERS;

export const headers = (stream: number, fields: Fields = GET, flags: number = WHOLE): Buffer =>
  frame(FRAME.HEADERS, flags, stream, block(fields));
export const post = (stream: number, ...more: Fields): Buffer => headers(stream, [...POST, ...more], FLAG.END_HEADERS);
export const data = (stream: number, text: string, flags = 0): Buffer =>
  frame(FRAME.DATA, flags, stream, Buffer.from(text, "latin1"));
export const lastData = (stream: number, text: string): Buffer => data(stream, text, END);
export const continuation = (stream: number, payload: Uint8Array, flags = 0): Buffer =>
  frame(FRAME.CONTINUATION, flags, stream, payload);
export const rstStream = (stream: number, code: number = ERROR_CODE.CANCEL): Buffer =>
  frame(FRAME.RST_STREAM, 0, stream, uint32(code));
export const windowUpdate = (stream: number, increment: number): Buffer =>
  frame(FRAME.WINDOW_UPDATE, 0, stream, uint32(increment));
export const ping = (payload = "12345678", flags = 0): Buffer =>
  frame(FRAME.PING, flags, 0, Buffer.from(payload, "latin1"));
export function settings(...entries: readonly (readonly [name: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(entries.length * 6);
  for (const [index, [name, value]] of entries.entries()) {
    payload.writeUInt16BE(name, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return frame(FRAME.SETTINGS, 0, 0, payload);
}
export const SETTINGS_ACK: Buffer = frame(FRAME.SETTINGS, FLAG.ACK, 0);

/** What a connection begins with. */
export const HELLO: Buffer = Buffer.concat([PREFACE, settings(), SETTINGS_ACK]);
/** What the engine answers to it. */
export const WELCOME: readonly string[] = ["SETTINGS", "SETTINGS ACK"];

export interface DialogueOptions {
  readonly limits?: Partial<EngineLimits>;
  readonly context?: Http2Context;
  readonly security?: "none" | "tls";
  /** When the reply is given: as soon as the head is there, when the request is complete, or by the test. @default "end" */
  readonly answers?: "head" | "end" | "never";
  readonly reply?: (head: RequestHead) => Reply;
  /** The treatment of content. @default "read" */
  readonly content?: "read" | "accept" | "discard";
}

export class Dialogue {
  readonly context: Http2Context;
  readonly connection: Http2Connection;
  readonly out: OutputBuffer = new OutputBuffer();
  /** `1 head GET /`, `1 content abc` (coalesced), `1 end`, `1 rejected 431 X`, `1 cancelled`, `finish`, `closed`. */
  readonly events: string[] = [];
  /** `HEADERS 1 END_STREAM 200`, `DATA 1 5`, `GOAWAY 1 PROTOCOL_ERROR`: what the peer reads. */
  readonly frames: string[] = [];
  /** The content of each stream that the peer has read. */
  readonly contents: Map<number, string> = new Map();
  now = 0;
  /** True while the peer does not read: output stays pending. */
  isStuck = false;
  flushed = 0;
  readonly #options: DialogueOptions;
  readonly #owed: Map<number, Buffer> = new Map();
  readonly #replies: Map<number, Reply> = new Map();
  readonly #decoder = new HpackDecoder();
  readonly #section = new FieldSection(1_000_000, 1000);

  constructor(options: DialogueOptions = {}) {
    this.#options = options;
    this.context = options.context ?? newContext(options.limits, options.security);
    this.connection = new Http2Connection(this.context, this.now);
  }

  /** Bytes from the peer. They are overwritten afterwards, as a transport does. */
  receive(...parts: readonly Uint8Array[]): this {
    const borrowed = Buffer.concat(parts);
    this.connection.receive(borrowed, this.now);
    this.turn();
    borrowed.fill("*");
    return this;
  }

  receiveBytewise(...parts: readonly Uint8Array[]): this {
    for (const byte of Buffer.concat(parts)) this.receive(Buffer.of(byte));
    return this;
  }

  /** The peer ends its half. */
  end(): this {
    this.connection.receiveEnd(this.now);
    return this.turn();
  }

  reply(stream: number, reply: Reply = textReply(200, "ok")): this {
    this.sendReply(stream, reply);
    return this.turn();
  }

  /** Lets time pass, by default until the deadline. */
  wait(until: number = this.connection.deadline): this {
    this.now = until;
    this.#noteOutput();
    if (this.connection.deadline <= until) this.connection.expire(until);
    return this.turn();
  }

  /** Takes events, sends content, and flushes, until nothing is left to do. */
  turn(): this {
    for (let before = -1; before !== this.events.length + this.frames.length; ) {
      before = this.events.length + this.frames.length;
      for (let event = this.connection.next(this.out); event !== undefined; event = this.connection.next(this.out)) {
        this.#take(event);
      }
      this.#sendContent();
      this.flush();
    }
    return this;
  }

  flush(): void {
    const output = this.out.take();
    this.flushed += this.isStuck ? 0 : output.length;
    this.#readFrames(output);
    this.#noteOutput();
  }

  #sendContent(): void {
    if (this.isStuck) return;
    for (let id = this.connection.nextStream(); id !== 0; id = this.connection.nextStream()) {
      const rest = this.#owed.get(id)!;
      const count = this.connection.allowance(id);
      this.#owed.set(id, rest.subarray(count));
      this.connection.sendData(id, rest.subarray(0, count), this.out);
    }
  }

  /** A reply, without taking events. */
  sendReply(stream: number, reply: Reply): void {
    const isOwed = this.connection.sendReply(stream, reply, this.out, this.now);
    if (isOwed && reply.content?.kind === "content") {
      this.#owed.set(stream, Buffer.concat(reply.content.segments as Buffer[]));
    }
  }

  #take(event: Http2Event): void {
    switch (event.kind) {
      case "head":
        return this.#takeHead(event.stream, event.head);
      case "content":
        return this.#takeContent(event.stream, event.bytes.toString("latin1"));
      case "end":
        this.events.push(`${event.stream} end`);
        if ((this.#options.answers ?? "end") === "end") this.sendReply(event.stream, this.#replies.get(event.stream)!);
        return;
      case "rejected":
        this.events.push(`${event.stream} rejected ${event.rejection.status} ${event.rejection.code}`);
        return this.sendReply(event.stream, textReply(event.rejection.status, "refused"));
      case "cancelled":
        this.events.push(`${event.stream} cancelled`);
        return;
      case "finish":
      case "closed":
        this.events.push(event.kind);
        return;
      default:
        event satisfies never;
    }
  }

  #takeHead(stream: number, head: RequestHead): void {
    this.events.push(`${stream} head ${head.method} ${head.isAsterisk ? "*" : head.target}`);
    const { content, answers, reply } = this.#options;
    if (content === "discard") this.connection.discardContent(stream);
    if (content === "accept") this.connection.acceptContent(stream, this.out);
    this.#replies.set(stream, reply?.(head) ?? textReply(200, "ok"));
    if (answers === "head") this.sendReply(stream, this.#replies.get(stream)!);
  }

  #takeContent(stream: number, text: string): void {
    assert.notEqual(text, "", "content without bytes is no event");
    const line = `${stream} content `;
    if (this.events.at(-1)?.startsWith(line)) this.events[this.events.length - 1] += text;
    else this.events.push(line + text);
  }

  #noteOutput(): void {
    this.connection.noteOutput(this.flushed, this.isStuck, this.now);
  }

  #readFrames(output: Buffer): void {
    for (let at = 0; at < output.length; ) {
      const end = at + 9 + output.readUIntBE(at, 3);
      assert.ok(end <= output.length, "a frame is cut");
      this.frames.push(
        this.#describe(output[at + 3]!, output[at + 4]!, output.readUInt32BE(at + 5), output.subarray(at + 9, end)),
      );
      at = end;
    }
  }

  #describe(type: number, flags: number, stream: number, payload: Buffer): string {
    const name = nameOf(FRAME, type);
    const ends = (flags & END) !== 0 ? " END_STREAM" : "";
    switch (type) {
      case FRAME.DATA:
        this.contents.set(stream, (this.contents.get(stream) ?? "") + payload.toString("latin1"));
        return `${name} ${stream} ${payload.length}${ends}`;
      case FRAME.HEADERS:
        return `${name} ${stream}${ends} ${this.#statusOf(payload)}`;
      case FRAME.RST_STREAM:
        return `${name} ${stream} ${nameOf(ERROR_CODE, payload.readUInt32BE(0))}`;
      case FRAME.WINDOW_UPDATE:
        return `${name} ${stream} ${payload.readUInt32BE(0)}`;
      case FRAME.GOAWAY:
        return `${name} ${payload.readUInt32BE(0)} ${nameOf(ERROR_CODE, payload.readUInt32BE(4))}`;
      case FRAME.PING:
        return `${name}${flags === FLAG.ACK ? " ACK" : ""} ${payload.toString("latin1")}`;
      default:
        return `${name}${flags === FLAG.ACK ? " ACK" : ""}`;
    }
  }

  #statusOf(payload: Buffer): string {
    assert.equal(this.#decoder.decode(payload, 0, payload.length, this.#section), undefined);
    const { bytes, lines } = this.#section;
    assert.equal(bytes.toString("latin1", lines[0], lines[1]), ":status");
    return bytes.toString("latin1", lines[2], lines[3]);
  }
}

export function newContext(changed: Partial<EngineLimits> = {}, security: "none" | "tls" = "none"): Http2Context {
  return new Http2Context({ ...DEFAULT_LIMITS, ...DEFAULT_HTTP2_LIMITS, ...changed }, security);
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}

export interface DialogueRow extends DialogueOptions {
  /** Ends the name of the test, and begins with the section: "§5.1: …". */
  readonly what: string;
  /** What the peer sends behind `HELLO`. */
  readonly sends: readonly Uint8Array[];
  readonly events?: readonly string[];
  /** The frames behind `WELCOME`. */
  readonly frames?: readonly string[];
  /** What ends the connection. */
  readonly problem?: string;
  /** Content leaves between the parts, so that the frames depend on how they arrive: each arrives by itself. */
  readonly isStepwise?: boolean;
}

/** One test for each row, whole and byte by byte. Without `frames` or `events`, there are none. */
export function testDialogues(rows: readonly DialogueRow[]): void {
  for (const row of rows) {
    test(`Http2Connection, ${row.what}`, () => {
      const ways = [
        ...(row.isStepwise === true ? [] : [new Dialogue(row).receive(HELLO, ...row.sends)]),
        row.sends.reduce((dialogue: Dialogue, part) => dialogue.receive(part), new Dialogue(row).receive(HELLO)),
        new Dialogue(row).receiveBytewise(HELLO, ...row.sends),
      ];
      for (const dialogue of ways) {
        assert.deepEqual(dialogue.frames, [...WELCOME, ...(row.frames ?? [])]);
        assert.deepEqual(dialogue.events, row.events ?? []);
        assert.equal(dialogue.connection.problem, row.problem);
      }
    });
  }
}
