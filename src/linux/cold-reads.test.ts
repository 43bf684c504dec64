import assert from "node:assert/strict";
import { test } from "node:test";
import { ColdReads } from "./cold-reads.ts";

/** A file whose users are counted, named by its descriptor. */
function newFile(fd: number) {
  const file = { fd, userCount: 0, retain: () => void file.userCount++, release: () => void file.userCount-- };
  return file;
}

function begin() {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const told: number[] = [];
  const reads = new ColdReads((fd, _slice, onRead) => {
    begun.push(fd);
    ends.push(onRead);
  });
  const files = Array.from({ length: 10 }, (_, fd) => newFile(fd));
  const cancels = files.map((file) => reads.add(file, { start: 0, end: 1 }, () => told.push(file.fd)));
  return { begun, ends, told, files, cancels };
}

test("ColdReads reads four parts at once, the others in their order, and keeps the files open meanwhile", () => {
  const { begun, ends, told, files } = begin();
  assert.deepEqual(begun, [0, 1, 2, 3]);
  assert.ok(files.every(({ userCount }) => userCount === 1));
  ends[1]!();
  ends[0]!();
  assert.deepEqual(
    [begun, told],
    [
      [0, 1, 2, 3, 4, 5],
      [1, 0],
    ],
  );
  for (let index = 2; index < 10; index++) ends[index]!();
  assert.deepEqual(told, [1, 0, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.ok(files.every(({ userCount }) => userCount === 0));
});

test("ColdReads leaves out what is taken back before its turn, and ends what has begun", () => {
  const { begun, ends, told, files, cancels } = begin();
  for (const index of [3, 4, 5, 6, 7, 8]) cancels[index]!();
  assert.deepEqual(
    files.map(({ userCount }) => userCount),
    [1, 1, 1, 1, 0, 0, 0, 0, 0, 1],
  );
  for (let index = 0; index < 5; index++) ends[index]!();
  assert.deepEqual(begun, [0, 1, 2, 3, 9]);
  assert.deepEqual(told, [0, 1, 2, 3, 9]);
  cancels[9]!();
  assert.ok(files.every(({ userCount }) => userCount === 0));
});
