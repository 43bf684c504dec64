// Precompressed files that need a file of a previous release as dictionary.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeWith, hashOf, script } from "../../test/support/dictionary-client.ts";
import { precompress } from "../../test/support/precompress.ts";
import { makeSite } from "../../test/support/site.ts";

const OLD = script("one");
const NEW = script("two");
const NEW_NAME = "assets/app-CyL4g0bA.js";

const dcbOf = (root: string): string[] =>
  readdirSync(root, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".dcb"))
    .sort();

test("precompressFolder() writes what a client decodes that has the previous version", async (t) => {
  const previous = makeSite(t, { "assets/app-BxK3f9aZ.js": OLD, "assets/lib-BxK3f9aZ.js": OLD });
  const root = makeSite(t, { [NEW_NAME]: NEW, "assets/new-BxK3f9aZ.js": NEW, "app.js": NEW });
  const summary = await precompress(root, { previous: [previous], codings: ["gzip"] });
  const name = `${NEW_NAME}.${hashOf(OLD).toString("hex")}.dcb`;
  assert.deepEqual(dcbOf(root), [name]);
  const encoded = readFileSync(join(root, name));
  assert.ok(encoded.length < 200);
  assert.ok(decodeWith(OLD, encoded, "dcb").equals(NEW));
  assert.deepEqual(summary.totals.get("dcb"), { fileCount: 1, beforeBytes: NEW.length, afterBytes: encoded.length });
  assert.equal(summary.writtenCount, 4);
  const again = await precompress(root, { previous: [previous], codings: ["gzip"] });
  assert.deepEqual([again.writtenCount, again.freshCount], [0, 4]);
});

test("precompressFolder() writes none for a file that the previous release has, nor for other dictionaries", async (t) => {
  const previous = makeSite(t, {
    [NEW_NAME]: NEW,
    "assets/app-BxK3f9aZ.js": OLD,
    "a/small-BxK3f9aZ.js": "1",
    "a/text-BxK3f9aZ.css": OLD,
    "b/app-BxK3f9aZ.js": OLD,
  });
  const root = makeSite(t, { [NEW_NAME]: NEW, "a/small-CyL4g0bA.js": NEW, "a/text-CyL4g0bA.js": NEW });
  await precompress(root, { previous: [previous] });
  assert.deepEqual(dcbOf(root), []);
});

test("precompressFolder() takes the dictionaries of several releases, the newest four of each", async (t) => {
  const versions = Array.from({ length: 6 }, (_, index) => script(`version ${index}`));
  const nameOf = (index: number): string => `assets/app-BxK3f9a${index}.js`;
  const many = makeSite(t, Object.fromEntries(versions.slice(0, 5).map((bytes, index) => [nameOf(index), bytes])));
  for (const index of [0, 1, 2, 3, 4]) utimesSync(join(many, nameOf(index)), 1e9 + index, 1e9 + index);
  const other = makeSite(t, { [nameOf(5)]: versions[5]! });
  const root = makeSite(t, { [NEW_NAME]: NEW });
  await precompress(root, { previous: [many, other], codings: [] });
  const expected = versions.slice(1).map((bytes) => `${NEW_NAME}.${hashOf(bytes).toString("hex")}.dcb`);
  assert.deepEqual(dcbOf(root), expected.sort());
});

test("precompressFolder() writes none where the difference is no smaller than the file", async (t) => {
  const random = crypto.getRandomValues(Buffer.alloc(20_000));
  const previous = makeSite(t, { "assets/app-BxK3f9aZ.js": OLD });
  const root = makeSite(t, { [NEW_NAME]: random });
  await precompress(root, { previous: [previous], codings: [] });
  assert.deepEqual(dcbOf(root), []);
});

test("precompressFolder() writes it again for a file that was changed", async (t) => {
  const previous = makeSite(t, { "assets/app-BxK3f9aZ.js": OLD });
  const root = makeSite(t, { [NEW_NAME]: NEW });
  await precompress(root, { previous: [previous], codings: [] });
  writeFileSync(join(root, NEW_NAME), script("three"));
  utimesSync(join(root, NEW_NAME), 4e9, 4e9);
  await precompress(root, { previous: [previous], codings: [] });
  assert.ok(decodeWith(OLD, readFileSync(join(root, dcbOf(root)[0]!)), "dcb").equals(script("three")));
  assert.ok(!existsSync(join(root, `${NEW_NAME}.br`)));
});
