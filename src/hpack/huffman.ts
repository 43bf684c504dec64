// The Huffman code of RFC 7541 §5.2 and Appendix B, both ways. The code is canonical: codes of one length are
// consecutive numbers in the order of their symbols. So the table of lengths is the whole code.

/** Appendix B: the bits of the code of each byte, and of EOS. */
const CODE_LENGTHS: Uint8Array = Uint8Array.from([
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
]);

const EOS = 256;
const LONGEST_CODE = 30;

/** The code of each symbol, right-aligned. */
const CODES = new Uint32Array(CODE_LENGTHS.length);
makeCodes();

// The decoder takes four bits at a time through a table of steps: [node, nibble] -> next node, and the symbol that ends
// within the nibble. The shortest code has 5 bits, so at most one ends. 256 nodes make 4096 steps of four bytes; steps
// of whole bytes would be fewer, but 256 KiB do not stay in the first cache.
const HAS_SYMBOL = 1 << 16;
const IS_EOS = 1 << 17;
const NODE_MASK = 0xff;
const STEPS = new Int32Array(EOS * 16);

/** 1 for each node at which a string may end: RFC 7541 §5.2, padding is less than 8 bits of 1. */
const IS_END = new Uint8Array(EOS);
makeSteps(makeTree());

/** What `decodeHuffman` returns instead of an offset. */
export const BAD_EOS = -1;
export const BAD_PADDING = -2;

/**
 * Decodes bytes[start, end) to `out`, from `at` on. Bytes from `limit` on are counted and not written.
 * @returns where the decoded text ends, which may be beyond `limit`; or BAD_EOS or BAD_PADDING
 */
export function decodeHuffman(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
  limit: number,
): number {
  let node = 0;
  let length = at;
  for (let offset = start; offset < end; offset++) {
    const byte = bytes[offset]!;
    const high = STEPS[(node << 4) | (byte >> 4)]!;
    if (high >= HAS_SYMBOL) {
      if (high >= IS_EOS) return BAD_EOS;
      if (length < limit) out[length] = high >> 8;
      length++;
    }
    const low = STEPS[((high & NODE_MASK) << 4) | (byte & 15)]!;
    if (low >= HAS_SYMBOL) {
      if (low >= IS_EOS) return BAD_EOS;
      if (length < limit) out[length] = low >> 8;
      length++;
    }
    node = low & NODE_MASK;
  }
  return IS_END[node] === 1 ? length : BAD_PADDING;
}

/** The length of the text when it is coded, in bytes. The text is Latin-1: of other characters only the low byte counts. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += CODE_LENGTHS[text.charCodeAt(i) & 0xff]!;
  return (bits + 7) >> 3;
}

/** Codes the text to `out`, from `at` on, where there is room for `huffmanLength(text)` bytes. */
export function writeHuffman(text: string, out: Uint8Array, at: number): void {
  let offset = at;
  let bits = 0;
  let bitCount = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff;
    const length = CODE_LENGTHS[symbol]!;
    const code = CODES[symbol]!;
    // Up to 7 bits are left over and a byte's code has up to 28. Both together do not fit into 32: long codes take two steps.
    const low = Math.min(length, 24);
    if (length > low) {
      bits = (bits << (length - low)) | (code >>> low);
      for (bitCount += length - low; bitCount >= 8; bitCount -= 8) out[offset++] = bits >>> (bitCount - 8);
    }
    bits = (bits << low) | (code & (0xffffff >> (24 - low)));
    for (bitCount += low; bitCount >= 8; bitCount -= 8) out[offset++] = bits >>> (bitCount - 8);
  }
  // RFC 7541 §5.2: the padding is the beginning of EOS, which is all ones.
  if (bitCount > 0) out[offset] = (bits << (8 - bitCount)) | (0xff >> bitCount);
}

function makeCodes(): void {
  const next = new Uint32Array(LONGEST_CODE + 2);
  for (const length of CODE_LENGTHS) next[length + 1]!++;
  for (let length = 1; length <= LONGEST_CODE; length++) next[length] = (next[length]! + next[length - 1]!) * 2;
  for (let symbol = 0; symbol <= EOS; symbol++) CODES[symbol] = next[CODE_LENGTHS[symbol]!]!++;
}

/** The code as a binary tree: [node * 2 + bit] -> the next node, or -1 - symbol. */
function makeTree(): Int32Array {
  const tree = new Int32Array(EOS * 2);
  let nodeCount = 1;
  for (let symbol = 0; symbol <= EOS; symbol++) {
    const code = CODES[symbol]!;
    let node = 0;
    for (let bit = CODE_LENGTHS[symbol]! - 1; bit > 0; bit--) {
      const branch = node * 2 + ((code >>> bit) & 1);
      if (tree[branch] === 0) tree[branch] = nodeCount++;
      node = tree[branch]!;
    }
    tree[node * 2 + (code & 1)] = -1 - symbol;
  }
  return tree;
}

function makeSteps(tree: Int32Array): void {
  for (let node = 0; node < EOS; node++) {
    for (let nibble = 0; nibble < 16; nibble++) STEPS[node * 16 + nibble] = stepFrom(tree, node, nibble);
  }
  for (let node = 0, bits = 0; bits < 8; bits++, node = tree[node * 2 + 1]!) IS_END[node] = 1;
}

function stepFrom(tree: Int32Array, start: number, nibble: number): number {
  let node = start;
  let found = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = tree[node * 2 + ((nibble >> bit) & 1)]!;
    if (next === -1 - EOS) return IS_EOS;
    if (next < 0) found = HAS_SYMBOL | ((-1 - next) << 8);
    node = Math.max(next, 0);
  }
  return found | node;
}
