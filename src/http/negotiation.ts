// Proactive negotiation (RFC 9110 §12): quality values, content codings and media types. The caller knows what the
// server offers, and what it prefers among equals.
import { isToken, parseParameters, splitList } from "./fields.ts";

/** One element of Accept, Accept-Encoding or Accept-Language. */
export interface Preference {
  /** In lower case: a coding, a language range or a media range. */
  readonly value: string;
  /** The parameters of a media range, without the weight; names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 (not acceptable) to 1000: in thousandths, so that qualities compare exactly. */
  readonly quality: number;
}

// RFC 9110 §12.4.2: up to three digits, which are zeros after a 1.
const QVALUE = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * The elements in their order; `undefined` when one of them is malformed. A parameter named "q" is the weight, at any
 * place (RFC 9110 §12.5.1).
 */
export function parseQualities(value: string): readonly Preference[] | undefined {
  const preferences: Preference[] = [];
  for (const element of splitList(value)) {
    const preference = parsePreference(element);
    if (preference === undefined) return undefined;
    preferences.push(preference);
  }
  return preferences;
}

function parsePreference(element: string): Preference | undefined {
  const end = element.search(/[\t ;]/);
  const value = end < 0 ? element : element.slice(0, end);
  const parameters = parseParameters(element.slice(value.length));
  if (parameters === undefined || !isTokenOrPair(value)) return undefined;
  const weight = parameters.get("q") ?? "1";
  if (!QVALUE.test(weight)) return undefined;
  parameters.delete("q");
  return { value: value.toLowerCase(), parameters, quality: Math.round(Number(weight) * 1000) };
}

function isTokenOrPair(value: string): boolean {
  const slash = value.indexOf("/");
  return slash < 0 ? isToken(value) : isToken(value.slice(0, slash)) && isToken(value.slice(slash + 1));
}

/**
 * The quality of `token` (in lower case), otherwise of the wildcard; `undefined` when neither is mentioned. Of two
 * elements with the same name, the first counts.
 */
export function qualityOf(
  preferences: readonly Preference[],
  token: string,
  wildcard: string = "*",
): number | undefined {
  const named = preferences.find(({ value }) => value === token) ?? preferences.find(({ value }) => value === wildcard);
  return named?.quality;
}

// RFC 9110 §8.4.1.1, §8.4.1.3: old names of the same codings.
const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ["gzip", "x-gzip"],
  ["compress", "x-compress"],
]);

/**
 * The quality of a coding, 0 (not acceptable) to 1000, by the rules of RFC 9110 §12.5.3. `coding` is in lower case;
 * "identity" means no coding. Identity that is not mentioned gets 1: it is acceptable, after every coding that the
 * client names.
 */
export function acceptsCoding(acceptEncoding: string | undefined, coding: string): number {
  const isIdentity = coding === "identity";
  // Without the field every coding is acceptable (rule 1), but a client that sends no such field (curl, wget) seldom
  // decodes any. Identity is always right, also for a value that we cannot read.
  const preferences = acceptEncoding === undefined ? undefined : parseQualities(acceptEncoding);
  if (preferences === undefined) return isIdentity ? 1000 : 0;
  const named = qualityOf(preferences, coding, OLD_NAMES.get(coding) ?? coding);
  return named ?? qualityOf(preferences, "*") ?? (isIdentity ? 1 : 0);
}

/** The same of a coding that has to be named: "*" does not stand for it. */
export function namesCoding(acceptEncoding: string | undefined, coding: string): number {
  const preferences = acceptEncoding === undefined ? undefined : parseQualities(acceptEncoding);
  return preferences?.find(({ value }) => value === coding)?.quality ?? 0;
}

/**
 * The offer with the highest quality (RFC 9110 §12.5.1), the first among equals; `undefined` when no offer is
 * acceptable. Offers are media types, with or without parameters. Without Accept, or with an empty or malformed one,
 * the first offer is taken.
 */
export function prefersMediaType(accept: string | undefined, offers: readonly string[]): string | undefined {
  const ranges = accept === undefined ? undefined : parseQualities(accept);
  if (ranges === undefined || ranges.length === 0) return offers[0];
  let best: string | undefined;
  let bestQuality = 0;
  for (const offer of offers) {
    const quality = mediaTypeQuality(ranges, offer);
    if (quality > bestQuality) [best, bestQuality] = [offer, quality];
  }
  return best;
}

/** How welcome media types are to a client (RFC 9110 §12.5.1). */
export class AcceptedTypes {
  readonly #ranges: readonly Preference[];
  // By media type. The caller has a handful of types, so these stay small.
  readonly #qualities = new Map<string, number>();
  readonly #namedQualities = new Map<string, number>();

  /** @param accept the value of that field; undefined or malformed, it names nothing */
  constructor(accept: string | undefined) {
    this.#ranges = (accept === undefined ? undefined : parseQualities(accept)) ?? [];
  }

  /** 0 (not acceptable) to 1000. @param mediaType with or without parameters */
  qualityOf(mediaType: string): number {
    let quality = this.#qualities.get(mediaType);
    if (quality === undefined) {
      quality = mediaTypeQuality(this.#ranges, mediaType);
      this.#qualities.set(mediaType, quality);
    }
    return quality;
  }

  /**
   * The same of a type that has to be named. Wildcards do not stand for it: they were written by clients that have never heard
   * of it.
   */
  namedQualityOf(mediaType: string): number {
    let quality = this.#namedQualities.get(mediaType);
    if (quality === undefined) {
      const type = mediaType.replace(/;.*/, "");
      quality = this.#ranges.some(({ value }) => value === type) ? this.qualityOf(mediaType) : 0;
      this.#namedQualities.set(mediaType, quality);
    }
    return quality;
  }
}

// RFC 9110 §12.5.1: the most specific range that matches the offer decides, even if its quality is the lowest.
function mediaTypeQuality(ranges: readonly Preference[], offer: string): number {
  const offered = parsePreference(offer);
  if (offered === undefined) throw new TypeError(`not a media type: ${JSON.stringify(offer)}`);
  let quality = 0;
  let bestRank = -1;
  for (const range of ranges) {
    const rank = specificity(range, offered);
    if (rank > bestRank) [quality, bestRank] = [range.quality, rank];
  }
  return quality;
}

// 0 for */*, 1 for type/*, 2 for type/subtype, and one more for each parameter; -1 when the range does not match.
function specificity(range: Preference, offered: Preference): number {
  for (const [name, value] of range.parameters) {
    if (offered.parameters.get(name)?.toLowerCase() !== value.toLowerCase()) return -1;
  }
  const type = offered.value.slice(0, offered.value.indexOf("/") + 1);
  if (range.value === offered.value) return 2 + range.parameters.size;
  if (range.value === `${type}*`) return 1;
  return range.value === "*/*" ? 0 : -1;
}
