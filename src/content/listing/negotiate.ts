// Which form of a listing a request gets. All three have the same address, so the reply says `Vary: Accept`.
import { parseQualities, prefersMediaType } from "../../http/negotiation.ts";

export type ListingFormat = "html" | "json" | "text";

/** The first is for clients that take anything, or nothing that we have: a page beats a 406 (RFC 9110 §12.4.1). */
const FORMATS: ReadonlyMap<string, ListingFormat> = new Map([
  ["text/html", "html"],
  ["application/json", "json"],
  ["text/plain", "text"],
]);

export const LISTING_TYPES: Readonly<Record<ListingFormat, string>> = {
  html: "text/html; charset=utf-8",
  json: "application/json",
  text: "text/plain; charset=utf-8",
};

/**
 * Among formats that are equally welcome, one that is asked for by name comes first: programs send
 * "application/json, text/plain" and then "anything", which includes a page.
 *
 * @param accept the field's value
 */
export function listingFormat(accept: string | undefined): ListingFormat {
  const named = new Set(parseQualities(accept ?? "")?.map(({ value }) => value));
  const offers = [...FORMATS.keys()].sort((a, b) => Number(named.has(b)) - Number(named.has(a)));
  return FORMATS.get(prefersMediaType(accept, offers) ?? "text/html")!;
}
