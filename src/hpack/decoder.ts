// A field block -> a field section: RFC 7541 §3, §5 and §6. One decoder serves one connection, and is given whole
// blocks, in the order in which they came. It makes no strings, and what it writes is bounded: a block of a few bytes
// can stand for much text, so fields beyond the limits of the section are not copied.
import { LINE_STRIDE } from "../http/request-head.ts";
import { DecodingTable } from "./decoding-table.ts";
import { traitsOf as nameTraits, valueTraits } from "./field-kind.ts";
import type { FieldSection } from "./field-section.ts";
import { BAD_EOS, decodeHuffman } from "./huffman.ts";
import type { HpackProblem } from "./problem.ts";
import { DYNAMIC_INDEX, STATIC_LINES, STATIC_TRAITS } from "./static-table.ts";

/** SETTINGS_HEADER_TABLE_SIZE is not sent, so this is the size: RFC 9113 §6.5.2. */
const TABLE_LIMIT_BYTES = 4096;

// The first bits of a field line tell its form: RFC 7541 §6.
const INDEXED = 0x80;
const INCREMENTAL = 0x40;
const SIZE_UPDATE = 0x20;

const HUFFMAN_BIT = 0x80;
const INDEX_BITS = 7;
const INCREMENTAL_BITS = 6;
const SIZE_UPDATE_BITS = 5;
const LITERAL_BITS = 4;
const LENGTH_BITS = 7;

/** RFC 7541 §5.1 asks for a limit. Five bytes after the first carry 35 bits. */
const CONTINUATION_LIMIT_COUNT = 5;
const INTEGER_LIMIT = 2 ** 31 - 1;

/** RFC 7541 §4.2: the smallest size since the last block, and the final one. */
const SIZE_UPDATE_LIMIT_COUNT = 2;

export class HpackDecoder {
  readonly #table: DecodingTable;
  #problem: HpackProblem | undefined;
  /** What the last `#readInteger` read. */
  #integer = 0;
  /** Where the last `#readName` and `#readString` left text, in the bytes of the section. */
  #nameStart = 0;
  #nameEnd = 0;
  #staticName = 0;
  #traits = 0;
  #textEnd = 0;

  /** @param tableLimitBytes the SETTINGS_HEADER_TABLE_SIZE that was announced, at most 4096 */
  constructor(tableLimitBytes: number = TABLE_LIMIT_BYTES) {
    if (!(tableLimitBytes <= TABLE_LIMIT_BYTES)) throw new RangeError("a table has at most 4096 bytes");
    this.#table = new DecodingTable(tableLimitBytes);
  }

  /**
   * Decodes the whole block bytes[start, end) to the section, which is cleared first. Blocks of requests that nobody
   * wants must be decoded too, because they change the table.
   * @returns why the connection must be closed, if so
   */
  decode(bytes: Uint8Array, start: number, end: number, section: FieldSection): HpackProblem | undefined {
    this.#problem = undefined;
    section.clear();
    let offset = this.#readSizeUpdates(bytes, start, end);
    while (offset >= 0 && offset < end) {
      const first = bytes[offset]!;
      if (first >= INDEXED) offset = this.#readIndexed(bytes, offset, end, section);
      else if (first >= INCREMENTAL) offset = this.#readLiteral(bytes, offset, end, INCREMENTAL_BITS, section);
      else if (first >= SIZE_UPDATE) offset = this.#fail("TABLE_SIZE_LATE");
      else offset = this.#readLiteral(bytes, offset, end, LITERAL_BITS, section);
    }
    return this.#problem;
  }

  // Each of the following reads what begins at `offset`. It returns the offset behind that, or -1 for a problem.

  /** RFC 7541 §6.3: only in front of the fields. */
  #readSizeUpdates(bytes: Uint8Array, start: number, end: number): number {
    let offset = start;
    for (let count = 0; offset < end && bytes[offset]! >> SIZE_UPDATE_BITS === 1; count++) {
      if (count === SIZE_UPDATE_LIMIT_COUNT) return this.#fail("TABLE_SIZE_REPEATED");
      offset = this.#readInteger(bytes, offset, end, SIZE_UPDATE_BITS);
      if (offset < 0) return offset;
      if (!this.#table.resize(this.#integer)) return this.#fail("TABLE_SIZE_TOO_LARGE");
    }
    return offset;
  }

  /** RFC 7541 §6.1. */
  #readIndexed(bytes: Uint8Array, offset: number, end: number, section: FieldSection): number {
    const next = this.#readInteger(bytes, offset, end, INDEX_BITS);
    if (next < 0) return next;
    const index = this.#integer;
    if (index >= DYNAMIC_INDEX) {
      const place = index - DYNAMIC_INDEX;
      if (place >= this.#table.count) return this.#fail("INDEX_OUT_OF_RANGE");
      this.#table.copyField(place, section);
      return next;
    }
    if (index === 0) return this.#fail("INDEX_ZERO");
    const at = index * LINE_STRIDE;
    const [nameStart, valueEnd] = [STATIC_LINES[at]!, STATIC_LINES[at + 3]!];
    if (section.admits(valueEnd - nameStart)) {
      section.add(STATIC_TRAITS[index]!, nameStart, STATIC_LINES[at + 1]!, STATIC_LINES[at + 2]!, valueEnd);
    }
    return next;
  }

  /** RFC 7541 §6.2. A literal that must never be indexed (§6.2.3) is treated as one without indexing: nothing is forwarded. */
  #readLiteral(bytes: Uint8Array, offset: number, end: number, prefixBits: number, section: FieldSection): number {
    const valueOffset = this.#readName(bytes, offset, end, prefixBits, section);
    if (valueOffset < 0) return valueOffset;
    const valueStart = Math.max(this.#textEnd, section.end);
    const next = this.#readString(bytes, valueOffset, end, section.bytes, valueStart);
    if (next < 0) return next;
    const valueEnd = this.#textEnd;
    const [nameStart, nameEnd] = [this.#nameStart, this.#nameEnd];
    // Text beyond the room of the section is longer than any table entry, and not admitted either.
    const traits =
      valueEnd > section.bytes.length ? 0 : this.#traits | valueTraits(section.bytes, valueStart, valueEnd);
    if (prefixBits === INCREMENTAL_BITS) {
      this.#table.add(section.bytes, nameStart, nameEnd, valueStart, valueEnd, traits, this.#staticName);
    }
    if (section.admits(nameEnd - nameStart + valueEnd - valueStart)) {
      section.end = valueEnd;
      section.add(traits, nameStart, nameEnd, valueStart, valueEnd);
    }
    return next;
  }

  /** The name of a literal: an index, or a string. It ends up in the section's bytes, behind the admitted text or in the static text. */
  #readName(bytes: Uint8Array, offset: number, end: number, prefixBits: number, section: FieldSection): number {
    const next = this.#readInteger(bytes, offset, end, prefixBits);
    if (next < 0) return next;
    const index = this.#integer;
    this.#staticName = 0;
    if (index === 0) return this.#readNewName(bytes, next, end, section);
    if (index < DYNAMIC_INDEX) return this.#setStaticName(index, next);
    const place = index - DYNAMIC_INDEX;
    if (place >= this.#table.count) return this.#fail("INDEX_OUT_OF_RANGE");
    const staticName = this.#table.staticNameOf(place);
    if (staticName > 0) return this.#setStaticName(staticName, next);
    this.#nameStart = section.end;
    this.#nameEnd = section.end + this.#table.copyName(place, section.bytes, section.end);
    this.#textEnd = this.#nameEnd;
    this.#traits = nameTraits(section.bytes, this.#nameStart, this.#nameEnd);
    return next;
  }

  #setStaticName(index: number, next: number): number {
    this.#staticName = index;
    this.#nameStart = STATIC_LINES[index * LINE_STRIDE]!;
    this.#nameEnd = STATIC_LINES[index * LINE_STRIDE + 1]!;
    this.#traits = STATIC_TRAITS[index]!;
    this.#textEnd = 0;
    return next;
  }

  #readNewName(bytes: Uint8Array, offset: number, end: number, section: FieldSection): number {
    const next = this.#readString(bytes, offset, end, section.bytes, section.end);
    if (next < 0) return next;
    this.#nameStart = section.end;
    this.#nameEnd = this.#textEnd;
    const isWhole = this.#nameEnd <= section.bytes.length;
    this.#traits = isWhole ? nameTraits(section.bytes, this.#nameStart, this.#nameEnd) : 0;
    return next;
  }

  /** RFC 7541 §5.2. Writes the text to `out` as far as there is room, and sets `#textEnd` to where it would end. */
  #readString(bytes: Uint8Array, offset: number, end: number, out: Buffer, at: number): number {
    if (offset === end) return this.#fail("BLOCK_INCOMPLETE");
    const isHuffman = bytes[offset]! >= HUFFMAN_BIT;
    const start = this.#readInteger(bytes, offset, end, LENGTH_BITS);
    if (start < 0) return start;
    const next = start + this.#integer;
    if (next > end) return this.#fail("BLOCK_INCOMPLETE");
    if (isHuffman) {
      this.#textEnd = decodeHuffman(bytes, start, next, out, at, out.length);
      return this.#textEnd >= 0 ? next : this.#fail(this.#textEnd === BAD_EOS ? "HUFFMAN_EOS" : "HUFFMAN_PADDING");
    }
    this.#textEnd = at + this.#integer;
    if (this.#textEnd <= out.length) for (let i = start; i < next; i++) out[at + i - start] = bytes[i]!;
    return next;
  }

  /** RFC 7541 §5.1. The caller has checked that `offset` is before `end`. */
  #readInteger(bytes: Uint8Array, offset: number, end: number, prefixBits: number): number {
    const most = (1 << prefixBits) - 1;
    this.#integer = bytes[offset]! & most;
    if (this.#integer < most) return offset + 1;
    for (let count = 0; count < CONTINUATION_LIMIT_COUNT; count++) {
      const at = offset + 1 + count;
      if (at >= end) return this.#fail("BLOCK_INCOMPLETE");
      this.#integer += (bytes[at]! & 0x7f) * 2 ** (7 * count);
      if (this.#integer > INTEGER_LIMIT) break;
      if (bytes[at]! < 0x80) return at + 1;
    }
    return this.#fail("INTEGER_TOO_LARGE");
  }

  #fail(problem: HpackProblem): number {
    this.#problem = problem;
    return -1;
  }
}
