// When a certificate is renewed, as pure functions: by the window that the authority suggests (ARI, RFC 9773), else by a
// share of its lifetime. Never by a number of days: there are certificates for six days and for ninety.
import { X509Certificate } from "node:crypto";
import { decodeAll, INTEGER, OCTET_STRING } from "../tls/der.ts";

/** What has to be known of the certificate in use. */
export interface CertificateLife {
  /** In ms since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Signed by itself: no authority has given one yet. */
  readonly isStandIn: boolean;
  /** RFC 9773 §4.1; undefined for a certificate that does not name its authority's key. */
  readonly ariId: string | undefined;
}

/** In ms since 1970, both ends. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
  /** Why the authority wants it so, for people. */
  readonly explanationUrl: string | undefined;
}

const DAY_MS = 86_400_000;
/** Certificates that live for less get half of their life, so that there is time for many attempts. */
const SHORT_LIFE_MS = 10 * DAY_MS;
/** Within this share of the life, at random: not all certificates of one day are renewed in one hour. */
const SPREAD = 0.02;

/** RFC 9773 §4.3.2: how soon to ask again, whatever the authority says. */
const SOONEST_CHECK_MS = 60_000;
const LATEST_CHECK_MS = DAY_MS;
/** When the authority says nothing. */
const USUAL_CHECK_MS = 6 * 3_600_000;

const FIRST_RETRY_MS = 5 * 60_000;
const LONGEST_RETRY_MS = 6 * 3_600_000;

/** @param pem of the certificate; its chain may follow */
export function lifeOf(pem: string): CertificateLife {
  const leaf = new X509Certificate(pem);
  return {
    notBefore: leaf.validFromDate.getTime(),
    notAfter: leaf.validToDate.getTime(),
    isStandIn: leaf.issuer === leaf.subject,
    ariId: ariId(leaf.raw),
  };
}

/** RFC 9773 §4.1: the key identifier of the authority and the serial number, as the certificate has them. */
function ariId(certificate: Buffer): string | undefined {
  const [body] = decodeAll(decodeAll(certificate)[0]!.content);
  const fields = decodeAll(body!.content);
  const serial = fields.find(({ tag }) => tag === INTEGER)!.content;
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS);
  const keyId = extensions && authorityKeyId(extensions.content);
  return keyId && `${keyId.toString("base64url")}.${serial.toString("base64url")}`;
}

/** [3] of a certificate (RFC 5280 §4.1), and [0] of the extension (§4.2.1.1). */
const EXTENSIONS = 0xa3;
const KEY_IDENTIFIER = 0x80;
/** 2.5.29.35 */
const AUTHORITY_KEY_IDENTIFIER = Buffer.from([0x55, 0x1d, 0x23]);

function authorityKeyId(extensions: Buffer): Buffer | undefined {
  for (const { content } of decodeAll(decodeAll(extensions)[0]!.content)) {
    const parts = decodeAll(content);
    if (!parts[0]!.content.equals(AUTHORITY_KEY_IDENTIFIER)) continue;
    const value = parts.find(({ tag }) => tag === OCTET_STRING)!.content;
    return decodeAll(decodeAll(value)[0]!.content).find(({ tag }) => tag === KEY_IDENTIFIER)?.content;
  }
  return undefined;
}

/**
 * After two thirds of the life, of a short life after half of it.
 * @param random from 0 to 1
 */
export function renewalByLifetime({ notBefore, notAfter }: CertificateLife, random: number): number {
  const lifeMs = notAfter - notBefore;
  const share = lifeMs < SHORT_LIFE_MS ? 1 / 2 : 2 / 3;
  return Math.round(notBefore + lifeMs * (share + random * SPREAD));
}

/** RFC 9773 §4.2: a time in the window, all equally likely. */
export function renewalByWindow({ start, end }: RenewalWindow, random: number): number {
  return Math.round(start + (end - start) * random);
}

/** RFC 9773 §4.2. @returns undefined for an answer that names no window, or one that ends before it starts */
export function windowOf(json: unknown): RenewalWindow | undefined {
  const { suggestedWindow, explanationURL } = (json ?? {}) as {
    suggestedWindow?: { start?: unknown; end?: unknown };
    explanationURL?: unknown;
  };
  const [start, end] = [Date.parse(String(suggestedWindow?.start)), Date.parse(String(suggestedWindow?.end))];
  if (!(end > start)) return undefined;
  return { start, end, explanationUrl: typeof explanationURL === "string" ? explanationURL : undefined };
}

/** How long to wait before the authority is asked for the window again. @param retryAtMs what it said itself */
export function checkDelay(retryAtMs: number | undefined, nowMs: number): number {
  const wanted = retryAtMs === undefined ? USUAL_CHECK_MS : retryAtMs - nowMs;
  return Math.min(Math.max(wanted, SOONEST_CHECK_MS), LATEST_CHECK_MS);
}

/**
 * How long to wait after a failure: at first five minutes, since authorities bear five failures an hour, then twice as long
 * each time.
 */
export function retryDelay(failureCount: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.max(0, failureCount - 1), LONGEST_RETRY_MS);
}
