// The forms of RFC 7541 §6 as bytes, with integers (§5.1) and strings (§5.2), written to memory that grows. Strings
// are coded by Huffman where that makes them shorter.
import { huffmanLength, writeHuffman } from "./huffman.ts";
import { staticNameIndex } from "./static-table.ts";

/** What the peer does with the field: RFC 7541 §6.2.1 to §6.2.3. */
export type Indexing = "incremental" | "without" | "never";

/** By kind: the first bits, and how many bits the index of the name has. */
const FORMS: Readonly<Record<Indexing, readonly [firstBits: number, indexBits: number]>> = {
  incremental: [0x40, 6],
  without: [0x00, 4],
  never: [0x10, 4],
};

const INDEXED_BIT = 0x80;
const INDEX_BITS = 7;
const HUFFMAN_BIT = 0x80;
const LENGTH_BITS = 7;
const SIZE_UPDATE_BIT = 0x20;
const SIZE_UPDATE_BITS = 5;

/** An integer takes at most six bytes here, and a field has three. */
const INTEGERS_BYTES = 18;

export class BlockWriter {
  #bytes: Buffer;
  #length = 0;

  /** @param roomBytes how much is likely to be written */
  constructor(roomBytes = 0) {
    this.#bytes = Buffer.allocUnsafe(roomBytes + INTEGERS_BYTES);
  }

  /** A copy of what was written. The writer is empty again. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }

  /** Bytes that another writer has made. */
  bytes(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** RFC 7541 §6.1. */
  indexed(index: number): this {
    return this.#integer(index, INDEX_BITS, INDEXED_BIT);
  }

  /** RFC 7541 §6.3. */
  sizeUpdate(sizeBytes: number): this {
    return this.#integer(sizeBytes, SIZE_UPDATE_BITS, SIZE_UPDATE_BIT);
  }

  /** @param name in lower case; name and value in Latin-1: of other characters only the low byte is sent */
  literal(name: string, value: string, indexing: Indexing): this {
    this.#reserve(name.length + value.length + INTEGERS_BYTES);
    const [firstBits, indexBits] = FORMS[indexing];
    const index = staticNameIndex(name);
    this.#integer(index, indexBits, firstBits);
    if (index === 0) this.#string(name);
    return this.#string(value);
  }

  /** RFC 7541 §5.1. `firstBits` are the bits above the prefix. */
  #integer(value: number, prefixBits: number, firstBits: number): this {
    this.#reserve(INTEGERS_BYTES);
    const bytes = this.#bytes;
    const most = (1 << prefixBits) - 1;
    bytes[this.#length++] = firstBits | Math.min(value, most);
    if (value < most) return this;
    let rest = value - most;
    for (; rest >= 0x80; rest >>>= 7) bytes[this.#length++] = (rest & 0x7f) | 0x80;
    bytes[this.#length++] = rest;
    return this;
  }

  #string(text: string): this {
    const length = huffmanLength(text);
    if (length < text.length) {
      this.#integer(length, LENGTH_BITS, HUFFMAN_BIT);
      writeHuffman(text, this.#bytes, this.#length);
      this.#length += length;
    } else {
      this.#integer(text.length, LENGTH_BITS, 0);
      this.#length += this.#bytes.write(text, this.#length, "latin1");
    }
    return this;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe((this.#length + count) * 2);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
