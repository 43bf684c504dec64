import assert from "node:assert/strict";
import { test } from "node:test";
import { OncePerMinute } from "./once-per-minute.ts";

test("OncePerMinute lets each thing be told once a minute", () => {
  let now = 0;
  const once = new OncePerMinute(() => now);
  assert.deepEqual([once.mayTell("a"), once.mayTell("a"), once.mayTell("b")], [true, false, true]);
  now = 59_999;
  assert.equal(once.mayTell("a"), false);
  now = 60_000;
  assert.deepEqual([once.mayTell("a"), once.mayTell("a")], [true, false]);
});

test("OncePerMinute remembers a hundred things, and tells no others meanwhile", () => {
  let now = 0;
  const once = new OncePerMinute(() => now);
  const told = Array.from({ length: 150 }, (_, index) => once.mayTell(String(index)));
  assert.equal(told.filter(Boolean).length, 100);
  now = 60_000;
  assert.equal(once.mayTell("149"), true);
});
