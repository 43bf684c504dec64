// The files that certificates are read from, and what is said about a file that cannot be used: what was found in it, what
// was wanted, and the command that makes the one from the other.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isCertificate, isPrivateKey, type PemText, readPem } from "./pem.ts";
import { isPkcs12 } from "./pkcs12.ts";

export type FileOption = "cert" | "key" | "pfx" | "passphraseFile" | "clientCa";

/** Why a file cannot be used: what was found, what was wanted, and what to do. */
interface CertificateProblem {
  readonly option: FileOption;
  readonly file: string;
  /** The path in quotes, and what is there. */
  readonly found: string;
  readonly wanted: string;
}

/** One or several files cannot be used. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
  readonly problems: readonly CertificateProblem[];

  constructor(problems: readonly CertificateProblem[], cause?: unknown) {
    const texts = problems.map(({ option, found, wanted }) => `tls.${option}: found ${found}, wanted ${wanted}`);
    super(texts.join("; "), { cause });
    this.problems = problems;
  }
}

/** @param found what is in the file */
export function problem(
  option: FileOption,
  file: string,
  wanted: string,
  { found, cause }: { found?: string; cause?: unknown } = {},
): CertificateError {
  const what = found === undefined ? "" : ` (${found})`;
  return new CertificateError([{ option, file, found: JSON.stringify(file) + what, wanted }], cause);
}

/** @throws {CertificateError} with the problems of all files that cannot be used */
export async function allOf<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<[One, Other]> {
  const read = await Promise.allSettled([one, other]);
  const reasons: unknown[] = read.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  const problems = reasons.flatMap((reason) => {
    if (reason instanceof CertificateError) return reason.problems;
    throw reason;
  });
  if (problems.length > 0) throw new CertificateError(problems, reasons[0]);
  return Promise.all([one, other]);
}

/** @throws {CertificateError} for a file that cannot be read */
export async function readBytes(option: FileOption, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw problem(option, file, `a file that can be read (${reasonOf(error)})`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const { code = "an error" } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "no file has that name";
    case "EISDIR":
      return "it is a folder";
    case "EACCES":
      return "this user may not read it";
    default:
      return code;
  }
}

/**
 * The first line of a file: editors end it with a line break, which is no part of the password.
 * @throws {CertificateError} for a file that cannot be read, or begins with an empty line
 */
export async function readPassphrase(file: string): Promise<string> {
  const text = (await readBytes("passphraseFile", file)).toString("utf8").replace(/^\uFEFF/, "");
  const [line = ""] = text.split(/\r?\n/, 1);
  if (line === "") {
    const found = text === "" ? "an empty file" : "an empty first line";
    throw problem("passphraseFile", file, "a file whose first line is the password", { found });
  }
  return line;
}

/**
 * The certificates in a file, one or more.
 * @throws {CertificateError} for a file without one, and for one that is not whole
 */
export function certificatesIn(option: "cert" | "clientCa", file: string, bytes: Buffer): string[] {
  const pem = readPem(bytes.toString("latin1"));
  const certificates = pem.blocks.filter(isCertificate).map(({ text }) => text);
  if (certificates.length === 0) throw notPem(option, file, bytes, pem);
  if (pem.isCutOff) throw problem(option, file, "a whole file", { found: "its last certificate is cut off" });
  for (const [index, text] of certificates.entries()) checkCertificate(option, file, text, index);
  return certificates;
}

function checkCertificate(option: FileOption, file: string, text: string, index: number): void {
  try {
    new X509Certificate(text);
  } catch (error) {
    const found = `its certificate number ${index + 1} is damaged`;
    throw problem(option, file, "certificates in PEM that are whole", { found, cause: error });
  }
}

/**
 * The private key in a file.
 * @throws {CertificateError} for a file without one
 */
export function privateKeyIn(file: string, bytes: Buffer): string {
  const pem = readPem(bytes.toString("latin1"));
  const key = pem.blocks.find(isPrivateKey);
  if (key === undefined || key.label.startsWith("OPENSSH")) throw notPem("key", file, bytes, pem);
  return key.text;
}

const WANTED: Readonly<Record<"cert" | "key" | "clientCa", string>> = {
  cert: 'a certificate in PEM ("-----BEGIN CERTIFICATE-----")',
  key: 'a private key in PEM ("-----BEGIN PRIVATE KEY-----")',
  clientCa: 'the certificates of authorities in PEM ("-----BEGIN CERTIFICATE-----")',
};

function notPem(option: "cert" | "key" | "clientCa", file: string, bytes: Buffer, pem: PemText): CertificateError {
  const { found, todo } = kindOf(file, bytes, pem);
  return problem(option, file, `${WANTED[option]}${todo === undefined ? "" : `: ${todo}`}`, { found });
}

interface Kind {
  readonly found: string;
  readonly todo?: string | undefined;
}

/** What a file is, and how to make PEM from it. */
function kindOf(file: string, bytes: Buffer, pem: PemText): Kind {
  if (bytes.length === 0) return { found: "an empty file" };
  if (pem.blocks.length > 0) return kindOfBlock(file, pem);
  if (pem.isCutOff) return { found: "PEM that is cut off" };
  if (bytes[0] === 0x30) return kindOfDer(file, bytes);
  if (bytes.readUIntBE(0, Math.min(4, bytes.length)) === 0xfeed_feed)
    return { found: "a key store of Java", todo: `keytool -importkeystore -srckeystore ${file} -destkeystore new.p12` };
  if (bytes.subarray(0, 64).includes(0))
    return { found: "text in UTF-16, or no text at all", todo: "save it as UTF-8" };
  if (bytes.toString("latin1", 0, 19) === "PuTTY-User-Key-File") return { found: "a key of PuTTY, for SSH" };
  return { found: "no PEM" };
}

function kindOfBlock(file: string, { blocks }: PemText): Kind {
  const { label } = blocks[0]!;
  switch (label) {
    case "CERTIFICATE REQUEST":
    case "NEW CERTIFICATE REQUEST":
      return { found: "a request for a certificate", todo: "an authority answers it with one" };
    case "PKCS7":
    case "CMS":
      return { found: "certificates in PKCS#7", todo: `openssl pkcs7 -print_certs -in ${file} -out cert.pem` };
    case "OPENSSH PRIVATE KEY":
      return { found: "a private key of OpenSSH", todo: `ssh-keygen -p -m PKCS8 -f ${file}` };
    default:
      return { found: `${/^[AEIOX]/.test(label) ? "an" : "a"} ${label.toLowerCase().replace(/^x509/, "X.509")}` };
  }
}

function kindOfDer(file: string, bytes: Buffer): Kind {
  if (isPkcs12(bytes))
    return { found: "PKCS#12", todo: "give it as pfx, with passphraseFile, instead of cert and key" };
  if (succeeds(() => new X509Certificate(bytes)))
    return { found: "a certificate in DER", todo: `openssl x509 -inform der -in ${file} -out cert.pem` };
  const isKey = (["pkcs8", "pkcs1", "sec1"] as const).some((type) =>
    succeeds(() => createPrivateKey({ key: bytes, format: "der", type })),
  );
  return isKey
    ? { found: "a private key in DER", todo: `openssl pkey -inform der -in ${file} -out key.pem` }
    : { found: "DER, which holds neither a certificate nor an open private key" };
}

function succeeds(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
