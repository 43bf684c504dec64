// What docs/listings.md says about bounds, compared with the code.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PAGE_LIMIT_COUNT } from "../src/content/listing/entries.ts";
import { LISTER_LIMITS } from "../src/content/listing/lister.ts";
import { README_LIMIT_BYTES } from "../src/content/listing/readme/readme.ts";
import { HTML_LIMIT_LENGTH } from "../src/content/listing/readme/readme-html.ts";
import { ZIP_LIMITS } from "../src/content/listing/zip/zip.ts";

const text = readFileSync(new URL("../docs/listings.md", import.meta.url), "utf8").replace(/\s+/g, " ");

const bounds: [number, RegExp, number][] = [
  [PAGE_LIMIT_COUNT, /a page has ([\d,]+) entries/, 1],
  [LISTER_LIMITS.entryLimitCount, /more than ([\d,]+) entries the rest is not looked at/, 1],
  [LISTER_LIMITS.pendingLimitCount, /At most (\d+) listings are under way/, 1],
  [LISTER_LIMITS.idleLimitMs, /ends when nobody needed it for (\d+) seconds/, 1000],
  [LISTER_LIMITS.renderLimitMs, /takes longer than (\d+) seconds/, 1000],
  [README_LIMIT_BYTES, /larger than (\d+) KiB/, 1024],
  [HTML_LIMIT_LENGTH, /more than (\d+) MiB/, 1024 ** 2],
  [ZIP_LIMITS.entryLimitCount, /More than ([\d,]+) files and folders/, 1],
  [ZIP_LIMITS.depthLimitCount, /more than (\d+) folders within each other/, 1],
  [ZIP_LIMITS.activeLimitCount, /At most (\d+) at a time are sent by each thread/, 1],
];

for (const [bound, sentence, unit] of bounds) {
  test(`docs/listings.md says that ${sentence.source} is ${bound / unit}`, () => {
    assert.equal(Number(sentence.exec(text)?.[1]?.replaceAll(",", "")) * unit, bound);
  });
}
