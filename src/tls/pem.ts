// PEM (RFC 7468): text with blocks of base64 between lines that say what is in them.

export interface PemBlock {
  /** "CERTIFICATE", "ENCRYPTED PRIVATE KEY" */
  readonly label: string;
  /** The block as a whole, with its first and its last line. */
  readonly text: string;
}

export interface PemText {
  readonly blocks: readonly PemBlock[];
  /** Whether a block begins that does not end: the file is being written, or was cut off. */
  readonly isCutOff: boolean;
}

export function readPem(text: string): PemText {
  const blocks = Array.from(
    text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[^-]*(?:-(?!----END )[^-]*)*-----END \1-----/g),
    ([block, label]) => ({ label: label!, text: `${block}\n` }),
  );
  return { blocks, isCutOff: text.split("-----BEGIN ").length - 1 > blocks.length };
}

export function isCertificate({ label }: PemBlock): boolean {
  return /^(X509 |TRUSTED )?CERTIFICATE$/.test(label);
}

export function isPrivateKey({ label }: PemBlock): boolean {
  return label.endsWith("PRIVATE KEY");
}

/** The content in PEM, which is how OpenSSL takes it. */
export function writePem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString("base64")
    .replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}
