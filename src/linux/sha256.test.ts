import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";

const INPUTS = [
  "",
  "abc",
  "ä€😀",
  Buffer.alloc(0),
  Buffer.from("abc"),
  Buffer.alloc(300_000, "x"),
  Buffer.from("xabc").subarray(1),
];

test("findSha256() computes what node:crypto does", { skip: process.platform !== "linux" }, async () => {
  // node:ffi exists here; other platforms cannot load the module.
  const { findSha256 } = await import("./sha256.ts");
  const sha256 = findSha256()!;
  for (const input of INPUTS) assert.equal(sha256(input).toString("hex"), hash("sha256", input));
});
