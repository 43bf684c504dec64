// The samples of threads in shared memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clearSample,
  isWatched,
  newSampleMemory,
  readSample,
  type SampledRequest,
  setWatched,
  type ThreadSample,
  writeSample,
} from "./samples.ts";

function request(target: string): SampledRequest {
  return { serial: 1, atMs: 2, connection: 1, method: "GET", target, status: 200, bytes: 5, ms: 0.1, how: "" };
}

const SAMPLE: ThreadSample = {
  connections: [[1, "idle", 0, 3]],
  connectionCount: 1,
  requests: [request("/a")],
};

test("readSample() gives what the thread of the slot has written last, and nothing of others", () => {
  const memory = newSampleMemory(2);
  assert.equal(readSample(memory, 1), undefined);
  writeSample(memory, 1, SAMPLE);
  writeSample(memory, 1, { ...SAMPLE, connectionCount: 2 });
  assert.deepEqual(readSample(memory, 1), { ...SAMPLE, connectionCount: 2 });
  assert.equal(readSample(memory, 0), undefined);
  clearSample(memory, 1);
  assert.equal(readSample(memory, 1), undefined);
});

test("writeSample() leaves out what does not fit", () => {
  const memory = newSampleMemory(1);
  writeSample(memory, 0, SAMPLE);
  writeSample(memory, 0, { ...SAMPLE, requests: [request("a".repeat(40_000))] });
  assert.deepEqual(readSample(memory, 0), SAMPLE);
});

test("isWatched() says what was set", () => {
  const memory = newSampleMemory(1);
  assert.equal(isWatched(memory), false);
  setWatched(memory, true);
  assert.equal(isWatched(memory), true);
});
