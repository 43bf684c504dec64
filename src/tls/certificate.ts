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
  /** As node:crypto names it: "ec", "rsa". */
  readonly keyType: string;
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

/** Why a file cannot be used. */
interface CertificateProblem {
  readonly option: "cert" | "key";
  readonly file: string;
  readonly wanted: string;
}

/** One of the two files cannot be used, or both. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
  readonly problems: readonly CertificateProblem[];

  constructor(problems: readonly CertificateProblem[]) {
    super(problems.map(({ file, wanted }) => `found ${JSON.stringify(file)}, wanted ${wanted}`).join("; "));
    this.problems = problems;
  }
}

/** @throws {CertificateError} for files that cannot be read, are not PEM, or do not belong to each other */
export async function readCertificate({ cert, key }: CertificateFiles): Promise<Certificate> {
  const read = await Promise.allSettled([readText("cert", cert), readText("key", key)]);
  const failures = read.flatMap((one) => (one.status === "rejected" ? [one.reason as CertificateError] : []));
  if (failures.length > 0) throw new CertificateError(failures.flatMap(({ problems }) => problems));
  const [certText, keyText] = read.map((one) => (one as PromiseFulfilledResult<string>).value) as [string, string];
  const leaf = leafOf(cert, certText);
  const pair = { cert: certText, key: keyText };
  const privateKey = privateKeyOf(key, keyText);
  if (!leaf.checkPrivateKey(privateKey)) throw problem("key", key, `the private key of the certificate in ${cert}`);
  checkChain(cert, certText);
  await checkUse(cert, pair);
  return {
    ...pair,
    names: namesOf(leaf),
    keyType: privateKey.asymmetricKeyType!,
    expiresAt: leaf.validToDate.getTime(),
  };
}

async function readText(option: "cert" | "key", file: string): Promise<string> {
  try {
    return await readFile(file, "latin1");
  } catch (error) {
    const { code = "an error" } = error as NodeJS.ErrnoException;
    throw problem(option, file, `a file that can be read (${REASONS[code] ?? code})`);
  }
}

const REASONS: Readonly<Record<string, string | undefined>> = {
  ENOENT: "no file has that name",
  ENOTDIR: "no file has that name",
  EISDIR: "it is a folder",
  EACCES: "this user may not read it",
};

function leafOf(file: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw problem("cert", file, 'a certificate in PEM ("-----BEGIN CERTIFICATE-----")');
  }
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----(?:(?!-----BEGIN ).)*?-----END \1-----/gs;

/** A file that is being written may end in the middle of its chain, and a client without the rest would trust nothing. */
function checkChain(file: string, text: string): void {
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length !== text.split("-----BEGIN ").length - 1)
    throw problem("cert", file, "a whole chain of certificates (one of them has no end)");
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
    throw problem("cert", file, `a certificate that OpenSSL accepts (${reason ?? message})`);
  }
}

function privateKeyOf(file: string, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    const wanted = text.includes("ENCRYPTED") ? "a private key without a password" : "a private key in PEM";
    throw problem("key", file, wanted);
  }
}

function problem(option: "cert" | "key", file: string, wanted: string): CertificateError {
  return new CertificateError([{ option, file, wanted }]);
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
