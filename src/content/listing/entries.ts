// The entries of a folder listing, and the part of it that a request asks for: sorted, in pages, addressed by the
// query. Pure. read-folder.ts reads the folder; html.ts, json.ts and text.ts write the listing.

export interface ListingEntry {
  /** As the file system has it: any character may be in it, except a slash and NUL. */
  readonly name: string;
  readonly kind: "file" | "folder";
  /** Meaningless for a folder. */
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export type SortKey = "name" | "size" | "time";
type SortOrder = "asc" | "desc";

export interface ListingQuery {
  readonly sort: SortKey;
  readonly order: SortOrder;
  /** Counts from 1. */
  readonly page: number;
}

export interface ListingPage {
  /** As `resolvePath` gives it, `""` for the root. */
  readonly path: string;
  /** The query of the request, with a page that exists. */
  readonly query: ListingQuery;
  /** Of this page, in order. */
  readonly entries: readonly ListingEntry[];
  /** Of all pages. */
  readonly entryCount: number;
  /** 1 at least. */
  readonly pageCount: number;
  /** False if the folder has more entries than were read. */
  readonly isComplete: boolean;
}

/** 10,000 rows are 2 MiB of HTML, which a phone still shows; Caddy has the same limit. */
export const PAGE_LIMIT_COUNT = 10_000;

/** The order of a first click: names from A, the largest, the latest. */
const FIRST_ORDER: Readonly<Record<SortKey, SortOrder>> = { name: "asc", size: "desc", time: "desc" };

/** Made once: each takes a millisecond. A fixed language, so that every replica gives the same order. */
const collator = new Intl.Collator("en", { numeric: true });

const comparisons: Readonly<Record<SortKey, (a: ListingEntry, b: ListingEntry) => number>> = {
  name: compareNames,
  size: (a, b) => (a.kind === "file" ? a.sizeBytes - b.sizeBytes : 0),
  time: (a, b) => a.modifiedMs - b.modifiedMs,
};

/** @param entries all of the folder, in any order */
export function pageOf(
  path: string,
  entries: readonly ListingEntry[],
  query: ListingQuery,
  isComplete: boolean = true,
): ListingPage {
  const pageCount = Math.max(1, Math.ceil(entries.length / PAGE_LIMIT_COUNT));
  const page = Math.min(query.page, pageCount);
  const start = (page - 1) * PAGE_LIMIT_COUNT;
  return {
    path,
    query: { ...query, page },
    entries: sortEntries(entries, query).slice(start, start + PAGE_LIMIT_COUNT),
    entryCount: entries.length,
    pageCount,
    isComplete,
  };
}

/** Folders first, whatever the order; equals by name. */
function sortEntries(entries: readonly ListingEntry[], { sort, order }: ListingQuery): ListingEntry[] {
  const compare = comparisons[sort];
  const sign = order === "asc" ? 1 : -1;
  return entries.toSorted((a, b) => {
    if (a.kind !== b.kind) return a.kind === "folder" ? -1 : 1;
    return sign * compare(a, b) || compareNames(a, b);
  });
}

/** As people expect, "img2" before "img10"; names that a person takes for equal in the order of their characters. */
function compareNames(a: ListingEntry, b: ListingEntry): number {
  return collator.compare(a.name, b.name) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** @param query without the question mark; values that are not understood are ignored */
export function parseListingQuery(query: string): ListingQuery {
  const fields = new URLSearchParams(query);
  const sort = fields.get("sort") ?? "";
  const order = fields.get("order") ?? "";
  const page = fields.get("page") ?? "";
  const key = isSortKey(sort) ? sort : "name";
  return {
    sort: key,
    order: order === "asc" || order === "desc" ? order : FIRST_ORDER[key],
    page: /^[1-9]\d{0,8}$/.test(page) ? Number(page) : 1,
  };
}

function isSortKey(text: string): text is SortKey {
  return Object.hasOwn(FIRST_ORDER, text);
}

/** A relative reference to another view of the same folder; "./" is the first page by name. */
export function writeListingQuery({ sort, order, page }: ListingQuery): string {
  const fields: string[] = [];
  if (sort !== "name" || order !== "asc") fields.push(`sort=${sort}`, `order=${order}`);
  if (page > 1) fields.push(`page=${page}`);
  return fields.length === 0 ? "./" : `?${fields.join("&")}`;
}

/** The query of a click on the head of a column: the column's first order, then the other one. */
export function resort(query: ListingQuery, sort: SortKey): ListingQuery {
  const first = FIRST_ORDER[sort];
  const isFirst = query.sort === sort && query.order === first;
  return { sort, order: isFirst ? (first === "asc" ? "desc" : "asc") : first, page: 1 };
}

/** The value of a `Link` field (RFC 8288 §3) that leads on from a page and back; `undefined` for a single page. */
export function writePageLinks({ query, pageCount }: ListingPage): string | undefined {
  const links: string[] = [];
  if (query.page > 1) links.push(`<${writeListingQuery({ ...query, page: query.page - 1 })}>; rel="prev"`);
  if (query.page < pageCount) links.push(`<${writeListingQuery({ ...query, page: query.page + 1 })}>; rel="next"`);
  return links.length === 0 ? undefined : links.join(", ");
}

// Control characters break lines. Those of bidirectional text, and a byte order mark, let a name look like another:
// "photo\u202egpj.exe" reads "photoexe.jpg".
const DECEIVING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The name for eyes, on one line and in its own direction; never for an address. A folder ends in a slash. */
export function displayName({ name, kind }: Pick<ListingEntry, "name" | "kind">): string {
  const visible = name.toWellFormed().replace(DECEIVING, "\ufffd");
  return kind === "folder" ? `${visible}/` : visible;
}

/** In ISO 8601, UTC; `undefined` for a time that no calendar has: file systems keep 64 bits of seconds. */
export function isoTime(modifiedMs: number): string | undefined {
  return Math.abs(modifiedMs) <= 8.64e15 ? new Date(modifiedMs).toISOString() : undefined;
}
