// The hash by which contents and versions of files are told apart: the first 120 bits of SHA-256. Two versions of a file
// never share them by accident. Node takes 3 ms and 1 MiB in each thread to load node:crypto, so it is loaded with the
// first hash. The kernel transport has another way, which loads nothing: linux/short-hash.ts.

export type ShortHash = (data: Buffer | string) => string;

let inUse: ShortHash = (data) =>
  process.getBuiltinModule("node:crypto").hash("sha256", data, "buffer").toString("base64url", 0, HASH_BYTES);

/** Of each hash. base64url needs no padding for them. */
export const HASH_BYTES = 15;

/** @returns 20 characters of base64url */
export function shortHash(data: Buffer | string): string {
  return inUse(data);
}

/** From now on, another way that gives the same results. */
export function useShortHash(other: ShortHash): void {
  inUse = other;
}
