import assert from "node:assert/strict";
import { test } from "node:test";
import { type ListingEntry, pageOf, parseListingQuery } from "./entries.ts";
import { writeListingJson } from "./json.ts";
import { LISTING_TYPES, type ListingFormat, listingFormat } from "./negotiate.ts";
import { writeListingText } from "./text.ts";

const entries: ListingEntry[] = [
  { name: "b.txt", kind: "file", sizeBytes: 12, modifiedMs: 1_715_936_759_000.25 },
  { name: 'quo"te\n\\\u2028\ud83e<', kind: "file", sizeBytes: 0, modifiedMs: 1e300 },
  { name: "A", kind: "folder", sizeBytes: 4096, modifiedMs: 0 },
];

test("writeListingJson() keeps names as they are, and says type, size and time", () => {
  const json = writeListingJson(pageOf("", entries, parseListingQuery("")));
  assert.deepEqual(JSON.parse(json), [
    { name: "A", type: "folder", mtime: "1970-01-01T00:00:00.000Z" },
    { name: "b.txt", type: "file", size: 12, mtime: "2024-05-17T09:05:59.000Z" },
    { name: 'quo"te\n\\\u2028\ud83e<', type: "file", size: 0, mtime: null },
  ]);
  assert.ok(json.isWellFormed());
  assert.equal(writeListingJson(pageOf("", [], parseListingQuery(""))), "[]\n");
});

test("writeListingText() gives each name one line, whatever is in it", () => {
  const text = writeListingText(pageOf("", entries, parseListingQuery("")));
  assert.equal(text, 'A/\nb.txt\nquo"te\ufffd\\\ufffd\ufffd<\n');
  assert.equal(writeListingText(pageOf("", [], parseListingQuery(""))), "");
});

const accepts: [string | undefined, ListingFormat][] = [
  [undefined, "html"],
  ["", "html"],
  ["*/*", "html"],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"],
  ["application/json", "json"],
  ["application/json, text/plain, */*", "json"],
  ["application/*", "json"],
  ["text/plain", "text"],
  ["text/html;q=0.5, text/plain", "text"],
  ["text/html;q=0, */*", "json"],
  ["text/html;q=0, application/json;q=0, */*;q=0.1", "text"],
  ["image/png", "html"],
  ["*/*;q=0", "html"],
  ["not a media range", "html"],
];

for (const [accept, format] of accepts) {
  test(`listingFormat() takes ${format} for ${accept === undefined ? "no Accept" : `"${accept}"`}`, () => {
    assert.equal(listingFormat(accept), format);
    assert.ok(LISTING_TYPES[format].includes("/"));
  });
}
