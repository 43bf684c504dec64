import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileStat } from "./opener.ts";
import { isYoung } from "./version.ts";

const NOW_MS = 1_700_000_000_000;

function makeStat(changes: Partial<FileStat> = {}): FileStat {
  const longAgo = BigInt(NOW_MS - 86_400_000) * 1_000_000n;
  return { type: "file", sizeBytes: 10, mtimeNs: longAgo, ctimeNs: longAgo, ino: 7n, dev: 1n, ...changes };
}

function ns(offsetMs: number): bigint {
  return BigInt(NOW_MS + offsetMs) * 1_000_000n;
}

const ages: [what: string, mtimeMs: number, ctimeMs: number, isFileYoung: boolean][] = [
  ["was modified and changed long ago", -60_000, -60_000, false],
  ["was changed more than a tick ago", -101, -101, false],
  ["was changed less than a tick ago", -99, -99, true],
  ["was changed 2 s ago, where times are whole seconds", -2000, -2000, false],
  ["was changed 1 s ago, where times are whole seconds", -1000, -1000, true],
  ["was changed 1 s ago, where only the modification time was set to a whole second", -1000, -900, false],
  ["was changed now", 0, 0, true],
  ["was modified now, on a file system without change times", 0, -1e12, true],
  ["was changed now and given an old modification time", -1e9, 0, true],
  ["was changed in the future", -60_000, 5000, true],
  ["was modified by a clock that is a little ahead", 50, -60_000, true],
  ["was given a modification time far ahead", 1e9, -60_000, false],
];

for (const [what, mtimeMs, ctimeMs, isFileYoung] of ages) {
  test(`isYoung() is ${isFileYoung} for a file that ${what}`, () => {
    assert.equal(isYoung(makeStat({ mtimeNs: ns(mtimeMs), ctimeNs: ns(ctimeMs) }), NOW_MS), isFileYoung);
  });
}
