// From the entries of a folder to the bytes of its listing: what takes long for a large folder. It runs where it is
// called: lister.ts does that for small folders, listing-thread.ts for all others. So a job is what can be sent.
import { tagOfBytes } from "../validators.ts";
import { type ListingEntry, pageOf, parseListingQuery, writePageLinks } from "./entries.ts";
import { writeListingHtml } from "./html.ts";
import { writeListingJson } from "./json.ts";
import type { ListingFormat } from "./negotiate.ts";
import type { Readme } from "./readme/readme.ts";
import { writeListingText } from "./text.ts";

export interface ListingJob {
  /** As `resolvePath` gives it. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly format: ListingFormat;
  readonly entries: PackedEntries;
  readonly isComplete: boolean;
  readonly readme: Readme | undefined;
  readonly zipHref: string | undefined;
}

export interface WrittenListing {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The opaque part of the tag of these bytes. */
  readonly opaque: string;
  /** The value of Link. */
  readonly links: string | undefined;
}

export function writeListing(job: ListingJob): WrittenListing {
  const { path, query, format, entries, isComplete, readme, zipHref } = job;
  const page = pageOf(path, unpackEntries(entries), parseListingQuery(query), isComplete);
  const text =
    format === "html"
      ? writeListingHtml(page, { readme, zipHref })
      : format === "json"
        ? writeListingJson(page)
        : writeListingText(page);
  const bytes = new TextEncoder().encode(text);
  return { bytes, opaque: tagOfBytes(Buffer.from(bytes.buffer)).opaque, links: writePageLinks(page) };
}

/** Entries in a few long pieces: 12,000 objects would take longer to copy to another thread than to sort. */
export interface PackedEntries {
  /** With NUL between them, which no name has. */
  readonly names: string;
  /** Three for each: 1 for a folder, size and time. */
  readonly numbers: Float64Array<ArrayBuffer>;
}

export function packEntries(entries: readonly ListingEntry[]): PackedEntries {
  const numbers = new Float64Array(entries.length * 3);
  entries.forEach(({ kind, sizeBytes, modifiedMs }, index) => {
    numbers.set([kind === "folder" ? 1 : 0, sizeBytes, modifiedMs], index * 3);
  });
  return { names: entries.map(({ name }) => name).join("\0"), numbers };
}

function unpackEntries({ names, numbers }: PackedEntries): ListingEntry[] {
  if (numbers.length === 0) return [];
  return names.split("\0").map((name, index) => ({
    name,
    kind: numbers[index * 3] === 1 ? "folder" : "file",
    sizeBytes: numbers[index * 3 + 1]!,
    modifiedMs: numbers[index * 3 + 2]!,
  }));
}
