// A listing for programs. An array, so that `jq '.[].name'` does: which page it is, and whether there are more,
// stands in the Link field (entries.ts).
import { isoTime, type ListingPage } from "./entries.ts";

/** Names as they are, exactly; sizes in bytes, of files only; times in UTC, `null` for one that no calendar has. */
export function writeListingJson({ entries }: ListingPage): string {
  const rows = entries.map(({ name, kind, sizeBytes, modifiedMs }) => {
    const size = kind === "file" ? { size: sizeBytes } : {};
    return JSON.stringify({ name, type: kind, ...size, mtime: isoTime(modifiedMs) ?? null });
  });
  return rows.length === 0 ? "[]\n" : `[\n${rows.join(",\n")}\n]\n`;
}
