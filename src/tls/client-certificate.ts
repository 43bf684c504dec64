// The certificate that a client has proved itself with (mutual TLS). Most connections are never asked about it, so it is
// parsed when it is, and only what people compare it by is kept.
import { X509Certificate } from "node:crypto";

export class ClientCertificate {
  /** The certificate, until somebody has asked. */
  #der: Buffer | undefined;
  #subject = "";
  #fingerprint = "";

  /** @param der of a certificate that was accepted */
  constructor(der: Buffer) {
    this.#der = der;
  }

  get subject(): string {
    this.#parse();
    return this.#subject;
  }

  get fingerprint(): string {
    this.#parse();
    return this.#fingerprint;
  }

  #parse(): void {
    if (this.#der === undefined) return;
    const { subject, fingerprint256 } = new X509Certificate(this.#der);
    this.#subject = distinguishedName(subject ?? "");
    this.#fingerprint = fingerprint256.replaceAll(":", "").toLowerCase();
    this.#der = undefined;
  }
}

/**
 * As RFC 4514 §2.1 writes it, and nginx: the last attribute first, with commas between them.
 * @param lines as node:crypto has it: an attribute in each line, and " + " between those that belong together
 */
export function distinguishedName(lines: string): string {
  const joined = lines.replace(/(\\.)| \+ /gs, (_, escaped?: string) => escaped ?? "+");
  return joined.split("\n").reverse().join(",");
}
