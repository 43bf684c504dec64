import assert from "node:assert/strict";
import { test } from "node:test";
import { budgetOf, readDescriptors, threadsOf } from "./descriptors.ts";

const cases: [limitCount: number, usedCount: number, threads: number, connections: number, openFiles: number][] = [
  [1024, 24, 2, 738, 123],
  [256, 24, 2, 162, 27],
  [100, 24, 2, 44, 8],
  [65_536, 24, 8, 65_192, 128],
  [30, 24, 4, 4, 8],
  [Number.POSITIVE_INFINITY, 0, 2, Number.POSITIVE_INFINITY, 128],
];
for (const [limitCount, usedCount, threads, connectionCount, openFileCount] of cases) {
  test(`budgetOf() gives ${connectionCount} of ${limitCount} descriptors to the connections of ${threads} threads`, () => {
    assert.deepEqual(budgetOf({ limitCount, usedCount }, threads), { connectionCount, openFileCount });
  });
}

test("threadsOf() starts no thread without descriptors, but one", () => {
  assert.equal(threadsOf({ limitCount: 1024, usedCount: 24 }), 83);
  assert.equal(threadsOf({ limitCount: 20, usedCount: 24 }), 1);
  assert.equal(threadsOf({ limitCount: Number.POSITIVE_INFINITY, usedCount: 0 }), Number.POSITIVE_INFINITY);
});

test("readDescriptors() reads the limit of this process, and what it uses", () => {
  const { limitCount, usedCount } = readDescriptors();
  assert.ok(usedCount >= 0 && usedCount < limitCount, `${usedCount} of ${limitCount}`);
});
