// One field as a literal: RFC 7541 §6.2, with integers (§5.1) and strings (§5.2). Literals are made once and sent often,
// so they are made short rather than fast: Huffman where that is shorter.
import { encodeHuffman, huffmanLength } from "./huffman.ts";
import { staticNameIndex } from "./static-table.ts";

/** What the peer does with the field: RFC 7541 §6.2.1 to §6.2.3. */
export type Indexing = "incremental" | "without" | "never";

/** By kind: the first bits, and how many bits the index of the name has. */
const FORMS: Readonly<Record<Indexing, readonly [firstBits: number, indexBits: number]>> = {
  incremental: [0x40, 6],
  without: [0x00, 4],
  never: [0x10, 4],
};

const HUFFMAN_BIT = 0x80;
const LENGTH_BITS = 7;

/** @param name in lower case; name and value have characters of Latin-1 only */
export function literalField(name: string, value: string, indexing: Indexing): Buffer {
  const [firstBits, indexBits] = FORMS[indexing];
  const index = staticNameIndex(name);
  const parts = [integerBytes(index, indexBits, firstBits)];
  if (index === 0) parts.push(stringBytes(name));
  parts.push(stringBytes(value));
  return Buffer.concat(parts);
}

/** RFC 7541 §5.1. `firstBits` are the bits above the prefix. */
export function integerBytes(value: number, prefixBits: number, firstBits: number): Buffer {
  const most = (1 << prefixBits) - 1;
  if (value < most) return Buffer.of(firstBits | value);
  const bytes = [firstBits | most];
  let rest = value - most;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function stringBytes(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const length = huffmanLength(bytes);
  if (length >= bytes.length) return Buffer.concat([integerBytes(bytes.length, LENGTH_BITS, 0), bytes]);
  const encoded = Buffer.alloc(length);
  encodeHuffman(bytes, encoded, 0);
  return Buffer.concat([integerBytes(length, LENGTH_BITS, HUFFMAN_BIT), encoded]);
}
