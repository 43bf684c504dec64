// Digest fields (RFC 9530): what a client wants, and what is said. SHA-256 is the one algorithm: every client that verifies
// digests knows it, and the server has it of many contents for other reasons. SHA-512 would be a second pass over each.
import { parseDictionary } from "./structured-fields.ts";

/** Real values have some twenty bytes. A longer one than this is not looked at. */
const VALUE_LIMIT_LENGTH = 256;

/**
 * Whether Want-Repr-Digest or Want-Content-Digest names SHA-256 (RFC 9530 §4). How much it is preferred to algorithms that we do
 * not have decides nothing. A value that is malformed, or a preference that is no integer of 0 to 10, counts as absent.
 */
export function wantsSha256(value: string | undefined): boolean {
  if (value === undefined || value.length > VALUE_LIMIT_LENGTH) return false;
  const preference = parseDictionary(value)?.get("sha-256");
  return preference !== undefined && /^0*(?:[1-9]|10)$/.test(preference);
}

/** The field line. @param hash SHA-256 of the content (Content-Digest), or of the whole representation (Repr-Digest) */
export function digestLine(name: "Content-Digest" | "Repr-Digest", hash: Uint8Array): string {
  return `${name}: sha-256=:${Buffer.from(hash).toString("base64")}:\r\n`;
}
