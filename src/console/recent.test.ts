// The latest and the slowest requests.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SampledRequest, ThreadSample } from "../threads/samples.ts";
import { Recent } from "./recent.ts";

function request(serial: number, atMs: number, ms: number): SampledRequest {
  return { serial, atMs, ms, connection: 1, method: "GET", target: `/${serial}`, status: 200, bytes: 1, how: "" };
}

function sample(...requests: SampledRequest[]): ThreadSample {
  return { connections: [], connectionCount: 0, requests };
}

const targets = (list: Recent["latest"]): string[] => list.map(({ thread, target }) => `${thread}${target}`);

test("Recent takes each request once, the youngest first, and keeps the slowest apart", () => {
  const recent = new Recent();
  recent.take(1, sample(request(1, 100, 5), request(2, 200, 1)), 300);
  recent.take(1, sample(request(2, 200, 1), request(3, 400, 2)), 500);
  recent.take(2, sample(request(1, 300, 9)), 500);
  assert.deepEqual(targets(recent.latest), ["1/3", "2/1", "1/2", "1/1"]);
  assert.deepEqual(targets(recent.slowest), ["2/1", "1/1", "1/3", "1/2"]);
});

test("Recent begins anew with a thread that has taken the place of another", () => {
  const recent = new Recent();
  recent.take(1, sample(request(7, 100, 5)), 300);
  recent.take(1, sample(request(1, 400, 5)), 500);
  assert.deepEqual(targets(recent.latest), ["1/1", "1/7"]);
});

test("Recent forgets slow requests after five minutes", () => {
  const recent = new Recent();
  recent.take(1, sample(request(1, 100, 900)), 300);
  recent.take(1, sample(request(2, 300_200, 1)), 300_200);
  assert.deepEqual(targets(recent.slowest), ["1/2"]);
});
