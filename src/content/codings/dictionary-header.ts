// What a content in a coding with a dictionary begins with (RFC 9842 §4, §5): a magic number, and the SHA-256 of the
// dictionary, by which the client finds out whether it has the right one. And how files with such content are named.
import type { DictionaryCoding } from "./coding.ts";

const MAGIC: Readonly<Record<DictionaryCoding, Buffer>> = {
  dcb: Buffer.from([0xff, 0x44, 0x43, 0x42]),
  // A skippable frame of 32 bytes, which every decoder of zstd passes over.
  dcz: Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0]),
};

/** @param hash 64 hexadecimal digits */
export function dictionaryHeader(coding: DictionaryCoding, hash: string): Buffer {
  return Buffer.concat([MAGIC[coding], Buffer.from(hash, "hex")]);
}

/** The precompressed file of a file: "app.js.<hash>.dcb". The hash says which dictionary it needs. */
export function dictionarySidecar(path: string, coding: DictionaryCoding, hash: string): string {
  return `${path}.${hash}.${coding}`;
}
