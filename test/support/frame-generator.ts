// What a client of HTTP/2 may send, right and wrong: sequences of frames from a grammar in which every part may be odd, and
// mutations of their bytes. The same seed gives the same sequences. Header blocks are literals, so that each can be read alone.
import type { Random } from "./request-generator.ts";

export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
/** In the PING that ends each sequence: whoever answers it has read all before. */
export const LAST_PING: Buffer = Buffer.from("the last", "latin1");

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
  priorityUpdate: 16,
} as const;
const END_STREAM = 0x1;
const ACK = 0x1;
const END_HEADERS = 0x4;
const PADDED = 0x8;
const PRIORITY = 0x20;

export interface Sequence {
  readonly bytes: Buffer;
  /** The frames as they were made, before mutation, for people to read. */
  readonly description: readonly string[];
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

/** Literals that enter no table: RFC 7541 §6.2.2. */
export function headerBlock(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const string = (text: string): Buffer => Buffer.concat([integer(text.length, 0x7f), Buffer.from(text, "latin1")]);
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), string(name), string(value)]));
}

/** With a prefix of the bits of `mask`, which are the lower ones of the first byte: RFC 7541 §5.1. */
function integer(value: number, mask: number): Buffer {
  if (value < mask) return Buffer.from([value]);
  const bytes = [mask];
  let rest = value - mask;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** A preface, SETTINGS, one to eight frames, and a PING. */
export function generateSequence(random: Random): Sequence {
  const writer = new SequenceWriter(random);
  writer.begin();
  for (let count = 1 + random.below(8); count > 0; count--) writer.add();
  writer.end();
  const bytes = Buffer.concat(writer.frames.map(({ bytes: part }) => part));
  const description = writer.frames.map(({ text }) => text);
  return { bytes: random.once(4) ? mutate(random, bytes) : bytes, description };
}

type Field = readonly [name: string, value: string];

const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"];
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

class SequenceWriter {
  readonly frames: { bytes: Buffer; text: string }[] = [];
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
    this.frames.push({ bytes: random.once(100) ? mutate(random, PREFACE) : PREFACE, text: "preface" });
    if (!random.once(100)) this.#settings(0);
  }

  add(): void {
    const random = this.#random;
    const kind = random.below(24);
    if (kind < 10) this.#request();
    else if (kind < 14) this.#data();
    else
      [this.#windowUpdate, this.#reset, this.#otherSettings, this.#ping, this.#priority, this.#rare][
        random.below(6)
      ]!.call(this);
  }

  end(): void {
    this.#push(FRAME.ping, 0, 0, LAST_PING);
  }

  #push(type: number, flags: number, stream: number, payload?: Uint8Array): void {
    const name = Object.entries(FRAME).find(([, number]) => number === type)?.[0] ?? `type ${type}`;
    const text = `${name} flags=${flags} stream=${stream} ${Buffer.from(payload ?? [])
      .toString("latin1")
      .slice(0, 200)}`;
    this.frames.push({ bytes: frame(type, flags, stream, payload), text });
  }

  #request(): void {
    const random = this.#random;
    const stream = this.#streamToBegin();
    const block = headerBlock(this.#fields());
    const hasEnd = !random.once(3);
    const flags = hasEnd ? END_STREAM : 0;
    this.#headers(stream, flags, random.once(30) ? mutate(random, block) : block);
    (hasEnd ? this.#ended : this.#open).push(stream);
  }

  /** In HEADERS alone, or with CONTINUATION behind. */
  #headers(stream: number, flags: number, block: Buffer): void {
    const random = this.#random;
    if (random.once(6)) {
      const at = random.below(block.length + 1);
      this.#push(FRAME.headers, flags, stream, block.subarray(0, at));
      if (random.once(12)) this.#ping();
      const other = random.once(20) ? stream + 2 : stream;
      return this.#push(FRAME.continuation, END_HEADERS, other, block.subarray(at));
    }
    if (random.once(6)) {
      const length = random.below(6);
      const told = random.once(8) ? 255 : length;
      const payload = Buffer.concat([Buffer.from([told]), block, Buffer.alloc(length)]);
      return this.#push(FRAME.headers, flags | END_HEADERS | PADDED, stream, payload);
    }
    if (random.once(6)) {
      const head = Buffer.from([0, 0, 0, random.pick([0, 0, stream]), 15]);
      return this.#push(FRAME.headers, flags | END_HEADERS | PRIORITY, stream, Buffer.concat([head, block]));
    }
    this.#push(FRAME.headers, flags | (random.once(40) ? 0 : END_HEADERS), stream, block);
  }

  #streamToBegin(): number {
    const random = this.#random;
    if (random.once(12)) return this.#anyStream();
    const stream = this.#next;
    this.#next += random.pick([2, 2, 2, 4]);
    return stream;
  }

  #fields(): Field[] {
    const random = this.#random;
    const fields: Field[] = [
      [":method", random.once(12) ? random.pick(ODD_METHODS) : random.pick(METHODS)],
      [":scheme", random.once(20) ? random.pick(["https", "HTTP", "", "ftp"]) : "http"],
      [":path", random.once(12) ? random.pick(ODD_PATHS) : random.pick(PATHS)],
      [":authority", random.once(12) ? random.pick(["", "a b", "user@localhost", "other:99"]) : "localhost"],
    ];
    if (random.once(12)) fields.splice(random.below(4), 1);
    for (let count = random.below(3); count > 0; count--) fields.push(random.pick(FIELDS));
    if (random.once(4)) fields.push(random.pick(ODD_FIELDS));
    return fields;
  }

  #data(): void {
    const random = this.#random;
    const stream = random.once(6) || this.#open.length === 0 ? this.#anyStream() : random.pick(this.#open);
    if (random.once(8)) return this.#trailers(stream);
    const content = Buffer.alloc(random.pick([0, 1, 3, 3, 100]), "x");
    const flags = random.once(3) ? END_STREAM : 0;
    if (flags !== 0) this.#end(stream);
    if (!random.once(4)) return this.#push(FRAME.data, flags, stream, content);
    const length = random.pick([0, 1, 5]);
    const told = random.once(6) ? 200 : length;
    this.#push(FRAME.data, flags | PADDED, stream, Buffer.concat([Buffer.from([told]), content, Buffer.alloc(length)]));
  }

  #trailers(stream: number): void {
    const random = this.#random;
    const fields: Field[] = [random.once(4) ? random.pick(ODD_FIELDS) : ["x-checksum", "1"]];
    const flags = random.once(6) ? 0 : END_STREAM;
    if (flags !== 0) this.#end(stream);
    this.#push(FRAME.headers, flags | END_HEADERS, stream, headerBlock(fields));
  }

  #end(stream: number): void {
    const at = this.#open.indexOf(stream);
    if (at >= 0) this.#ended.push(...this.#open.splice(at, 1));
  }

  #anyStream(): number {
    const random = this.#random;
    const known = [...this.#open, ...this.#ended, 1];
    return random.pick([0, 2, this.#next, this.#next + 10, 0x7fffffff, random.pick(known), random.pick(known)]);
  }

  #windowUpdate(): void {
    const random = this.#random;
    const increment = Buffer.alloc(random.once(12) ? 3 : 4);
    if (increment.length === 4) increment.writeUInt32BE(random.pick([1, 1000, 1000, 0, 0x7fffffff, 0x80000001]));
    this.#push(FRAME.windowUpdate, 0, random.once(2) ? 0 : this.#anyStream(), increment);
  }

  #reset(): void {
    const random = this.#random;
    const stream = this.#anyStream();
    this.#end(stream);
    this.#push(FRAME.rstStream, 0, stream, Buffer.alloc(random.once(12) ? 3 : 4, 0));
  }

  #otherSettings(): void {
    this.#settings(1 + this.#random.below(3));
  }

  #settings(count: number): void {
    const random = this.#random;
    const values = [0, 1, 2, 100, 16_383, 16_384, 65_535, 16_777_215, 16_777_216, 0x7fffffff, 0x80000000, 0xffffffff];
    const payload = Buffer.alloc(count * 6 + (random.once(40) ? 1 : 0));
    for (let index = 0; index < count; index++) {
      payload.writeUInt16BE(random.pick([1, 2, 3, 4, 5, 6, 8, 9, 99]), index * 6);
      payload.writeUInt32BE(random.pick(values), index * 6 + 2);
    }
    this.#push(FRAME.settings, random.once(20) ? ACK : 0, random.once(40) ? 1 : 0, payload);
  }

  #ping(): void {
    const random = this.#random;
    this.#push(FRAME.ping, random.once(4) ? ACK : 0, random.once(12) ? 1 : 0, Buffer.alloc(random.once(12) ? 7 : 8));
  }

  #priority(): void {
    const random = this.#random;
    if (random.once(2)) {
      const payload = Buffer.concat([
        Buffer.from([0, 0, 0, random.pick([0, 1, 3])]),
        Buffer.from(random.pick(["u=1", "u=9,i", "\0", ""])),
      ]);
      return this.#push(FRAME.priorityUpdate, 0, random.once(12) ? 1 : 0, payload);
    }
    this.#push(
      FRAME.priority,
      0,
      this.#anyStream(),
      Buffer.from([0, 0, 0, 1, 15]).subarray(0, random.once(12) ? 4 : 5),
    );
  }

  #rare(): void {
    const random = this.#random;
    switch (random.below(5)) {
      case 0:
        return this.#push(FRAME.pushPromise, END_HEADERS, this.#anyStream(), Buffer.alloc(4));
      case 1:
        return this.#push(FRAME.goaway, 0, random.once(6) ? 1 : 0, Buffer.alloc(random.once(6) ? 7 : 8));
      case 2:
        return this.#push(FRAME.continuation, END_HEADERS, this.#anyStream(), headerBlock([["x", "y"]]));
      case 3:
        return this.#push(
          random.pick([10, 12, 99, 255]),
          random.below(256),
          this.#anyStream(),
          Buffer.alloc(random.below(20)),
        );
      default:
        return this.#push(FRAME.data, 0, random.pick([...this.#open, 1]), Buffer.alloc(random.pick([16_384, 16_385])));
    }
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
