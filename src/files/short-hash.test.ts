import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { shortHash } from "./short-hash.ts";

const INPUTS = [
  "",
  "abc",
  "ä€😀",
  Buffer.alloc(0),
  Buffer.from("abc"),
  Buffer.alloc(300_000, "x"),
  Buffer.from("xabc").subarray(1),
];

for (const [index, input] of INPUTS.entries()) {
  test(`shortHash() is the start of SHA-256, for input ${index}`, () => {
    assert.equal(shortHash(input), hash("sha256", input, "base64url").slice(0, 20));
  });
}
