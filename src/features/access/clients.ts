// Which clients may come in, by the certificates that they have proved themselves with (mutual TLS).
import type { ClientCertificate } from "../../http/message.ts";

const FINGERPRINT = /^[\da-f]{2}(?::?[\da-f]{2}){31}$/i;

/**
 * @param allow subjects as RFC 4514 writes them ("CN=ada,O=Example"), which are compared as a whole, and SHA-256 fingerprints
 * @returns tells whether a certificate is among them; a client without one never is
 * @throws {TypeError} for what is neither
 */
export function clientRule(allow: readonly string[]): (certificate: ClientCertificate | undefined) => boolean {
  const allowed = new Set(allow.map(normalForm));
  return (certificate) =>
    certificate !== undefined && (allowed.has(certificate.subject) || allowed.has(certificate.fingerprint));
}

function normalForm(source: string): string {
  if (FINGERPRINT.test(source)) return source.replaceAll(":", "").toLowerCase();
  // OpenSSL's own form has spaces around the signs, and the attributes the other way round.
  if (/^[A-Za-z][\w.-]*=/.test(source)) return source;
  throw new TypeError(`neither a subject nor a fingerprint: ${JSON.stringify(source)}`);
}
