// One line of a log, made from bytes and numbers, without strings. What came from a client is escaped, so that no line can be
// forged, and none can move a terminal.

/** A text that a client sent is cut behind so many bytes, and "..." shows it. */
export const TEXT_LIMIT_BYTES = 2048;

/** The longest escape: \u00ff. */
const ESCAPE_LIMIT_BYTES = 6;

/** Room that a text may need. */
export const TEXT_ROOM_BYTES: number = TEXT_LIMIT_BYTES * ESCAPE_LIMIT_BYTES + 3;

/**
 * - text: \xHH for control bytes, quotes, backslashes and all above 7E, as nginx writes it; \" would break readers that split at
 *   quotes
 * - json: \u00HH for the same bytes, so that any parser of JSON reads each byte as the character of its number
 */
export type Escaping = "text" | "json";

const BACKSLASH = 0x5c;
const DOT = 0x2e;
const ZERO = 0x30;
const HEX: Buffer = Buffer.from("0123456789abcdef", "latin1");
const PREFIX: Readonly<Record<Escaping, Buffer>> = {
  text: Buffer.from("\\x", "latin1"),
  json: Buffer.from("\\u00", "latin1"),
};
const IS_PLAIN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== BACKSLASH ? 1 : 0,
);

export class LineWriter {
  readonly bytes: Buffer;
  length = 0;
  readonly #prefix: Buffer;

  /** @param roomBytes of the longest line */
  constructor(escaping: Escaping, roomBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(roomBytes);
    this.#prefix = PREFIX[escaping];
  }

  /** Bytes of our own, as they are. */
  raw(bytes: Uint8Array): void {
    const { bytes: line, length } = this;
    // These are short: a call of `set` takes longer than this loop.
    for (let i = 0; i < bytes.length; i++) line[length + i] = bytes[i]!;
    this.length = length + bytes.length;
  }

  /** Bytes from elsewhere, escaped. */
  escaped(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    const last = Math.min(end, start + TEXT_LIMIT_BYTES);
    let at = this.length;
    for (let offset = start; offset < last; offset++) {
      const byte = source[offset]!;
      if (IS_PLAIN[byte] === 1) bytes[at++] = byte;
      else at = this.#escape(byte, at);
    }
    this.length = at;
    if (last < end) this.#dots();
  }

  /** The same for Latin-1 text. A character beyond Latin-1 counts as a question mark. */
  text(text: string): void {
    const { bytes } = this;
    const last = Math.min(text.length, TEXT_LIMIT_BYTES);
    let at = this.length;
    for (let offset = 0; offset < last; offset++) {
      const code = text.charCodeAt(offset);
      const byte = code > 0xff ? 0x3f : code;
      if (IS_PLAIN[byte] === 1) bytes[at++] = byte;
      else at = this.#escape(byte, at);
    }
    this.length = at;
    if (last < text.length) this.#dots();
  }

  /** A whole number from 0 on, in decimal. */
  number(value: number): void {
    const { bytes } = this;
    let end = this.length + 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
    for (let at = end - 1, rest = value; at >= this.length; at--, rest = Math.floor(rest / 10))
      bytes[at] = ZERO + (rest % 10);
    this.length = end;
  }

  /** Thousandths: 12.345. */
  thousandths(value: number): void {
    const whole = Math.floor(value / 1000);
    const rest = value - whole * 1000;
    this.number(whole);
    const { bytes, length } = this;
    bytes[length] = DOT;
    bytes[length + 1] = ZERO + Math.floor(rest / 100);
    bytes[length + 2] = ZERO + (Math.floor(rest / 10) % 10);
    bytes[length + 3] = ZERO + (rest % 10);
    this.length = length + 4;
  }

  #escape(byte: number, at: number): number {
    const { bytes } = this;
    const prefix = this.#prefix;
    for (let i = 0; i < prefix.length; i++) bytes[at + i] = prefix[i]!;
    const after = at + prefix.length;
    bytes[after] = HEX[byte >> 4]!;
    bytes[after + 1] = HEX[byte & 15]!;
    return after + 2;
  }

  #dots(): void {
    for (let count = 0; count < 3; count++) this.bytes[this.length++] = DOT;
  }
}
