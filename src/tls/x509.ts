// Certification requests (RFC 2986) and certificates (RFC 5280) with keys on P-256. node:crypto reads certificates and signs,
// and writes neither of them.
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  contextTag,
  encode,
  encodeBitString,
  encodeObjectId,
  encodeTime,
  encodeUnsigned,
  SEQUENCE,
  SET,
  UTF8_STRING,
} from "./der.ts";
import { alternativeNames, type Identifier } from "./identifiers.ts";
import { writePem } from "./pem.ts";

const ECDSA_WITH_SHA256 = encode(SEQUENCE, encodeObjectId("1.2.840.10045.4.3.2"));
const COMMON_NAME = encodeObjectId("2.5.4.3");
const EXTENSION_REQUEST = encodeObjectId("1.2.840.113549.1.9.14");

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** Browsers refuse P-521 and Ed25519, and RSA takes ten times the processor time for each handshake. */
export function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

export function keyToPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The request in DER. It has no subject: authorities read the alternative names, and a common name is too short for some. */
export function certificationRequest(identifiers: readonly Identifier[], key: KeyObject): Buffer {
  const extensions = encode(SEQUENCE, alternativeNames(identifiers));
  const info = encode(
    SEQUENCE,
    encodeUnsigned(Uint8Array.of(0)),
    encode(SEQUENCE),
    publicKeyInfo(key),
    encode(contextTag(0, true), encode(SEQUENCE, EXTENSION_REQUEST, encode(SET, extensions))),
  );
  return signed(info, key);
}

export interface CertificateContent {
  readonly subject: string;
  readonly issuer: string;
  /** In ms since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Whose certificate it is; the private key may be given, too. */
  readonly key: KeyObject;
  /** Each as a whole, in DER. */
  readonly extensions: readonly Buffer[];
  /** @default sixteen random bytes */
  readonly serial?: Uint8Array;
}

/** The certificate in DER. */
export function writeCertificate(content: CertificateContent, issuerKey: KeyObject): Buffer {
  const { subject, issuer, notBefore, notAfter, key, extensions, serial = randomBytes(16) } = content;
  const body = encode(
    SEQUENCE,
    encode(contextTag(0, true), encodeUnsigned(Uint8Array.of(2))),
    encodeUnsigned(serial),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    encode(SEQUENCE, encodeTime(notBefore), encodeTime(notAfter)),
    nameOf(subject),
    publicKeyInfo(key),
    encode(contextTag(3, true), encode(SEQUENCE, ...extensions)),
  );
  return signed(body, issuerKey);
}

/** A certificate that nobody trusts, with its key: for the time until an authority has given the first. */
export function standIn(identifiers: readonly Identifier[], nowMs: number): string {
  const key = newKey();
  const name = "Heddle waits for a certificate";
  const certificate = writeCertificate(
    {
      subject: name,
      issuer: name,
      notBefore: nowMs - HOUR_MS,
      notAfter: nowMs + YEAR_MS,
      key,
      extensions: [alternativeNames(identifiers)],
    },
    key,
  );
  return keyToPem(key) + writePem("CERTIFICATE", certificate);
}

function signed(content: Buffer, key: KeyObject): Buffer {
  return encode(SEQUENCE, content, ECDSA_WITH_SHA256, encodeBitString(sign("sha256", content, key)));
}

function publicKeyInfo(key: KeyObject): Buffer {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return publicKey.export({ type: "spki", format: "der" });
}

function nameOf(commonName: string): Buffer {
  const attribute = encode(SEQUENCE, COMMON_NAME, encode(UTF8_STRING, Buffer.from(commonName)));
  return encode(SEQUENCE, encode(SET, attribute));
}
