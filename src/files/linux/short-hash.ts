// The hash of short-hash.ts by OpenSSL's own function, which is in the process already.
import { findSha256 } from "../../linux/sha256.ts";
import { HASH_BYTES, useShortHash } from "../short-hash.ts";

/** Changes nothing where Node was built without that function. */
export function hashByOpenSsl(): void {
  const sha256 = findSha256();
  if (sha256 !== undefined) useShortHash((data) => sha256(data).toString("base64url", 0, HASH_BYTES));
}
