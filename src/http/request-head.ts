// A parsed request head: positions in the bytes that arrived. A string is made only when a caller asks for it. The
// parser of a thread owns one head and fills it again for each request; `retain()` gives a copy that stays.
import { FIELD_BIT, KNOWN_FIELDS } from "./fields.ts";
import type { ByteReader, Request } from "./message.ts";
import { CACHE, Notes } from "./notes.ts";

/** Per field line: start and end of the name, start and end of the value. */
export const LINE_STRIDE = 4;

/**
 * The last value of a field that a thread has read. Nearly all requests have the same, so most make no new string, and what is known of
 * the string is found by a comparison of two pointers.
 */
class LastValue {
  /** Longer values, which no browser sends, make a string each. */
  readonly #bytes = new Uint8Array(256);
  #length = 0;
  #text = "";

  /** Byte by byte: with 64 bytes that took 70 ns, a new string and its comparison 93. */
  textOf(bytes: Buffer, start: number, end: number): string {
    if (this.#is(bytes, start, end)) return this.#text;
    const text = bytes.toString("latin1", start, end);
    if (text.length <= this.#bytes.length) {
      bytes.copy(this.#bytes, 0, start, end);
      this.#length = text.length;
      this.#text = text;
    }
    return text;
  }

  #is(bytes: Buffer, start: number, end: number): boolean {
    const last = this.#bytes;
    const length = end - start;
    if (length !== this.#length) return false;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== last[i]) return false;
    return true;
  }
}

/** By index into KNOWN_FIELDS: fields that are read for every request of browsers. */
const LAST_VALUES: readonly (LastValue | undefined)[] = KNOWN_FIELDS.map((name) =>
  name === "accept" || name === "accept-encoding" ? new LastValue() : undefined,
);

const KNOWN_INDEX: ReadonlyMap<string, number> = new Map(KNOWN_FIELDS.map((name, index) => [name, index]));

/** The head of a request, as positions in the received bytes. Valid until the next `receive`; `retain()` keeps it. */
export class RequestHead implements Request {
  /** Holds the whole head. The positions below are offsets in it, except those of the target. */
  bytes: Buffer;
  /** Holds the target. This is the same memory, except for an absolute-form target without a path, which means "/". */
  memory: Buffer;
  method = "";
  isAsterisk = false;
  /** 0 or 1. A peer of a later minor version is answered as 1.1 (RFC 9110 §2.5). */
  minorVersion = 1;
  targetStart = 0;
  targetEnd = 0;
  targetHash = 0;
  /** The authority of an absolute-form target, which overrides Host (RFC 9112 §3.2.2). Empty for other targets. */
  authorityStart = 0;
  authorityEnd = 0;
  /** The whole head, from request line to empty line, for the trace. */
  start = 0;
  end = 0;
  lineCount = 0;
  lines: Int32Array;
  /** FIELD_BIT of every known field that is present, and of those with several lines. */
  present = 0;
  repeated = 0;
  /** The first line of each known field, by index into KNOWN_FIELDS. Valid only where `present` has the bit. */
  firstLine: Int32Array;
  notes: Notes = new Notes();

  constructor(bytes: Buffer, lines: Int32Array, firstLine: Int32Array) {
    this.bytes = bytes;
    this.memory = bytes;
    this.lines = lines;
    this.firstLine = firstLine;
  }

  get target(): string {
    return this.memory.toString("latin1", this.targetStart, this.targetEnd);
  }

  get authority(): string {
    if (this.authorityEnd > this.authorityStart) {
      return this.bytes.toString("latin1", this.authorityStart, this.authorityEnd);
    }
    return this.field("host") ?? "";
  }

  /** The next request is about to be read into this head. */
  renew(): void {
    const { notes } = this;
    if (notes.isShared) this.notes = new Notes();
    else {
      notes.user = "";
      notes.cache = CACHE.none;
      notes.pace = undefined;
      notes.earlyHints = undefined;
    }
  }

  has(mask: number): boolean {
    return (this.present & mask) !== 0;
  }

  field(name: string): string | undefined {
    const known = KNOWN_INDEX.get(name);
    if (known === undefined) return this.#join(name, 0);
    if ((this.present & (1 << known)) === 0) return undefined;
    const line = this.firstLine[known]!;
    if ((this.repeated & (1 << known)) !== 0) return this.#join(name, line);
    const last = LAST_VALUES[known];
    if (last === undefined) return this.value(line);
    const at = line * LINE_STRIDE;
    return last.textOf(this.bytes, this.lines[at + 2]!, this.lines[at + 3]!);
  }

  giveField(name: string, reader: ByteReader): boolean {
    const known = KNOWN_INDEX.get(name);
    if (known === undefined || (this.repeated & (1 << known)) !== 0) {
      const value = this.field(name);
      if (value !== undefined) reader.escaped(Buffer.from(value, "latin1"), 0, value.length);
      return value !== undefined;
    }
    if ((this.present & (1 << known)) === 0) return false;
    const at = this.firstLine[known]! * LINE_STRIDE;
    reader.escaped(this.bytes, this.lines[at + 2]!, this.lines[at + 3]!);
    return true;
  }

  giveAuthority(reader: ByteReader): boolean {
    if (this.authorityEnd <= this.authorityStart) return this.giveField("host", reader);
    reader.escaped(this.bytes, this.authorityStart, this.authorityEnd);
    return true;
  }

  /** The lines in their order, with names as they were sent. */
  *fields(): Generator<readonly [name: string, value: string]> {
    for (let line = 0; line < this.lineCount; line++) {
      const at = line * LINE_STRIDE;
      yield [this.bytes.toString("latin1", this.lines[at], this.lines[at + 1]), this.value(line)];
    }
  }

  /** The first line of a known field that is present. */
  lineOf(name: keyof typeof FIELD_BIT): number {
    return this.firstLine[31 - Math.clz32(FIELD_BIT[name])]!;
  }

  value(line: number): string {
    const at = line * LINE_STRIDE;
    return this.bytes.toString("latin1", this.lines[at + 2], this.lines[at + 3]);
  }

  /** Whether the line's value is `literal`, in any case. Makes no string. `literal` must be in lower case. */
  valueIs(line: number, literal: string): boolean {
    const start = this.lines[line * LINE_STRIDE + 2]!;
    return this.lines[line * LINE_STRIDE + 3]! - start === literal.length && this.#matches(start, literal);
  }

  retain(): RequestHead {
    const copy = new RequestHead(
      Buffer.from(this.bytes.subarray(this.start, this.end)),
      this.lines.slice(0, this.lineCount * LINE_STRIDE),
      this.firstLine.slice(),
    );
    copy.notes = this.notes;
    this.notes.isShared = true;
    const shift = this.start;
    for (let at = 0; at < copy.lines.length; at++) copy.lines[at]! -= shift;
    copy.method = this.method;
    copy.isAsterisk = this.isAsterisk;
    copy.minorVersion = this.minorVersion;
    copy.targetHash = this.targetHash;
    copy.authorityStart = this.authorityStart - shift;
    copy.authorityEnd = this.authorityEnd - shift;
    copy.end = this.end - shift;
    copy.lineCount = this.lineCount;
    copy.present = this.present;
    copy.repeated = this.repeated;
    const isInHead = this.memory === this.bytes;
    if (!isInHead) copy.memory = this.memory;
    copy.targetStart = this.targetStart - (isInHead ? shift : 0);
    copy.targetEnd = this.targetEnd - (isInHead ? shift : 0);
    return copy;
  }

  #join(name: string, fromLine: number): string | undefined {
    // RFC 9113 §8.2.3: HTTP/2 may send the pairs of a cookie on lines of their own.
    const separator = name === "cookie" ? "; " : ", ";
    let joined: string | undefined;
    for (let line = fromLine; line < this.lineCount; line++) {
      const start = this.lines[line * LINE_STRIDE]!;
      const length = this.lines[line * LINE_STRIDE + 1]! - start;
      if (length !== name.length || !this.#matches(start, name)) continue;
      joined = joined === undefined ? this.value(line) : joined + separator + this.value(line);
    }
    return joined;
  }

  #matches(start: number, literal: string): boolean {
    for (let i = 0; i < literal.length; i++) {
      const byte = this.bytes[start + i]!;
      const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
      if (lower !== literal.charCodeAt(i)) return false;
    }
    return true;
  }
}
