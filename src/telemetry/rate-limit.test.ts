import assert from "node:assert/strict";
import { test } from "node:test";
import { rateLimited } from "./rate-limit.ts";

test("rateLimited() warns once a second, with the number of warnings in between", () => {
  let now = 0;
  const written: string[] = [];
  const warn = rateLimited(
    (text) => written.push(text),
    () => now,
  );
  for (now = 0; now < 2500; now += 100) warn("full");
  assert.deepEqual(written, ["full", "full (and 9 times before)", "full (and 9 times before)"]);
});
