import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "./backoff.ts";

const cases: [name: string, livedMs: number[], delays: number[]][] = [
  ["restarts at once after the first death", [5_000], [0]],
  ["doubles when deaths follow each other", [0, 0, 10, 29_999, 0], [0, 100, 200, 400, 800]],
  [
    "ends at 30 s",
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000],
  ],
  ["forgets after a life of 30 s", [0, 0, 0, 30_000, 0], [0, 100, 200, 0, 100]],
];

for (const [name, lives, delays] of cases) {
  test(`Backoff ${name}`, () => {
    const backoff = new Backoff();
    assert.deepEqual(
      lives.map((livedMs) => backoff.nextDelayMs(livedMs)),
      delays,
    );
  });
}

test("Backoff stays at 30 s however often a thread dies", () => {
  const backoff = new Backoff();
  for (let count = 0; count < 5_000; count++) backoff.nextDelayMs(0);
  assert.equal(backoff.nextDelayMs(0), 30_000);
});
