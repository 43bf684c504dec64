// Exercise 2 is solved when these tests pass.
import assert from "node:assert/strict";
import { test } from "node:test";
import { attempt } from "../support.ts";

const { LINE_LIMIT_BYTES, LineReader } = await attempt<typeof import("./start.ts")>(import.meta.dirname);

const TEXT = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";
const LINES = ["GET / HTTP/1.1", "Host: test", ""];

function feedAll(pieces: readonly string[]): string[] {
  const reader = new LineReader();
  return pieces.flatMap((piece) => reader.feed(Buffer.from(piece, "latin1")));
}

test("02 lines that arrive in one piece", () => {
  assert.deepEqual(feedAll([TEXT + TEXT]), [...LINES, ...LINES]);
});

test("02 lines that arrive byte by byte", () => {
  assert.deepEqual(feedAll([...TEXT]), LINES);
});

test("02 lines that are cut in two, at each place", () => {
  for (let at = 0; at <= TEXT.length; at++) {
    assert.deepEqual(feedAll([TEXT.slice(0, at), TEXT.slice(at)]), LINES, `cut before byte ${at}`);
  }
});

test("02 a line ends with CR and LF, not with one of them", () => {
  assert.deepEqual(feedAll(["a\nb\rc\r\n"]), ["a\nb\rc"]);
});

test("02 a line of the longest length passes, in whatever pieces", () => {
  const longest = "x".repeat(LINE_LIMIT_BYTES);
  assert.deepEqual(feedAll([`${longest}\r`, "\n"]), [longest]);
});

test("02 a line that is too long is refused before its end has come", () => {
  assert.throws(() => feedAll(["x".repeat(LINE_LIMIT_BYTES), "x"]), RangeError);
  assert.throws(() => feedAll([`${"x".repeat(LINE_LIMIT_BYTES + 1)}\r\n`]), RangeError);
});
