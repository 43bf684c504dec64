import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effort } from "./encode.ts";
import { EncodingQueue } from "./encoding-queue.ts";

const SHORTER = Uint8Array.of(1);

/** A queue whose jobs are finished by the test. */
function controlled(limitBytes = 1000) {
  const queue = new EncodingQueue(limitBytes);
  const started: string[] = [];
  const finishers = new Map<string, (bytes: Uint8Array | Error) => void>();
  const add = (key: string, effort: Effort = "quick", sizeBytes = 100) =>
    queue.add({ key, coding: "br", effort, sizeBytes }, () => {
      started.push(`${key} ${effort}`);
      return new Promise((resolve, reject) => {
        finishers.set(`${key} ${effort}`, (found) => (found instanceof Error ? reject(found) : resolve(found)));
      });
    });
  return {
    queue,
    started,
    add,
    finish: (name: string, found: Uint8Array | Error = SHORTER) => finishers.get(name)!(found),
  };
}

test("EncodingQueue runs a job once, however many ask for it meanwhile", async () => {
  const { add, started, finish } = controlled();
  const both = Promise.all([add("a"), add("a")]);
  finish("a quick");
  assert.deepEqual(await both, [SHORTER, SHORTER]);
  assert.deepEqual(started, ["a quick"]);
});

test("EncodingQueue runs quick jobs first, and best ones only while no quick one runs", async () => {
  const { add, started, finish } = controlled();
  const jobs = [add("a"), add("a", "best"), add("b"), add("b", "best")];
  finish("a quick");
  await jobs[0];
  assert.deepEqual(started, ["a quick", "b quick"]);
  finish("b quick");
  await jobs[2];
  assert.deepEqual(started.slice(2), ["a best"]);
  const late = add("c");
  assert.deepEqual(started.slice(3), ["c quick"], "a quick job does not wait for a best one");
  finish("c quick");
  await late;
  finish("a best");
  await jobs[1];
  finish("b best");
  assert.equal(await jobs[3], SHORTER);
});

test("EncodingQueue refuses what is beyond its bound, and takes it later", async () => {
  const { queue, add, started, finish } = controlled(250);
  const first = [add("a"), add("b")];
  assert.equal(await add("c"), undefined);
  assert.equal(queue.pendingBytes, 200);
  finish("a quick");
  await first[0];
  const again = add("c");
  finish("b quick");
  await first[1];
  finish("c quick");
  assert.equal(await again, SHORTER);
  assert.deepEqual(started, ["a quick", "b quick", "c quick"]);
  assert.equal(queue.pendingBytes, 0);
});

test("EncodingQueue gives nothing for what did not get smaller, and for what failed, and goes on", async () => {
  const { add, finish } = controlled();
  const jobs = [add("a"), add("b"), add("c")];
  finish("a quick", new Uint8Array(100));
  assert.equal(await jobs[0], undefined);
  finish("b quick", new Error("no memory"));
  assert.equal(await jobs[1], undefined);
  finish("c quick");
  assert.equal(await jobs[2], SHORTER);
});
