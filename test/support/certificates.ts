// Certificates for tests, valid until 2126. Nobody trusts them but a test that says so.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** For localhost, 127.0.0.1 and ::1, with a key for ECDSA. */
export const LOCALHOST: CertificateFiles = filesOf("localhost");
/** For the same names, with an RSA key of 2,048 bits. */
export const LOCALHOST_RSA: CertificateFiles = filesOf("localhost-rsa");
/** For example.com and all names below it. */
export const EXAMPLE: CertificateFiles = filesOf("example");
/** With a key of 1,024 bits, which OpenSSL refuses. */
export const WEAK: CertificateFiles = filesOf("weak");
/** What a client has to trust. */
export const AUTHORITIES: readonly string[] = [LOCALHOST, LOCALHOST_RSA, EXAMPLE].map(({ cert }) =>
  readFileSync(cert, "latin1"),
);

/** A file beside those certificates: make.sh there says what it is. */
export function tlsFixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
}

function filesOf(name: string): CertificateFiles {
  return { cert: tlsFixture(`${name}.pem`), key: tlsFixture(`${name}.key`) };
}
