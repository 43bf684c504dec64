import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileStat } from "../files/opener.ts";
import { isSameVersion } from "../files/version.ts";
import { lastModifiedOf, tagOfBytes, tagOfStat } from "./validators.ts";

const NOW_MS = 1_700_000_000_000;

function makeStat(changes: Partial<FileStat> = {}): FileStat {
  const longAgo = BigInt(NOW_MS - 86_400_000) * 1_000_000n;
  return { type: "file", sizeBytes: 10, mtimeNs: longAgo, ctimeNs: longAgo, ino: 7n, dev: 1n, ...changes };
}

function ns(offsetMs: number): bigint {
  return BigInt(NOW_MS + offsetMs) * 1_000_000n;
}

const differences: Partial<FileStat>[] = [
  { sizeBytes: 11 },
  { mtimeNs: 1n },
  { ctimeNs: 1n },
  { ino: 8n },
  { dev: 2n },
];

for (const difference of differences) {
  const name = Object.keys(difference)[0];
  test(`isSameVersion() and tagOfStat() tell files apart by ${name}`, () => {
    const [a, b] = [makeStat(), makeStat(difference)];
    assert.equal(isSameVersion(a, b), false);
    assert.notEqual(tagOfStat(a, false).opaque, tagOfStat(b, false).opaque);
  });
}

test("isSameVersion() and tagOfStat() are the same for the same", () => {
  assert.equal(isSameVersion(makeStat(), makeStat()), true);
  assert.deepEqual(tagOfStat(makeStat(), false), tagOfStat(makeStat(), false));
});

test("tagOfStat() is weak for a young file and keeps its opaque part when the file is older", () => {
  const young = tagOfStat(makeStat(), true);
  assert.equal(young.isWeak, true);
  assert.deepEqual(tagOfStat(makeStat(), false), { ...young, isWeak: false });
});

test("tagOfBytes() is strong, of 20 characters, and depends on each byte", () => {
  const tag = tagOfBytes(Buffer.from("heddle"));
  assert.match(tag.opaque, /^"[\w-]{20}"$/);
  assert.equal(tag.isWeak, false);
  assert.deepEqual(tag, tagOfBytes(Buffer.from("heddle")));
  assert.notDeepEqual(tag, tagOfBytes(Buffer.from("heddlf")));
});

const dates: [what: string, mtimeMs: number, wanted: number | undefined][] = [
  ["the modification time", -5000, NOW_MS - 5000],
  ["never the future", 5000, NOW_MS],
  ["nothing for the epoch", -NOW_MS, undefined],
  ["nothing for one second after it, which is what Nix sets", 1000 - NOW_MS, undefined],
  ["nothing for times before it", -2 * NOW_MS, undefined],
  ["a date in 1980", 315_532_800_000 - NOW_MS, 315_532_800_000],
];

for (const [what, mtimeMs, wanted] of dates) {
  test(`lastModifiedOf() gives ${what}`, () => {
    assert.equal(lastModifiedOf(makeStat({ mtimeNs: ns(mtimeMs) }), NOW_MS), wanted);
  });
}
