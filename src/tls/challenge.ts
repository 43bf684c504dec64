// Certificates that answer an authority's question on the port of HTTPS: TLS-ALPN-01 (RFC 8737, for addresses RFC 8738). Each
// is a file for the name that the authority asks for, so that all threads and processes find it. They are never shown to
// visitors: a client has to offer the protocol "acme-tls/1", and no other.
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { acmeIdentifier } from "./extensions.ts";
import { addressBytes, alternativeNames, type Identifier } from "./identifiers.ts";
import { writePem } from "./pem.ts";
import { normalName } from "./server-name.ts";
import { keyToPem, newKey, writeCertificate } from "./x509.ts";

/** RFC 8737 §6.2 */
export const CHALLENGE_PROTOCOL = "acme-tls/1";

const HOUR_MS = 3_600_000;

/** Whether the client is an authority with a question. */
export function isQuestion(protocols: readonly string[]): boolean {
  return protocols.length === 1 && protocols[0] === CHALLENGE_PROTOCOL;
}

/** What the authority asks for by SNI: addresses by their names in the reverse DNS (RFC 8738 §6). */
export function questionNameOf({ type, value }: Identifier): string {
  if (type === "dns") return value;
  const bytes = [...addressBytes(value)].reverse();
  if (bytes.length === 4) return `${bytes.join(".")}.in-addr.arpa`;
  const digits = bytes.flatMap((byte) => [byte & 15, byte >> 4]).map((digit) => digit.toString(16));
  return `${digits.join(".")}.ip6.arpa`;
}

/** The key and the certificate in PEM. @param keyAuthorization of the challenge: RFC 8555 §8.1 */
export function answerTo(identifier: Identifier, keyAuthorization: string, nowMs: number): string {
  const key = newKey();
  const name = "Answer to an ACME challenge";
  const certificate = writeCertificate(
    {
      subject: name,
      issuer: name,
      notBefore: nowMs - HOUR_MS,
      notAfter: nowMs + 24 * HOUR_MS,
      key,
      extensions: [alternativeNames([identifier]), acmeIdentifier(hash("sha256", keyAuthorization, "buffer"))],
    },
    key,
  );
  return keyToPem(key) + writePem("CERTIFICATE", certificate);
}

/** A name may be longer than the name of a file may be, so its hash stands for it. */
export function answerFile(serverName: string): string {
  return `${hash("sha256", normalName(serverName))}.pem`;
}

/**
 * Blocks, as OpenSSL waits for it: one small file, and only for clients that offer the protocol.
 * @returns the answer for the name, as certificate and as key; undefined where nothing was asked
 */
export function readAnswer(folder: string, serverName: string): { cert: string; key: string } | undefined {
  try {
    const pem = readFileSync(join(folder, answerFile(serverName)), "latin1");
    return { cert: pem, key: pem };
  } catch {
    return undefined;
  }
}
