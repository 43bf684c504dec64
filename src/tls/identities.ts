// Certificates for the same names with keys of different types, such as ECDSA and RSA, are one identity: OpenSSL takes the
// one whose signatures the client understands (RFC 8446 §4.2.3).
import type { Certificate } from "./certificate.ts";

/** Whom a server can prove to be, by any of the certificates. */
export interface Identity {
  readonly names: readonly string[];
  /** At least one; no two have keys of the same type. */
  readonly certificates: readonly Certificate[];
}

/** In the order of the first certificate of each. */
export function identitiesOf(certificates: readonly Certificate[]): readonly Identity[] {
  const identities: { names: readonly string[]; certificates: Certificate[] }[] = [];
  for (const certificate of certificates) {
    const same = identities.find(
      (identity) =>
        haveSameNames(identity, certificate) &&
        identity.certificates.every(({ keyType }) => keyType !== certificate.keyType),
    );
    if (same === undefined) identities.push({ names: certificate.names, certificates: [certificate] });
    else same.certificates.push(certificate);
  }
  return identities;
}

function haveSameNames(one: { names: readonly string[] }, other: { names: readonly string[] }): boolean {
  return one.names.length === other.names.length && one.names.every((name) => other.names.includes(name));
}
