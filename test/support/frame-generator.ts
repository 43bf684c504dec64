// What a client of HTTP/2 may send, right and wrong: sequences of frames from a grammar in which every part may be odd, and
// mutations of their bytes. The same seed gives the same sequences. Field blocks are literals, so that each can be read alone.
// There is no HEAD, so that all replies have content.
import { FLAG, FRAME, PREFACE } from "../../src/http2/frames.ts";
import { block as blockOf, frame } from "./http2.ts";
import type { Random } from "./request-generator.ts";

/** A preface, SETTINGS, and one to ten frames. */
export function generateSequence(random: Random): Buffer {
  const writer = new SequenceWriter(random);
  writer.begin();
  for (let count = 1 + random.below(10); count > 0; count--) writer.add();
  const [preface, ...frames] = writer.frames;
  const rest = Buffer.concat(frames);
  return Buffer.concat([preface!, random.once(6) ? mutate(random, rest) : rest]);
}

type Field = readonly [name: string, value: string];

const METHODS = ["GET", "GET", "GET", "POST", "PUT", "OPTIONS", "DELETE"];
const ODD_METHODS = ["CONNECT", "TRACE", "get", "G T", "", "QUERY"];
const PATHS = ["/", "/a", "/a/b?c=d", "/%20"];
const ODD_PATHS = ["", "*", "a", "http://a/", "/a b", "/#", "/\x7f", "/\xff"];
const FIELDS: readonly Field[] = [
  ["accept", "*/*"],
  ["accept-encoding", "gzip, br"],
  ["user-agent", "test"],
  ["cookie", "a=b"],
  ["cookie", "c=d"],
  ["te", "trailers"],
  ["host", "localhost"],
  ["priority", "u=1, i"],
];
const ODD_FIELDS: readonly Field[] = [
  ["Accept", "*/*"],
  ["connection", "close"],
  ["keep-alive", "5"],
  ["proxy-connection", "close"],
  ["transfer-encoding", "chunked"],
  ["upgrade", "h2c"],
  ["te", "gzip"],
  ["te", ""],
  ["", "x"],
  ["a b", "x"],
  ["a:b", "x"],
  ["x", "a\rb"],
  ["x", "a\nb"],
  ["x", "a\0b"],
  ["x", " a"],
  ["x", "a\t"],
  ["x", "a\x7fb"],
  ["x", "\xe9"],
  ["host", "other"],
  ["host", ""],
  ["content-length", "0"],
  ["content-length", "3"],
  ["content-length", "-1"],
  ["content-length", "03"],
  ["content-length", "3, 3"],
  ["content-length", ""],
  ["expect", "100-continue"],
  [":path", "/late"],
  [":status", "200"],
  [":unknown", "x"],
  [":protocol", "websocket"],
  [":method", "GET"],
];

/** A client's settings, with values that they may have: RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1, and an unknown one. */
const SETTINGS: readonly (readonly [name: number, values: readonly number[]])[] = [
  [1, [0, 100, 4096, 65_536]],
  [2, [0, 1]],
  [3, [0, 1, 100]],
  [4, [0, 1, 2, 100, 65_535, 0x7fffffff]],
  [4, [0, 1, 2, 100, 65_535, 0x7fffffff]],
  [5, [16_384, 16_777_215]],
  [6, [0, 16_384]],
  [8, [0, 1]],
  [9, [0]],
  [99, [0, 0xffffffff]],
];
const ODD_VALUES = [0, 1, 2, 100, 16_383, 16_384, 16_777_216, 0x80000000, 0xffffffff];

class SequenceWriter {
  readonly frames: Buffer[] = [];
  readonly #random: Random;
  #next = 1;
  /** Streams that were begun and not ended by us. */
  readonly #open: number[] = [];
  readonly #ended: number[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  begin(): void {
    const random = this.#random;
    this.frames.push(random.once(100) ? mutate(random, PREFACE) : PREFACE);
    if (!random.once(100)) this.#settings(0);
  }

  add(): void {
    const random = this.#random;
    const kind = random.below(24);
    // A frame for a stream before the first request ends the connection: most sequences go on.
    const isEarly = this.#open.length + this.#ended.length === 0 && !random.once(8);
    if (kind < 10 || isEarly) this.#request();
    else if (kind < 14) this.#data();
    else if (random.once(16)) this.#rare();
    else
      [this.#windowUpdate, this.#windowUpdate, this.#reset, this.#otherSettings, this.#ping, this.#priority][
        random.below(6)
      ]!.call(this);
  }

  #push(type: number, flags: number, stream: number, payload?: Uint8Array): void {
    this.frames.push(frame(type, flags, stream, payload));
  }

  #request(): void {
    const random = this.#random;
    const stream = this.#streamToBegin();
    const block = blockOf(this.#fields());
    const hasEnd = !random.once(3);
    const flags = hasEnd ? FLAG.END_STREAM : 0;
    this.#headers(stream, flags, random.once(60) ? mutate(random, block) : block);
    (hasEnd ? this.#ended : this.#open).push(stream);
  }

  /** In HEADERS alone, or with CONTINUATION behind. */
  #headers(stream: number, flags: number, block: Buffer): void {
    const random = this.#random;
    if (random.once(6)) {
      const at = random.below(block.length + 1);
      this.#push(FRAME.HEADERS, flags, stream, block.subarray(0, at));
      if (random.once(12)) this.#ping();
      const other = random.once(20) ? stream + 2 : stream;
      return this.#push(FRAME.CONTINUATION, FLAG.END_HEADERS, other, block.subarray(at));
    }
    if (random.once(6)) {
      const length = random.below(6);
      const told = random.once(8) ? 255 : length;
      const payload = Buffer.concat([Buffer.from([told]), block, Buffer.alloc(length)]);
      return this.#push(FRAME.HEADERS, flags | FLAG.END_HEADERS | FLAG.PADDED, stream, payload);
    }
    if (random.once(6)) {
      const head = Buffer.from([0, 0, 0, random.once(10) ? stream & 0xff : 0, 15]);
      return this.#push(FRAME.HEADERS, flags | FLAG.END_HEADERS | FLAG.PRIORITY, stream, Buffer.concat([head, block]));
    }
    this.#push(FRAME.HEADERS, flags | (random.once(40) ? 0 : FLAG.END_HEADERS), stream, block);
  }

  #streamToBegin(): number {
    const random = this.#random;
    if (random.once(16)) return this.#anyStream();
    const stream = this.#next;
    this.#next += random.pick([2, 2, 2, 4]);
    return stream;
  }

  #fields(): Field[] {
    const random = this.#random;
    const fields: Field[] = [
      [":method", random.once(25) ? random.pick(ODD_METHODS) : random.pick(METHODS)],
      [":scheme", random.once(40) ? random.pick(["https", "HTTP", "", "ftp"]) : "http"],
      [":path", random.once(25) ? random.pick(ODD_PATHS) : random.pick(PATHS)],
      [":authority", random.once(40) ? random.pick(["", "a b", "user@localhost", "other:99"]) : "localhost"],
    ];
    if (random.once(30)) fields.splice(random.below(4), 1);
    for (let count = random.below(3); count > 0; count--) fields.push(random.pick(FIELDS));
    if (random.once(8)) fields.push(random.pick(ODD_FIELDS));
    return fields;
  }

  #data(): void {
    const random = this.#random;
    if (this.#open.length === 0 && !random.once(4)) return this.#request();
    const stream = random.once(8) || this.#open.length === 0 ? this.#anyStream() : random.pick(this.#open);
    if (random.once(8)) return this.#trailers(stream);
    const content = Buffer.alloc(random.pick([0, 1, 3, 3, 100]), "x");
    const flags = random.once(3) ? FLAG.END_STREAM : 0;
    if (flags !== 0) this.#end(stream);
    if (!random.once(4)) return this.#push(FRAME.DATA, flags, stream, content);
    const length = random.pick([0, 1, 5]);
    const told = random.once(20) ? 200 : length;
    this.#push(
      FRAME.DATA,
      flags | FLAG.PADDED,
      stream,
      Buffer.concat([Buffer.from([told]), content, Buffer.alloc(length)]),
    );
  }

  #trailers(stream: number): void {
    const random = this.#random;
    const fields: Field[] = [random.once(4) ? random.pick(ODD_FIELDS) : ["x-checksum", "1"]];
    const flags = random.once(6) ? 0 : FLAG.END_STREAM;
    if (flags !== 0) this.#end(stream);
    this.#push(FRAME.HEADERS, flags | FLAG.END_HEADERS, stream, blockOf(fields));
  }

  #end(stream: number): void {
    const at = this.#open.indexOf(stream);
    if (at >= 0) this.#ended.push(...this.#open.splice(at, 1));
  }

  #anyStream(): number {
    const random = this.#random;
    if (random.once(24)) return random.pick([0, 2, this.#next, this.#next + 10, 0x7fffffff]);
    return random.pick([...this.#open, ...this.#ended, 1]);
  }

  #windowUpdate(): void {
    const random = this.#random;
    const increment = Buffer.alloc(random.once(40) ? 3 : 4);
    if (increment.length === 4)
      increment.writeUInt32BE(random.once(6) ? random.pick([0, 0x7fffffff, 0x80000001]) : random.pick([1, 1000]));
    this.#push(FRAME.WINDOW_UPDATE, 0, random.once(2) ? 0 : this.#anyStream(), increment);
  }

  #reset(): void {
    const random = this.#random;
    const stream = this.#anyStream();
    this.#end(stream);
    this.#push(FRAME.RST_STREAM, 0, stream, Buffer.alloc(random.once(40) ? 3 : 4, 0));
  }

  #otherSettings(): void {
    this.#settings(1 + this.#random.below(3));
  }

  #settings(count: number): void {
    const random = this.#random;
    const payload = Buffer.alloc(count * 6 + (random.once(80) ? 1 : 0));
    for (let index = 0; index < count; index++) {
      const [name, values] = random.pick(SETTINGS);
      payload.writeUInt16BE(name, index * 6);
      payload.writeUInt32BE(random.once(20) ? random.pick(ODD_VALUES) : random.pick(values), index * 6 + 2);
    }
    this.#push(FRAME.SETTINGS, random.once(40) ? FLAG.ACK : 0, random.once(80) ? 1 : 0, payload);
  }

  #ping(): void {
    const random = this.#random;
    this.#push(
      FRAME.PING,
      random.once(4) ? FLAG.ACK : 0,
      random.once(40) ? 1 : 0,
      Buffer.alloc(random.once(40) ? 7 : 8),
    );
  }

  #priority(): void {
    const random = this.#random;
    if (random.once(2)) {
      const payload = Buffer.concat([
        Buffer.from([0, 0, 0, random.once(10) ? 0 : random.pick([1, 3])]),
        Buffer.from(random.pick(["u=1", "u=9,i", "\0", ""])),
      ]);
      return this.#push(FRAME.PRIORITY_UPDATE, 0, random.once(40) ? 1 : 0, payload);
    }
    const stream = this.#anyStream();
    const dependency = random.once(10) ? stream : stream + 2;
    const payload = Buffer.from([0, 0, 0, dependency & 0xff, 15]);
    this.#push(FRAME.PRIORITY, 0, stream, payload.subarray(0, random.once(12) ? 4 : 5));
  }

  #rare(): void {
    const random = this.#random;
    switch (random.below(5)) {
      case 0:
        return this.#push(FRAME.PUSH_PROMISE, FLAG.END_HEADERS, this.#anyStream(), Buffer.alloc(4));
      case 1:
        return this.#goaway();
      case 2:
        return this.#push(FRAME.CONTINUATION, FLAG.END_HEADERS, this.#anyStream(), blockOf([["x", "y"]]));
      case 3:
        return this.#push(
          random.pick([10, 12, 99, 255]),
          random.below(256),
          this.#anyStream(),
          Buffer.alloc(random.below(20)),
        );
      default:
        return this.#push(FRAME.DATA, 0, random.pick([...this.#open, 1]), Buffer.alloc(random.pick([16_384, 16_385])));
    }
  }

  #goaway(): void {
    const random = this.#random;
    const payload = Buffer.alloc(random.once(6) ? 7 : 8);
    // The last stream, which can be none.
    if (random.once(4)) payload[3] = random.pick([1, 2]);
    this.#push(FRAME.GOAWAY, 0, random.once(6) ? 1 : 0, payload);
  }
}

/** One to three bytes are changed, dropped or put in. */
function mutate(random: Random, bytes: Buffer): Buffer {
  let mutated = bytes;
  for (let count = random.pick([1, 1, 2, 3]); count > 0; count--) {
    const at = random.below(mutated.length);
    const value = Buffer.from([random.pick([0, 1, 4, 0x7f, 0x80, 0xff, random.below(256)])]);
    const [before, after] = [mutated.subarray(0, at), mutated.subarray(at)];
    mutated = Buffer.concat(
      random.pick([
        [before, value, after.subarray(1)],
        [before, after.subarray(1)],
        [before, value, after],
      ]),
    );
  }
  return mutated;
}
