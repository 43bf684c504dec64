// What a private key costs a thread: a server signs once in each full handshake, and its event loop stands still
// meanwhile. Measured where a certificate is loaded, which is off the threads that serve.
import { type KeyObject, sign } from "node:crypto";

/** A thread answers dozens of requests in this time. */
export const LONG_SIGNATURE_MS = 1;
/** The first one also loads what OpenSSL needs, and others may share the processor: the quickest one counts. */
const SIGNATURE_COUNT = 4;
/** As long as what is signed in TLS 1.3 with SHA-384: RFC 8446 §4.4.3. */
const SIGNED: Buffer = Buffer.alloc(64 + 33 + 1 + 48);

/** How long this machine takes to sign with the key. */
export function signatureMs(key: KeyObject): number {
  const digest = key.asymmetricKeyType?.startsWith("ed") === true ? null : "sha256";
  let shortestMs = Number.POSITIVE_INFINITY;
  for (let count = 0; count < SIGNATURE_COUNT; count++) {
    const startMs = performance.now();
    sign(digest, SIGNED, key);
    shortestMs = Math.min(shortestMs, performance.now() - startMs);
  }
  return shortestMs;
}

/** What to tell about a key that takes long; undefined for others. @param costMs as `signatureMs` says */
export function keyCostWarning(key: KeyObject, costMs: number, file: string): string | undefined {
  if (costMs <= LONG_SIGNATURE_MS) return undefined;
  const cost = `each full handshake with the certificate in ${file} holds up its thread for ${costMs.toFixed(1)} ms`;
  return `${cost}, because its key is of the type ${describe(key)}: take P-256`;
}

/** "RSA with 4,096 bits" */
function describe({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): string {
  const { modulusLength, namedCurve } = asymmetricKeyDetails;
  if (modulusLength === undefined) return namedCurve ?? String(asymmetricKeyType);
  return `${String(asymmetricKeyType).toUpperCase()} with ${modulusLength.toLocaleString("en")} bits`;
}
