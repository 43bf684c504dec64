import assert from "node:assert/strict";
import { test } from "node:test";
import { remembered } from "./remembered.ts";

test("remembered() reads a value once, and any number of values rightly", () => {
  let readCount = 0;
  const lengthOf = remembered((value) => {
    readCount++;
    return { length: value?.length ?? -1 };
  });
  assert.equal(lengthOf("ab"), lengthOf("ab"));
  assert.equal(lengthOf(undefined), lengthOf(undefined));
  assert.equal(lengthOf("ab").length, 2);
  assert.equal(readCount, 2);
  for (let length = 0; length < 200; length++) assert.equal(lengthOf("x".repeat(length)).length, length);
  assert.equal(lengthOf("ab").length, 2);
  assert.equal(lengthOf(undefined).length, -1);
  // What was kept has made room.
  assert.equal(readCount, 204);
});
