// An authority of one user on one machine: it issues certificates for this machine only, which the user's browsers trust once
// `heddle trust` has told them. Whoever reads its key could pretend to be localhost, and nothing else: its certificate says so.
import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from "node:crypto";
import { link } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { makePrivateFolder, readIfThere, removeFile, writePrivately } from "../acme/storage.ts";
import { authorityKey, forServers, keyUsage, lastAuthority, onlyFor, subjectKey } from "../tls/extensions.ts";
import { alternativeNames, identifierOf } from "../tls/identifiers.ts";
import { isCertificate, isPrivateKey, readPem, writePem } from "../tls/pem.ts";
import { keyToPem, newKey, writeCertificate } from "../tls/x509.ts";
import { authorityFileIn, certificateFileIn, serverFileIn } from "./places.ts";

const HOUR_MS = 3_600_000;
const DAY_MS: number = 24 * HOUR_MS;
/** To trust an authority costs the user a command, so it is good for some years. */
const AUTHORITY_LIFE_MS: number = 5 * 365 * DAY_MS;
/** An authority with less is replaced. */
const AUTHORITY_REST_MS: number = 30 * DAY_MS;
const SERVER_LIFE_MS: number = 14 * DAY_MS;
/** A certificate with less is replaced: a laptop may sleep over a weekend. */
const SERVER_REST_MS: number = 7 * DAY_MS;

export interface Authority {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
  /** Whether it was made just now, so that nobody trusts it. */
  readonly isNew: boolean;
}

/** Undefined where there is none, or one that cannot be used any longer. */
export async function readAuthority(folder: string, nowMs: number): Promise<Authority | undefined> {
  const pair = pairIn(await readIfThere(authorityFileIn(folder)));
  return pair !== undefined && isGood(pair, AUTHORITY_REST_MS, nowMs) ? { ...pair, isNew: false } : undefined;
}

/** Reads the authority, or makes one. Two processes that begin at once get the same. */
export async function openAuthority(folder: string, nowMs: number): Promise<Authority> {
  await makePrivateFolder(folder);
  const former = await readAuthority(folder, nowMs);
  if (former !== undefined) return former;
  const file = authorityFileIn(folder);
  if ((await readIfThere(file)) !== undefined) await removeFile(file);
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  await writePrivately(draft, newAuthority(nowMs));
  const isFirst = await link(draft, file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
  await removeFile(draft);
  const authority = await readAuthority(folder, nowMs);
  if (authority === undefined) throw new Error(`${file} was written, and cannot be read again`);
  return { ...authority, isNew: isFirst };
}

/** Writes the certificate without the key, for those who shall trust it. @returns the file */
export async function publishCertificate(
  folder: string,
  { certificate }: Pick<Authority, "certificate">,
): Promise<string> {
  const file = certificateFileIn(folder);
  await writePrivately(file, certificate.toString());
  return file;
}

/** Writes another certificate of the server where the former is about to expire, or of another authority. */
export async function renewServer(folder: string, { key, certificate }: Authority, nowMs: number): Promise<void> {
  const file = serverFileIn(folder);
  const former = pairIn(await readIfThere(file));
  const isOurs = former?.certificate.verify(certificate.publicKey) === true;
  if (isOurs && isGood(former, SERVER_REST_MS, nowMs)) return;
  const serverKey = newKey();
  const names = allowedNames(certificate);
  const server = writeCertificate(
    {
      subject: "localhost",
      issuer: commonName(certificate),
      notBefore: nowMs - HOUR_MS,
      notAfter: Math.min(nowMs + SERVER_LIFE_MS, certificate.validToDate.getTime()),
      key: serverKey,
      extensions: [
        alternativeNames([...names, "127.0.0.1", "::1"].map(identifierOf)),
        keyUsage("handshakes"),
        forServers(),
        subjectKey(serverKey),
        authorityKey(key),
      ],
    },
    key,
  );
  await writePrivately(file, keyToPem(serverKey) + writePem("CERTIFICATE", server));
}

function newAuthority(nowMs: number): string {
  const key = newKey();
  const subject = `Heddle development of ${userInfo().username} on ${machineName()}`.slice(0, 64);
  const certificate = writeCertificate(
    {
      subject,
      issuer: subject,
      notBefore: nowMs - HOUR_MS,
      notAfter: nowMs + AUTHORITY_LIFE_MS,
      key,
      extensions: [
        lastAuthority(),
        keyUsage("certificates"),
        subjectKey(key),
        onlyFor(["localhost", machineName()]),
        // Beside the rule, for us to read: node:crypto shows no name constraints.
        alternativeNames([...new Set(["localhost", machineName()])].map(identifierOf)),
      ],
    },
    key,
  );
  return keyToPem(key) + writePem("CERTIFICATE", certificate);
}

/** As certificates can name it. */
function machineName(): string {
  const name = hostname().toLowerCase().replace(/\.$/, "");
  return /^[a-z\d]([a-z\d.-]*[a-z\d])?$/.test(name) && !/^[\d.]+$/.test(name) ? name : "localhost";
}

/** The names that the authority may issue certificates for. The machine may have another name since. */
function allowedNames({ subjectAltName = "" }: X509Certificate): string[] {
  return Array.from(subjectAltName.matchAll(/DNS:([^,]+)/g), ([, name]) => name!);
}

function commonName({ subject }: X509Certificate): string {
  return /^CN=(.*)$/m.exec(subject)![1]!;
}

interface Pair {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

function pairIn(text: string | undefined): Pair | undefined {
  const { blocks } = readPem(text ?? "");
  const [key, certificate] = [blocks.find(isPrivateKey), blocks.find(isCertificate)];
  if (key === undefined || certificate === undefined) return undefined;
  try {
    return { key: createPrivateKey(key.text), certificate: new X509Certificate(certificate.text) };
  } catch {
    return undefined; // It is replaced.
  }
}

function isGood({ key, certificate }: Pair, restMs: number, nowMs: number): boolean {
  const { validFromDate, validToDate } = certificate;
  const isInTime = validFromDate.getTime() <= nowMs && validToDate.getTime() - restMs > nowMs;
  return isInTime && certificate.checkPrivateKey(key);
}
