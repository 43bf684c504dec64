import assert from "node:assert/strict";
import { test } from "node:test";
import { WarmedParts } from "./warmed-parts.ts";

const MEBIBYTE = 1024 * 1024;

test("WarmedParts has what was added, and nothing beside it", () => {
  const parts = new WarmedParts(1000);
  assert.equal(parts.has({ start: 0, end: 1 }, 0), false);
  parts.add({ start: 5 * MEBIBYTE, end: 6 * MEBIBYTE }, 0);
  assert.equal(parts.has({ start: 5 * MEBIBYTE, end: 6 * MEBIBYTE }, 999), true);
  assert.equal(parts.has({ start: 5 * MEBIBYTE + 7, end: 5 * MEBIBYTE + 9 }, 0), true);
  assert.equal(parts.has({ start: 5 * MEBIBYTE - 1, end: 6 * MEBIBYTE }, 0), false);
  assert.equal(parts.has({ start: 5 * MEBIBYTE, end: 6 * MEBIBYTE + 1 }, 0), false);
});

test("WarmedParts joins parts, far apart and in any order", () => {
  const parts = new WarmedParts(1000);
  const far = 2 ** 42;
  for (const start of [far + MEBIBYTE, 0, far]) parts.add({ start, end: start + MEBIBYTE }, 0);
  assert.equal(parts.has({ start: far, end: far + 2 * MEBIBYTE }, 0), true);
  assert.equal(parts.has({ start: 0, end: 2 * MEBIBYTE }, 0), false);
});

test("WarmedParts forgets after its time, because the kernel may have dropped the pages", () => {
  const parts = new WarmedParts(1000);
  parts.add({ start: 0, end: 1 }, 5000);
  assert.equal(parts.has({ start: 0, end: 1 }, 5999), true);
  assert.equal(parts.has({ start: 0, end: 1 }, 6000), false);
  parts.add({ start: 0, end: 1 }, 6001);
  assert.equal(parts.has({ start: 0, end: 1 }, 6002), true);
});

test("WarmedParts is bounded, however large a file is", () => {
  const parts = new WarmedParts(1000);
  for (let start = 0; start < 2 ** 36; start += 2 * MEBIBYTE) parts.add({ start, end: start + 1 }, 0);
  assert.equal(parts.has({ start: 0, end: 1 }, 0), false);
  assert.equal(parts.has({ start: 2 ** 36 - 2 * MEBIBYTE, end: 2 ** 36 - 2 * MEBIBYTE + 1 }, 0), true);
});
