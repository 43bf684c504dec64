// CRC-32C (Castagnoli), as RFC 4960 Appendix B has it: Node's zlib has the other polynomial only. One header for each
// connection has it, so that no table is worth its memory.

const POLYNOMIAL = 0x82f63b78; // its bits reversed

export function crc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? POLYNOMIAL : 0);
  }
  return ~rest >>> 0;
}
