// SHA-256 by the OpenSSL inside Node, without node:crypto: to load that module takes a thread longer than it takes to
// answer its first request.
import { ffi } from "./ffi.ts";
import { addressOf, Pinned } from "./pinned.ts";

/** The result is overwritten by the next call. */
type Sha256 = (data: Buffer | string) => Buffer;

/** FIPS 180-2, appendix B.1: what "abc" becomes. */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/** @returns undefined where the process has no such function, or one that does something else */
export function findSha256(): Sha256 | undefined {
  try {
    const sha256 = load();
    return sha256("abc").toString("hex") === ABC ? sha256 : undefined;
  } catch {
    // An OpenSSL that Node does not export.
    return undefined;
  }
}

function load(): Sha256 {
  const { functions } = ffi.dlopen(null, {
    SHA256: { return: "pointer", arguments: ["pointer", "pointer", "pointer"] },
  });
  const result = new Pinned(32);
  return (data) => {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    functions.SHA256(addressOf(bytes, 0, bytes.length), BigInt(bytes.length), result.at(0, 32));
    return result.bytes;
  };
}
