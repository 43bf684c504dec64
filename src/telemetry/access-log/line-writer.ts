// One line of a log, made from bytes and numbers, without strings. What came from a client is escaped, so that no line can be
// forged, and none can move a terminal. The line is written to memory of somebody else: the ring itself, where it has room.

/** A text that a client sent is cut behind so many bytes, and "..." shows it. */
export const TEXT_LIMIT_BYTES = 2048;

/** The same for texts of our own, such as an address and the name of a user. */
export const SHORT_LIMIT_BYTES = 256;

/** The longest escape: \u00ff. */
export const ESCAPE_LIMIT_BYTES = 6;

/**
 * - text: \xHH for control bytes, quotes, backslashes and all above 7E, as nginx writes it; \" would break readers that split at
 *   quotes
 * - json: \u00HH for the same bytes, so that any parser of JSON reads each byte as the character of its number
 */
export type Escaping = "text" | "json";

/** Memory for lines. */
export interface LineMemory {
  readonly bytes: Uint8Array;
  /** The same memory, for writing four bytes at a time. */
  readonly words: DataView;
}

const BLANK = 0x20;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const ZERO = 0x30;
const HEX: Buffer = Buffer.from("0123456789abcdef", "latin1");
const PREFIX: Readonly<Record<Escaping, Buffer>> = {
  text: Buffer.from("\\x", "latin1"),
  json: Buffer.from("\\u00", "latin1"),
};
const IS_PLAIN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= BLANK && byte < 0x7f && byte !== 0x22 && byte !== BACKSLASH ? 1 : 0,
);

// The same question about four bytes at once. A sum or difference sets the highest bit of some byte if any of them is not plain,
// and of none if all are plain.
const HIGHEST_BITS = 0x80808080 | 0;
const ONES = 0x01010101;
const BLANKS = 0x20202020;
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;

export function newLineMemory(sizeBytes: number): LineMemory {
  return lineMemoryOf(new SharedArrayBuffer(sizeBytes), 0);
}

export function lineMemoryOf(memory: SharedArrayBuffer, offset: number): LineMemory {
  return { bytes: new Uint8Array(memory, offset), words: new DataView(memory, offset) };
}

/** Bytes that are written again and again, four at a time. */
export class Literal {
  readonly length: number;
  readonly words: DataView;

  /** @param text of Latin-1 */
  constructor(text: string) {
    this.length = text.length;
    this.words = new DataView(new ArrayBuffer((text.length + 3) & ~3));
    for (let i = 0; i < text.length; i++) this.words.setUint8(i, text.charCodeAt(i));
  }
}

export class LineWriter {
  /** Where the next byte goes, in the memory of the line. */
  at = 0;
  #bytes: Uint8Array = NOTHING.bytes;
  #words: DataView = NOTHING.words;
  readonly #prefix: Buffer;
  /** What was escaped last, and a view of it: a transport that has one receive buffer needs no further one. */
  #source: Uint8Array = NOTHING.bytes;
  #sourceWords: DataView | undefined;

  constructor(escaping: Escaping) {
    this.#prefix = PREFIX[escaping];
  }

  /** A line begins there. */
  begin({ bytes, words }: LineMemory, at: number): void {
    this.#bytes = bytes;
    this.#words = words;
    this.at = at;
  }

  /** Bytes of our own, as they are. Up to three bytes behind them are overwritten. */
  raw({ length, words }: Literal): void {
    const line = this.#words;
    const { at } = this;
    // These are short: a call of `set` takes longer than this loop.
    for (let i = 0; i < length; i += 4) line.setInt32(at + i, words.getInt32(i, true), true);
    this.at = at + length;
  }

  /** Bytes from elsewhere, escaped. */
  escaped(source: Uint8Array, start: number, end: number): void {
    const last = Math.min(end, start + TEXT_LIMIT_BYTES);
    let offset = start;
    const words = this.#wordsOf(source);
    if (words !== undefined) offset = this.#plainWords(words, start, last);
    const line = this.#bytes;
    let { at } = this;
    for (; offset < last; offset++) {
      const byte = source[offset]!;
      if (IS_PLAIN[byte] === 1) line[at++] = byte;
      else at = this.#escape(byte, at);
    }
    this.at = at;
    if (last < end) this.#dots();
  }

  /** The same for a name that stands in a column: programs split lines of text at blanks. */
  name(source: Uint8Array): void {
    const line = this.#bytes;
    const last = Math.min(source.length, SHORT_LIMIT_BYTES);
    let { at } = this;
    for (let offset = 0; offset < last; offset++) {
      const byte = source[offset]!;
      if (IS_PLAIN[byte] === 1 && (byte !== BLANK || this.#prefix === PREFIX.json)) line[at++] = byte;
      else at = this.#escape(byte, at);
    }
    this.at = at;
    if (last < source.length) this.#dots();
  }

  /** The same for Latin-1 text. A character beyond Latin-1 counts as a question mark. */
  text(text: string, limitBytes: number = TEXT_LIMIT_BYTES): void {
    const line = this.#bytes;
    const last = Math.min(text.length, limitBytes);
    let { at } = this;
    for (let offset = 0; offset < last; offset++) {
      const code = text.charCodeAt(offset);
      const byte = code > 0xff ? 0x3f : code;
      if (IS_PLAIN[byte] === 1) line[at++] = byte;
      else at = this.#escape(byte, at);
    }
    this.at = at;
    if (last < text.length) this.#dots();
  }

  /** A whole number from 0 on, in decimal. */
  number(value: number): void {
    if (value <= 0x3fffffff) this.#small(value);
    else this.text(String(value));
  }

  /** Thousandths: 12.345. */
  thousandths(value: number): void {
    const whole = Math.floor(value / 1000);
    this.number(whole);
    const rest = value - whole * 1000;
    const line = this.#bytes;
    const { at } = this;
    line[at] = DOT;
    line[at + 1] = ZERO + ((rest / 100) | 0);
    line[at + 2] = ZERO + (((rest / 10) | 0) % 10);
    line[at + 3] = ZERO + (rest % 10);
    this.at = at + 4;
  }

  #small(value: number): void {
    const line = this.#bytes;
    const start = this.at;
    let end = start + 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) end++;
    for (let at = end - 1, rest = value; at >= start; at--, rest = (rest / 10) | 0) line[at] = ZERO + (rest % 10);
    this.at = end;
  }

  /** Copies as long as four bytes are plain. @returns where in the source it ended */
  #plainWords(source: DataView, start: number, last: number): number {
    const line = this.#words;
    let { at } = this;
    let offset = start;
    for (; offset + 4 <= last; offset += 4, at += 4) {
      const word = source.getInt32(offset, true);
      const isOdd = word | (word + ONES) | (word - BLANKS) | ((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES);
      if ((isOdd & HIGHEST_BITS) !== 0) break;
      line.setInt32(at, word, true);
    }
    this.at = at;
    return offset;
  }

  /** Undefined for memory that is seen for the first time: a view of it costs more than one text is worth. */
  #wordsOf(source: Uint8Array): DataView | undefined {
    if (source !== this.#source) {
      this.#source = source;
      this.#sourceWords = undefined;
      return undefined;
    }
    this.#sourceWords ??= new DataView(source.buffer, source.byteOffset, source.length);
    return this.#sourceWords;
  }

  #escape(byte: number, at: number): number {
    const line = this.#bytes;
    const prefix = this.#prefix;
    for (let i = 0; i < prefix.length; i++) line[at + i] = prefix[i]!;
    const after = at + prefix.length;
    line[after] = HEX[byte >> 4]!;
    line[after + 1] = HEX[byte & 15]!;
    return after + 2;
  }

  #dots(): void {
    for (let count = 0; count < 3; count++) this.#bytes[this.at++] = DOT;
  }
}

const NOTHING: LineMemory = newLineMemory(0);
