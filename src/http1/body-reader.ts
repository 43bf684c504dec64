// Bytes -> content: one reader for each framing of RFC 9112 §6 and §7. A reader is given bytes, returns what it found,
// and sets `offset` to the end of the bytes that it has used. Trailer fields are checked and dropped, as RFC 9110
// §6.5.1 allows: the request is decided before they arrive.
import { FIELD_VALUE_BYTES, TOKEN_BYTES } from "../http/fields.ts";
import { type ExtensionPhase, isExtensionEnd, stepExtension } from "./chunk-extension.ts";
import type { Http1Limits } from "./limits.ts";
import type { RejectionCode } from "./rejection.ts";

const HTAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const COLON = 0x3a;

export type ReadOutcome = "content" | "more" | "end" | RejectionCode;

export interface BodyReader {
  /** The end of the bytes that the last `read` used. */
  readonly offset: number;
  /** After "content": where the content lies, half-open. */
  readonly contentStart: number;
  readonly contentEnd: number;
  /** How many bytes are still to come, as far as we know: of chunked content, only those of the current chunk. */
  readonly left: number;
  read(bytes: Buffer, start: number, end: number): ReadOutcome;
}

/** RFC 9112 §6.2. */
export class LengthReader implements BodyReader {
  offset = 0;
  contentStart = 0;
  contentEnd = 0;
  left: number;

  constructor(length: number) {
    this.left = length;
  }

  read(_bytes: Buffer, start: number, end: number): ReadOutcome {
    this.offset = start;
    if (this.left === 0) return "end";
    if (start === end) return "more";
    this.contentStart = start;
    this.contentEnd = this.offset = Math.min(end, start + this.left);
    this.left -= this.contentEnd - start;
    return "content";
  }
}

/** Where in `chunk = size [ext] CRLF data CRLF` the reader stands; RFC 9112 §7.1. */
type ChunkPhase =
  | "size-first"
  | "size"
  | "extension"
  | "size-lf"
  | "data"
  | "data-cr"
  | "data-lf"
  | "trailer-start"
  | "trailer-name"
  | "trailer-value"
  | "trailer-lf"
  | "last-lf"
  | "end";

export class ChunkedReader implements BodyReader {
  offset = 0;
  contentStart = 0;
  contentEnd = 0;
  #phase: ChunkPhase = "size-first";
  #extension: ExtensionPhase = "done";
  /** Of the current chunk: its size while that is read, then how much of its data is left. */
  left = 0;
  /** The digits of the size, without leading zeros. */
  #digitCount = 0;
  /** Whether the first of them is 8 or more. */
  #hasHighBit = false;
  #lineLength = 0;
  #extensionLength = 0;
  #trailerLength = 0;
  #trailerCount = 0;
  readonly #limits: Http1Limits;

  constructor(limits: Http1Limits) {
    this.#limits = limits;
  }

  read(bytes: Buffer, start: number, end: number): ReadOutcome {
    this.offset = start;
    while (this.#phase !== "end") {
      if (this.offset === end) return "more";
      if (this.#phase === "data") return this.#takeData(end);
      const problem = this.#step(bytes[this.offset]!);
      if (problem !== undefined) return problem;
      this.offset++;
    }
    return "end";
  }

  #takeData(end: number): ReadOutcome {
    this.contentStart = this.offset;
    this.contentEnd = Math.min(end, this.offset + this.left);
    this.left -= this.contentEnd - this.contentStart;
    this.offset = this.contentEnd;
    if (this.left === 0) this.#phase = "data-cr";
    return "content";
  }

  /** One byte of framing; RFC 9112 §7.1 as a table of phases. */
  #step(byte: number): RejectionCode | undefined {
    switch (this.#phase) {
      case "size-first":
        this.#lineLength = 0;
        this.#digitCount = 0;
        this.#phase = "size";
        return hexValue(byte) < 0 ? badFraming(byte) : this.#addDigit(byte);
      case "size":
        if (hexValue(byte) >= 0) return this.#addDigit(byte);
        if (this.left > Number.MAX_SAFE_INTEGER) return "CHUNK_TOO_LARGE";
        this.#extension = "done";
        this.#phase = "extension";
        return this.#stepExtension(byte);
      case "extension":
        return this.#stepExtension(byte);
      case "size-lf":
        if (byte !== LF) return "BARE_CR";
        return this.#enter(this.left === 0 ? "trailer-start" : "data");
      case "data-cr":
        return byte === CR ? this.#enter("data-lf") : badFraming(byte);
      case "data-lf":
        return byte === LF ? this.#enter("size-first") : "BARE_CR";
      case "data":
      case "end":
        return undefined;
      default:
        return this.#stepTrailer(byte);
    }
  }

  #stepExtension(byte: number): RejectionCode | undefined {
    if (byte === CR && isExtensionEnd(this.#extension)) return this.#enter("size-lf");
    const next = stepExtension(this.#extension, byte);
    if (next === undefined) return badFraming(byte);
    this.#extension = next;
    return this.#countExtension();
  }

  #stepTrailer(byte: number): RejectionCode | undefined {
    if (++this.#trailerLength > this.#limits.headLimitBytes) return "HEAD_TOO_LARGE";
    switch (this.#phase) {
      case "trailer-start":
        if (byte === CR) return this.#enter("last-lf");
        if (byte === LF) return "BARE_LF";
        if (byte === SP || byte === HTAB) return "FIELD_FOLDED";
        if (TOKEN_BYTES[byte] !== 1) return "FIELD_NAME_MALFORMED";
        if (++this.#trailerCount > this.#limits.headLimitCount) return "FIELDS_TOO_MANY";
        return this.#enter("trailer-name");
      case "trailer-name":
        if (byte === COLON) return this.#enter("trailer-value");
        if (byte === LF) return "BARE_LF";
        if (byte === SP || byte === HTAB) return "FIELD_NAME_SPACE";
        return TOKEN_BYTES[byte] === 1 ? undefined : "FIELD_NAME_MALFORMED";
      case "trailer-value":
        if (byte === CR) return this.#enter("trailer-lf");
        if (byte === LF) return "BARE_LF";
        return FIELD_VALUE_BYTES[byte] === 1 ? undefined : "FIELD_VALUE_MALFORMED";
      case "trailer-lf":
        return byte === LF ? this.#enter("trailer-start") : "BARE_CR";
      default:
        return byte === LF ? this.#enter("end") : "BARE_CR";
    }
  }

  #enter(phase: ChunkPhase): undefined {
    this.#phase = phase;
  }

  #addDigit(byte: number): RejectionCode | undefined {
    if (++this.#lineLength > this.#limits.chunkLineLimitBytes) return "CHUNK_LINE_TOO_LONG";
    const digit = hexValue(byte);
    if (this.#digitCount > 0 || digit > 0) this.#digitCount++;
    if (this.#digitCount === 1) this.#hasHighBit = digit >= 8;
    // Sixteen digits are 64 bits, of which the first is the sign.
    if (this.#digitCount > 16 || (this.#digitCount === 16 && this.#hasHighBit)) return "CHUNK_OVERFLOW";
    this.left = this.left * 16 + digit;
    return undefined;
  }

  #countExtension(): RejectionCode | undefined {
    // Each line is bounded, and so are all lines together: otherwise a peer could send 256 bytes of extension with each
    // byte of data, without end.
    if (++this.#lineLength > this.#limits.chunkLineLimitBytes) return "CHUNK_LINE_TOO_LONG";
    return ++this.#extensionLength > this.#limits.headLimitBytes ? "CHUNK_EXTENSIONS_TOO_LARGE" : undefined;
  }
}

function badFraming(byte: number): RejectionCode {
  return byte === LF ? "BARE_LF" : "CHUNK_MALFORMED";
}

/** -1 for anything but a hexadecimal digit. */
function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
