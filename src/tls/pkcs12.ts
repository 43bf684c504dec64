// PKCS#12 (RFC 7292): a private key and certificates in one file, protected by a password. Windows, Java and Firefox write
// such files. node:crypto does not read them; what OpenSSL inside node:tls reads of them, it does not give.
//
// The mark of integrity is not looked at: a wrong password shows when the key is opened, and who can change the file can
// replace it.
import { createDecipheriv, createHash, createPrivateKey, pbkdf2Sync, X509Certificate } from "node:crypto";
import { contextTag, type DerValue, decodeAll, decodeWithin, numberOf, objectIdOf, octetsOf, SEQUENCE } from "./der.ts";
import { writePem } from "./pem.ts";

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const KEY_BAG = "1.2.840.113549.1.12.10.1.1";
const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
const X509_CERTIFICATE = "1.2.840.113549.1.9.22.1";
const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const SHA1_3DES = "1.2.840.113549.1.12.1.3";
const HMAC_SHA1 = "1.2.840.113549.2.7";

const HASHES: ReadonlyMap<string, string> = new Map([
  [HMAC_SHA1, "sha1"],
  ["1.2.840.113549.2.8", "sha224"],
  ["1.2.840.113549.2.9", "sha256"],
  ["1.2.840.113549.2.10", "sha384"],
  ["1.2.840.113549.2.11", "sha512"],
]);
const CIPHERS: ReadonlyMap<string, { readonly name: string; readonly keyBytes: number }> = new Map([
  ["2.16.840.1.101.3.4.1.2", { name: "aes-128-cbc", keyBytes: 16 }],
  ["2.16.840.1.101.3.4.1.22", { name: "aes-192-cbc", keyBytes: 24 }],
  ["2.16.840.1.101.3.4.1.42", { name: "aes-256-cbc", keyBytes: 32 }],
  ["1.2.840.113549.3.7", { name: "des-ede3-cbc", keyBytes: 24 }],
]);
/** OpenSSL writes 2,048, Windows 2,000, Java 10,000. Above, the start would take minutes. */
const ITERATION_LIMIT_COUNT = 20_000_000;

/** What cannot be read: "format" is no PKCS#12, "password" does not open it, "cipher" is one that is broken, such as RC2. */
export class Pkcs12Error extends Error {
  override readonly name = "Pkcs12Error";
  readonly reason: "format" | "password" | "cipher";

  constructor(reason: Pkcs12Error["reason"], cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

/** All in PEM. */
export interface Pkcs12Content {
  readonly keys: readonly string[];
  readonly certificates: readonly string[];
}

/** Whether the bytes begin as PKCS#12 does: a version of 3, and data. */
export function isPkcs12(bytes: Buffer): boolean {
  try {
    const [version, content] = decodeWithin(decodeAll(bytes)[0], SEQUENCE);
    return numberOf(version) === 3 && objectIdOf(decodeWithin(content, SEQUENCE)[0]) === DATA;
  } catch {
    return false;
  }
}

/** @throws {Pkcs12Error} */
export function readPkcs12(bytes: Buffer, password: string): Pkcs12Content {
  if (!isPkcs12(bytes)) throw new Pkcs12Error("format");
  const keys: string[] = [];
  const certificates: string[] = [];
  for (const bag of bagsOf(bytes, password)) {
    const [type, wrapped] = decodeWithin(bag, SEQUENCE);
    const [value] = decodeWithin(wrapped, contextTag(0, true));
    switch (objectIdOf(type)) {
      case KEY_BAG:
        keys.push(keyOf(value!.raw));
        break;
      case SHROUDED_KEY_BAG:
        keys.push(keyOf(shroudedKey(value, password)));
        break;
      case CERTIFICATE_BAG:
        certificates.push(...certificateOf(value));
    }
  }
  return { keys, certificates };
}

function bagsOf(bytes: Buffer, password: string): DerValue[] {
  return parsed(() => {
    const [, content] = decodeWithin(decodeAll(bytes)[0], SEQUENCE);
    return decodeWithin(decodeAll(dataOf(content, password))[0], SEQUENCE).flatMap((info) => {
      const data = dataOf(info, password);
      // What a wrong password opened may end as it should by chance.
      return parsed(() => decodeWithin(decodeAll(data)[0], SEQUENCE), isEncrypted(info) ? "password" : "format");
    });
  });
}

function isEncrypted(info: DerValue): boolean {
  return objectIdOf(decodeWithin(info, SEQUENCE)[0]) === ENCRYPTED_DATA;
}

/** Of a ContentInfo: RFC 2315 §7. */
function dataOf(info: DerValue | undefined, password: string): Buffer {
  const [type, wrapped] = decodeWithin(info, SEQUENCE);
  const [content] = decodeWithin(wrapped, contextTag(0, true));
  switch (objectIdOf(type)) {
    case DATA:
      return octetsOf(content);
    case ENCRYPTED_DATA: {
      const [, encrypted] = decodeWithin(content, SEQUENCE);
      const [, algorithm, bytes] = decodeWithin(encrypted, SEQUENCE);
      return decrypt(algorithm, octetsOf(bytes, contextTag(0, false)), password);
    }
    default: // Encrypted for the owner of another key: nobody writes that.
      throw new Pkcs12Error("cipher");
  }
}

function shroudedKey(value: DerValue | undefined, password: string): Buffer {
  return parsed(() => {
    const [algorithm, bytes] = decodeWithin(value, SEQUENCE);
    return decrypt(algorithm, octetsOf(bytes), password);
  });
}

function keyOf(der: Buffer): string {
  const key = parsed(() => createPrivateKey({ key: der, format: "der", type: "pkcs8" }), "password");
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function certificateOf(value: DerValue | undefined): string[] {
  return parsed(() => {
    const [type, wrapped] = decodeWithin(value, SEQUENCE);
    if (objectIdOf(type) !== X509_CERTIFICATE) return [];
    const der = octetsOf(decodeWithin(wrapped, contextTag(0, true))[0]);
    return [writePem("CERTIFICATE", new X509Certificate(der).raw)];
  });
}

function decrypt(algorithm: DerValue | undefined, bytes: Buffer, password: string): Buffer {
  const [type, parameters] = decodeWithin(algorithm, SEQUENCE);
  const { name, key, iv } = secretsOf(objectIdOf(type), parameters, password);
  const decipher = createDecipheriv(name, key, iv);
  return parsed(() => Buffer.concat([decipher.update(bytes), decipher.final()]), "password");
}

interface Secrets {
  /** As OpenSSL names it. */
  readonly name: string;
  readonly key: Buffer;
  readonly iv: Buffer;
}

function secretsOf(type: string, parameters: DerValue | undefined, password: string): Secrets {
  if (type === PBES2) return modernSecrets(parameters, password);
  if (type !== SHA1_3DES) throw new Pkcs12Error("cipher");
  const [salt, iterations] = decodeWithin(parameters, SEQUENCE);
  const derive = (purpose: number, length: number): Buffer =>
    derivedKey({ password, salt: octetsOf(salt), iterations: countOf(iterations), purpose, length });
  return { name: "des-ede3-cbc", key: derive(1, 24), iv: derive(2, 8) };
}

/** RFC 8018 §6.2 */
function modernSecrets(parameters: DerValue | undefined, password: string): Secrets {
  const [derivation, encryption] = decodeWithin(parameters, SEQUENCE);
  const [derivationType, derivationParameters] = decodeWithin(derivation, SEQUENCE);
  const [encryptionType, iv] = decodeWithin(encryption, SEQUENCE);
  const cipher = CIPHERS.get(objectIdOf(encryptionType));
  if (objectIdOf(derivationType) !== PBKDF2 || cipher === undefined) throw new Pkcs12Error("cipher");
  const [salt, iterations, ...others] = decodeWithin(derivationParameters, SEQUENCE);
  const random = others.find(({ tag }) => tag === SEQUENCE);
  const hash = HASHES.get(random === undefined ? HMAC_SHA1 : objectIdOf(decodeWithin(random, SEQUENCE)[0]));
  if (hash === undefined) throw new Pkcs12Error("cipher");
  const key = pbkdf2Sync(password, octetsOf(salt), countOf(iterations), cipher.keyBytes, hash);
  return { name: cipher.name, key, iv: octetsOf(iv) };
}

function countOf(iterations: DerValue | undefined): number {
  const count = numberOf(iterations);
  if (count < 1 || count > ITERATION_LIMIT_COUNT) throw new RangeError(`${count} iterations`);
  return count;
}

/** RFC 7292 §B.2 with SHA-1, whose blocks have 64 bytes. */
function derivedKey(from: { password: string; salt: Buffer; iterations: number; purpose: number; length: number }) {
  const block = 64;
  const repeated = (bytes: Buffer): Buffer => Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
  // UTF-16 with the most significant byte first, and two zeros at the end.
  const secret = Buffer.from(`${from.password}\0`, "utf16le").swap16();
  const input = Buffer.concat([repeated(from.salt), repeated(secret)]);
  const parts: Buffer[] = [];
  for (let length = 0; length < from.length; length += 20) {
    let part = createHash("sha1").update(Buffer.alloc(block, from.purpose)).update(input).digest();
    for (let count = 1; count < from.iterations; count++) part = createHash("sha1").update(part).digest();
    parts.push(part);
    for (let at = 0; at < input.length; at += block) addTo(input.subarray(at, at + block), part);
  }
  return Buffer.concat(parts).subarray(0, from.length);
}

/** block = block + part + 1, as numbers of 64 bytes. */
function addTo(block: Buffer, part: Buffer): void {
  let carry = 1;
  for (let index = block.length - 1; index >= 0; index--) {
    carry += block[index]! + part[index % part.length]!;
    block[index] = carry & 0xff;
    carry >>= 8;
  }
}

function parsed<Result>(read: () => Result, reason: "format" | "password" = "format"): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof Pkcs12Error ? error : new Pkcs12Error(reason, error);
  }
}
