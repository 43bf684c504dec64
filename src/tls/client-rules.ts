// Certificates of clients (RFC 8446 §4.3.2): which authorities may have issued them, and whether a client needs one. One
// rule counts for the whole server: a connection that was opened for one host may ask for any other.
import { createHash, X509Certificate } from "node:crypto";
import { certificatesIn, problem, readBytes } from "./certificate-files.ts";

export interface ClientRuleFiles {
  /** Absolute path of the authorities, in PEM; undefined where clients are not asked. */
  readonly clientCa?: string;
  readonly clientCertificate?: "required" | "optional";
}

/** Survives structuredClone. */
export interface ClientRules {
  /** PEM of authorities; at least one is a root. */
  readonly authorities: readonly string[];
  /** Whether a client without a certificate is refused. One with a certificate that is not accepted always is. */
  readonly isRequired: boolean;
  /** 32 bytes: a session that began under other rules is not resumed (SSL_CTX_set_session_id_context). */
  readonly sessionContext: Uint8Array;
}

/** @throws {CertificateError} for a file that cannot be used */
export async function readClientRules(files: ClientRuleFiles | undefined): Promise<ClientRules | undefined> {
  const { clientCa, clientCertificate } = files ?? {};
  if (clientCa === undefined) return undefined;
  const authorities = certificatesIn("clientCa", clientCa, await readBytes("clientCa", clientCa));
  if (!authorities.some(isRoot))
    throw problem("clientCa", clientCa, "the certificate of the root, too: OpenSSL accepts no client otherwise", {
      found: "certificates of authorities that others have issued",
    });
  const hash = createHash("sha256")
    .update(clientCertificate ?? "")
    .update(authorities.join(""));
  return { authorities, isRequired: clientCertificate === "required", sessionContext: hash.digest() };
}

function isRoot(text: string): boolean {
  const certificate = new X509Certificate(text);
  return certificate.checkIssued(certificate);
}

/** When the first authority expires, in ms since 1970. */
export function earliestExpiry({ authorities }: ClientRules): number {
  return Math.min(...authorities.map((text) => new X509Certificate(text).validToDate.getTime()));
}
