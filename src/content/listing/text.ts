// A listing for terminals and shell scripts: the names, one a line, folders with a slash behind. A name with a line
// break in it shows a replacement there and still takes one line; who needs it exactly takes JSON.
import { displayName, type ListingPage } from "./entries.ts";

export function writeListingText({ entries }: ListingPage): string {
  return entries.map((entry) => `${displayName(entry)}\n`).join("");
}
