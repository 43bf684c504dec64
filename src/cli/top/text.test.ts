import assert from "node:assert/strict";
import { test } from "node:test";
import { cutLine, cutText, line, lineWidth, painted, span, spread, widthOf } from "./text.ts";

const plain = (_: unknown, text: string): string => text;

const cuts: [text: string, width: number, cut: string][] = [
  ["abc", 3, "abc"],
  ["abcd", 3, "ab…"],
  ["abcd", 1, "…"],
  ["abcd", 0, ""],
  ["日本語", 6, "日本語"],
  ["日本語", 5, "日本…"],
  ["日本語", 4, "日…"],
  ["e\u0301e\u0301", 2, "e\u0301e\u0301"],
];
for (const [text, width, cut] of cuts) {
  test(`cutText() makes ${JSON.stringify(cut)} of ${JSON.stringify(text)} for ${width} cells`, () => {
    assert.equal(cutText(text, width, "…"), cut);
    assert.ok(widthOf(cut) <= width);
  });
}

test("cutLine() cuts between and within spans, and says where something is missing", () => {
  const parts = line(span("ab", "red"), "cd", span("ef", "green"));
  const texts = [0, 1, 2, 3, 4, 5, 6].map((width) => painted(cutLine(parts, width, "~"), plain));
  assert.deepEqual(texts, ["", "~", "a~", "ab~", "abc~", "abcd~", "abcdef"]);
});

test("span() makes what others have written safe for the terminal", () => {
  assert.equal(span("\x1b[2J\n").text, "\\x1b[2J\\x0a");
});

test("spread() puts two texts at the ends, and leaves out the right one where there is no room", () => {
  const [left, right] = [line("left"), line("right")];
  assert.equal(painted(spread(left, right, 12), plain), "left   right");
  assert.equal(painted(spread(left, right, 10), plain), "left");
  assert.equal(lineWidth(spread(left, right, Number.POSITIVE_INFINITY)), 11);
});
