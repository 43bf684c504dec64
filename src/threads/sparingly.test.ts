import assert from "node:assert/strict";
import { test } from "node:test";
import { sparingly } from "./sparingly.ts";

test("sparingly() says a warning once a second, with the number of those in between", () => {
  let now = 0;
  const said: string[] = [];
  const warn = sparingly(
    (text) => said.push(text),
    () => now,
  );
  for (now = 0; now < 2500; now += 100) warn("full");
  assert.deepEqual(said, ["full", "full (and 9 times before)", "full (and 9 times before)"]);
});
