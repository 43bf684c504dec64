import assert from "node:assert/strict";
import { test } from "node:test";
import { keysOf } from "./keys.ts";

const cases: [typed: string, keys: string[]][] = [
  ["q", ["quit"]],
  ["\x03", ["quit"]],
  ["\x1b[A\x1b[B", ["up", "down"]],
  ["\x1bOC\x1b[D", ["next", "previous"]],
  ["\t\x1b[Z", ["next", "previous"]],
  ["\x1b[5~\x1b[6~", ["page-up", "page-down"]],
  ["3?p", ["3", "help", "pause"]],
  // An unknown sequence is no letter: its last one would otherwise be a key.
  ["\x1b[1;5q", []],
  ["\x1b[200~", []],
  ["\x1b", []],
  ["constructor", []],
];
for (const [typed, keys] of cases) {
  test(`keysOf() reads ${JSON.stringify(typed)} as ${keys.join(", ") || "nothing"}`, () => {
    assert.deepEqual(keysOf(typed), keys);
  });
}
