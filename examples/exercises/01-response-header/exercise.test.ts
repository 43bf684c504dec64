// Exercise 1 is solved when these tests pass.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, attempt } from "../support.ts";

const { greet } = await attempt<typeof import("./start.ts")>(import.meta.dirname);

test("01 the response may be cached for a minute", () => {
  assert.equal(ask(greet, "GET", "/").fields.get("cache-control"), "max-age=60");
});

test("01 the response to HEAD says the same, without content", () => {
  const { fields, body } = ask(greet, "HEAD", "/");
  assert.equal(fields.get("cache-control"), "max-age=60");
  assert.equal(body, "");
});

test("01 everything else is as it was", () => {
  const { status, fields, body } = ask(greet, "GET", "/");
  assert.equal(status, 200);
  assert.equal(fields.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(fields.get("content-length"), "7");
  assert.equal(body, "Hello.\n");
});
