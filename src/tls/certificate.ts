// A certificate with its private key, read from files and checked before a connection depends on it. OpenSSL would take a
// key that belongs to another certificate without an error, and each handshake would fail.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Absolute paths of files in PEM. */
export interface CertificateFiles {
  /** The certificate, and those of its authorities. */
  readonly cert: string;
  /** Its private key. */
  readonly key: string;
}

/** What a thread needs to prove that it is one of `names`. Survives structuredClone. */
export interface Certificate {
  /** PEM of the certificate and its chain. */
  readonly cert: string;
  /** PEM of the private key. */
  readonly key: string;
  /** DNS names and IP addresses that the certificate is for, in lower case: "example.com", "*.example.com", "::1". */
  readonly names: readonly string[];
  /** In ms since 1970. */
  readonly expiresAt: number;
}

/**
 * What all threads need for handshakes: the same certificates, and the same keys for session tickets, so that a client
 * resumes its session on whichever thread it reaches. Survives structuredClone.
 */
export interface TlsMaterial {
  /** At least one; the first answers clients that name no host, or one that no certificate is for. */
  readonly certificates: readonly Certificate[];
  /** 80 bytes: SSL_CTX_set_tlsext_ticket_keys. */
  readonly ticketKeys: Uint8Array;
}

/** A file cannot be used. The message names it, says what was found, and what was wanted. */
class CertificateError extends Error {
  override readonly name = "CertificateError";
  readonly option: "cert" | "key";
  readonly file: string;
  readonly wanted: string;

  constructor(option: "cert" | "key", file: string, wanted: string, cause?: unknown) {
    super(`tls.${option}: found ${JSON.stringify(file)}, wanted ${wanted}`, { cause });
    this.option = option;
    this.file = file;
    this.wanted = wanted;
  }
}

/** @throws {CertificateError} for a file that cannot be read, is not PEM, or does not belong to the other */
export async function readCertificate({ cert, key }: CertificateFiles): Promise<Certificate> {
  const [certText, keyText] = await Promise.all([readText("cert", cert), readText("key", key)]);
  const leaf = leafOf(cert, certText);
  const pair = { cert: certText, key: keyText };
  if (!leaf.checkPrivateKey(privateKeyOf(key, keyText)))
    throw new CertificateError("key", key, `the private key of the certificate in ${cert}`);
  checkChain(cert, certText);
  await checkUse(cert, pair);
  return { ...pair, names: namesOf(leaf), expiresAt: leaf.validToDate.getTime() };
}

async function readText(option: "cert" | "key", file: string): Promise<string> {
  try {
    return await readFile(file, "latin1");
  } catch (error) {
    const { code = "an error" } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "no file has that name" : code;
    throw new CertificateError(option, file, `a file that can be read (${reason})`, error);
  }
}

function leafOf(file: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new CertificateError("cert", file, 'a certificate in PEM ("-----BEGIN CERTIFICATE-----")', error);
  }
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----(?:(?!-----BEGIN ).)*?-----END \1-----/gs;

/** A file that is being written may end in the middle of its chain, and a client without the rest would trust nothing. */
function checkChain(file: string, text: string): void {
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length !== text.split("-----BEGIN ").length - 1)
    throw new CertificateError("cert", file, "a whole chain of certificates (one of them has no end)");
  for (const block of blocks) if (block.startsWith("-----BEGIN CERTIFICATE-----")) leafOf(file, block);
}

/** A thread could not take what OpenSSL refuses, such as a key that is too short to be safe. */
async function checkUse(file: string, pair: { readonly cert: string; readonly key: string }): Promise<void> {
  // Takes 2 ms to load, and only HTTPS needs it.
  const { createSecureContext } = await import("node:tls");
  try {
    createSecureContext(pair);
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string };
    throw new CertificateError("cert", file, `a certificate that OpenSSL accepts (${reason ?? message})`, error);
  }
}

function privateKeyOf(file: string, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const wanted = text.includes("ENCRYPTED") ? "a private key without a password" : "a private key in PEM";
    throw new CertificateError("key", file, wanted, error);
  }
}

/** RFC 6125 §6.4.4: the common name counts only where there are no alternative names. */
function namesOf({ subjectAltName, subject }: X509Certificate): string[] {
  const alternatives = Array.from(
    (subjectAltName ?? "").matchAll(/(?:^|, )(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g),
    ([, name]) => name!.toLowerCase(),
  );
  if (alternatives.length > 0) return alternatives;
  const commonName = /^CN=(.+)$/m.exec(subject ?? "")?.[1];
  return commonName === undefined ? [] : [commonName.toLowerCase()];
}
