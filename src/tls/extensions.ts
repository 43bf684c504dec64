// The extensions of certificates (RFC 5280 §4.2), each as a whole, in DER.
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import {
  BIT_STRING,
  BOOLEAN,
  contextTag,
  encode,
  encodeObjectId,
  encodeUnsigned,
  OCTET_STRING,
  SEQUENCE,
} from "./der.ts";

function extension(name: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [encode(BOOLEAN, Buffer.from([0xff]))] : [];
  return encode(SEQUENCE, encodeObjectId(name), ...critical, encode(OCTET_STRING, value));
}

/** An authority that issues certificates of servers, and no other authorities. */
export function lastAuthority(): Buffer {
  const basics = encode(SEQUENCE, encode(BOOLEAN, Buffer.from([0xff])), encodeUnsigned(Buffer.of(0)));
  return extension("2.5.29.19", true, basics);
}

/** keyCertSign is the sixth bit, digitalSignature the first; before them stands the count of unused bits. */
export function keyUsage(usage: "certificates" | "handshakes"): Buffer {
  return extension("2.5.29.15", true, encode(BIT_STRING, Buffer.from(usage === "certificates" ? [2, 4] : [7, 0x80])));
}

export function forServers(): Buffer {
  return extension("2.5.29.37", false, encode(SEQUENCE, encodeObjectId("1.3.6.1.5.5.7.3.1")));
}

export function subjectKey(key: KeyObject): Buffer {
  return extension("2.5.29.14", false, encode(OCTET_STRING, identifierOfKey(key)));
}

export function authorityKey(key: KeyObject): Buffer {
  return extension("2.5.29.35", false, encode(SEQUENCE, encode(contextTag(0, false), identifierOfKey(key))));
}

/** Any value that is as good as unique: RFC 7093 §2. */
function identifierOfKey(key: KeyObject): Buffer {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 20);
}

/** What an authority may issue certificates for: names with all below them, and the addresses of this machine itself. */
export function onlyFor(names: readonly string[]): Buffer {
  const dns = names.map((name) => encode(contextTag(2, false), Buffer.from(name, "latin1")));
  // An address and its mask: 127.0.0.0/8 and ::1/128.
  const networks = [
    Buffer.from([127, 0, 0, 0, 255, 0, 0, 0]),
    Buffer.concat([Buffer.alloc(15), Buffer.of(1), Buffer.alloc(16, 0xff)]),
  ].map((network) => encode(contextTag(7, false), network));
  const permitted = [...dns, ...networks].map((name) => encode(SEQUENCE, name));
  return extension("2.5.29.30", true, encode(SEQUENCE, encode(contextTag(0, true), ...permitted)));
}

/** RFC 8737 §3: what proves that the server knows the account of a challenge. @param digest SHA-256, 32 bytes */
export function acmeIdentifier(digest: Buffer): Buffer {
  return extension("1.3.6.1.5.5.7.1.31", true, encode(OCTET_STRING, digest));
}
