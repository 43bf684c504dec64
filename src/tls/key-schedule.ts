// Keys of TLS 1.3 from a traffic secret: RFC 8446 §7. The handshake makes the first secret of each direction.
import { createHmac } from "node:crypto";

/** A cipher suite whose records we protect: RFC 8446 §B.4. Its AEAD as OpenSSL names it. */
export interface CipherSuite {
  readonly aead: "AES-128-GCM" | "AES-256-GCM" | "ChaCha20-Poly1305";
  readonly keyBytes: number;
  readonly hash: "sha256" | "sha384";
  readonly hashBytes: number;
}

/** By the number that stands in the handshake. */
export const CIPHER_SUITES: ReadonlyMap<number, CipherSuite> = new Map([
  [0x1301, { aead: "AES-128-GCM", keyBytes: 16, hash: "sha256", hashBytes: 32 }],
  [0x1302, { aead: "AES-256-GCM", keyBytes: 32, hash: "sha384", hashBytes: 48 }],
  [0x1303, { aead: "ChaCha20-Poly1305", keyBytes: 32, hash: "sha256", hashBytes: 32 }],
]);

/** Every AEAD of TLS 1.3 takes a nonce of this size. */
export const IV_BYTES = 12;

/** What a traffic secret is used for, §7.3. */
export function keyOf(secret: Buffer, suite: CipherSuite): Buffer {
  return expandLabel(secret, "key", suite.keyBytes, suite);
}

export function ivOf(secret: Buffer, suite: CipherSuite): Buffer {
  return expandLabel(secret, "iv", IV_BYTES, suite);
}

/** The secret that follows when a key is updated, §7.2. */
export function nextSecret(secret: Buffer, suite: CipherSuite): Buffer {
  return expandLabel(secret, "traffic upd", suite.hashBytes, suite);
}

/** HKDF-Expand-Label with an empty context, §7.1. One block of HKDF-Expand (RFC 5869 §2.3) is as long as the hash. */
function expandLabel(secret: Buffer, label: string, length: number, { hash, hashBytes }: CipherSuite): Buffer {
  if (length > hashBytes) throw new RangeError(`${length} bytes from a hash of ${hashBytes}`);
  const name = `tls13 ${label}`;
  const info = Buffer.from([length >> 8, length & 0xff, name.length, ...Buffer.from(name), 0, 1]);
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
}
