// A certificate with its private key, read from files and checked before a connection depends on it. OpenSSL would take a
// key that belongs to another certificate without an error, and each handshake would fail.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import {
  allOf,
  type CertificateError,
  certificatesIn,
  privateKeyIn,
  problem,
  readBytes,
  readPassphrase,
} from "./certificate-files.ts";
import type { ClientRules } from "./client-rules.ts";
import { keyCostWarning, signatureMs } from "./key-cost.ts";
import { hasMustStaple } from "./must-staple.ts";
import { Pkcs12Error, readPkcs12 } from "./pkcs12.ts";

/** Absolute paths of files: `cert` and `key`, or `pfx`. */
export interface CertificateFiles {
  /** The certificate, and those of its authorities, in PEM. */
  readonly cert?: string;
  /** Its private key, in PEM. */
  readonly key?: string;
  /** Both in one file: PKCS#12. */
  readonly pfx?: string;
  /** The first line is the password of `key` or `pfx`. */
  readonly passphraseFile?: string;
}

/** What a thread needs to prove that it is one of `names`. Survives structuredClone. */
export interface Certificate {
  /** PEM of the certificate and its chain, the certificate first. */
  readonly cert: string;
  /** PEM of the private key, without a password. */
  readonly key: string;
  /** DNS names and IP addresses that the certificate is for, in lower case: "example.com", "*.example.com", "::1". */
  readonly names: readonly string[];
  /** As node:crypto names it: "ec", "rsa". */
  readonly keyType: string;
  /** In ms since 1970. */
  readonly validFrom: number;
  readonly expiresAt: number;
  /** What to tell the people who run the server, in sentences without a dot. */
  readonly warnings: readonly string[];
}

/**
 * What all threads need for handshakes: the same certificates, and the same keys for session tickets, so that a client
 * resumes its session on whichever thread it reaches. Survives structuredClone.
 */
export interface TlsMaterial {
  /** At least one; the first answers clients that name no host, or one that no certificate is for. */
  readonly certificates: readonly Certificate[];
  /** Undefined where clients are not asked for a certificate. */
  readonly clients: ClientRules | undefined;
  /** 80 bytes: SSL_CTX_set_tlsext_ticket_keys. */
  readonly ticketKeys: Uint8Array;
  /** Where answers to an authority's questions lie (challenge.ts); undefined without ACME. */
  readonly challengeFolder: string | undefined;
}

/** @throws {CertificateError} for files that cannot be read or used, or do not belong to each other */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  const { chain, key } = await (files.pfx === undefined ? readPair(files) : readPfx(files.pfx, files));
  const leaf = new X509Certificate(chain[0]!);
  await checkWithOpenSsl(files, chain, key);
  return {
    cert: chain.join(""),
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
    names: namesOf(leaf),
    keyType: key.asymmetricKeyType!,
    validFrom: leaf.validFromDate.getTime(),
    expiresAt: leaf.validToDate.getTime(),
    warnings: warningsOf(leaf, key, files.cert ?? files.pfx!),
  };
}

/** PEM of certificates, that of the server first, and its key. */
interface Pair {
  readonly chain: readonly string[];
  readonly key: KeyObject;
}

async function readPair(files: CertificateFiles): Promise<Pair> {
  const { cert, key } = files;
  const [chain, privateKey] = await allOf(readChain(cert!), readKey(key!, files));
  if (isKeyOf(chain[0]!, privateKey)) return { chain, key: privateKey };
  const position = chain.findIndex((text) => isKeyOf(text, privateKey));
  if (position < 0) throw problem("key", key!, `the private key of the certificate in ${cert}`);
  throw problem("cert", cert!, "the certificate of the server first, and those of its authorities after it", {
    found: `the one that belongs to the key is number ${position + 1}`,
  });
}

async function readChain(file: string): Promise<string[]> {
  return certificatesIn("cert", file, await readBytes("cert", file));
}

async function readKey(file: string, { passphraseFile }: CertificateFiles): Promise<KeyObject> {
  const [bytes, password] = await allOf(readBytes("key", file), passwordIn(passphraseFile));
  return privateKeyOf(file, privateKeyIn(file, bytes), password);
}

async function passwordIn(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : readPassphrase(file);
}

function privateKeyOf(file: string, text: string, password: string | undefined): KeyObject {
  const isEncrypted = text.includes("ENCRYPTED");
  if (isEncrypted && password === undefined) {
    const todo = "write the password into a file, and give that as passphraseFile";
    throw problem("key", file, `a private key that can be opened: ${todo}`, {
      found: "a private key with a password",
    });
  }
  try {
    return createPrivateKey(isEncrypted ? { key: text, passphrase: password! } : text);
  } catch (error) {
    const wanted = isEncrypted
      ? "a private key that the password in passphraseFile opens"
      : "a private key in PEM that is whole";
    throw problem("key", file, wanted, { cause: error });
  }
}

/** Containers have their certificates in any order. */
async function readPfx(file: string, { passphraseFile }: CertificateFiles): Promise<Pair> {
  const [bytes, password] = await allOf(readBytes("pfx", file), passwordIn(passphraseFile));
  const { keys, certificates } = openPfx(file, bytes, password);
  const wrong = (found: string): CertificateError =>
    problem("pfx", file, "a private key with its certificate, as PKCS#12", { found });
  if (keys.length === 0) throw wrong("it has no private key");
  for (const text of keys) {
    const key = createPrivateKey(text);
    const leaf = certificates.find((certificate) => isKeyOf(certificate, key));
    if (leaf !== undefined) return { chain: chainFrom(leaf, certificates), key };
  }
  throw wrong("no certificate in it belongs to the private key");
}

function openPfx(file: string, bytes: Buffer, password: string | undefined): ReturnType<typeof readPkcs12> {
  try {
    return readPkcs12(bytes, password ?? "");
  } catch (error) {
    if (!(error instanceof Pkcs12Error)) throw error;
    const pem = "give a PEM file as cert and as key";
    const wanted = {
      format: `a private key with its certificate, as PKCS#12: for PEM, give cert and key`,
      password: password === undefined ? "also passphraseFile" : "PKCS#12 that the password in passphraseFile opens",
      cipher: `PKCS#12 with AES or 3DES: run openssl pkcs12 -legacy -noenc -in ${file} -out server.pem, and ${pem}`,
    } satisfies Record<Pkcs12Error["reason"], string>;
    const found = { format: "no PKCS#12", password: undefined, cipher: "its cipher is broken" }[error.reason];
    throw problem("pfx", file, wanted[error.reason], { cause: error, ...(found && { found }) });
  }
}

function isKeyOf(certificate: string, key: KeyObject): boolean {
  return new X509Certificate(certificate).checkPrivateKey(key);
}

/** The certificate, the one of its authority, and so on. */
function chainFrom(leaf: string, certificates: readonly string[]): string[] {
  const chain = [leaf];
  for (;;) {
    const last = new X509Certificate(chain.at(-1)!);
    const next = certificates.find((text) => !chain.includes(text) && last.checkIssued(new X509Certificate(text)));
    if (next === undefined) return chain;
    chain.push(next);
  }
}

/** What OpenSSL refuses in a handshake, such as keys that are too short, is refused here: each thread would die of it. */
async function checkWithOpenSsl(files: CertificateFiles, chain: readonly string[], key: KeyObject): Promise<void> {
  const { createSecureContext } = await import("node:tls");
  try {
    createSecureContext({ cert: chain.join(""), key: key.export({ type: "pkcs8", format: "pem" }) });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*::?/, "") : String(error);
    const wanted =
      "a certificate that OpenSSL takes, such as one with an RSA key of 2,048 bits or an ECDSA key on P-256";
    const option = files.pfx === undefined ? "cert" : "pfx";
    throw problem(option, files[option]!, wanted, { found: reason, cause: error });
  }
}

function warningsOf(leaf: X509Certificate, key: KeyObject, file: string): string[] {
  const warnings: string[] = [];
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType?.startsWith("ed") || curve === "secp521r1") {
    const kind = curve === undefined ? key.asymmetricKeyType : "P-521";
    warnings.push(`browsers refuse the certificate in ${file}, because its key is of the type ${kind}: take P-256`);
  }
  if (hasMustStaple(leaf)) {
    const reason = "it demands OCSP stapling (RFC 7633), which this server does not do";
    warnings.push(`some clients refuse the certificate in ${file}, because ${reason}: get one without must-staple`);
  }
  const cost = keyCostWarning(key, signatureMs(key), file);
  return cost === undefined ? warnings : [...warnings, cost];
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
