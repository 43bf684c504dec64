import assert from "node:assert/strict";
import { test } from "node:test";
import { explainJson } from "./json-mistake.ts";

const rows: [text: string, line: number, reason: string][] = [
  ['{ "a": tru\n', 1, "Unexpected end of a line"],
  ['{\n"a": tru\r\n}', 2, "Unexpected character 13"],
  ['{ "a": 1', 1, "Expected ',' or '}' after property value"],
  ['{ "a": 1\n\n', 1, "Expected ',' or '}' after property value"],
  ["", 1, "Unexpected end of the file"],
  ['{\n"a": [1,\n2,\nnope,\n4]\n}', 4, "Unexpected token 'o'"],
  ["\n\n", 1, "Unexpected end of the file"],
  ['{"a":1,\n}', 2, "Expected double-quoted property name"],
  ['{"a": "x\n"}', 1, "Bad control character in string literal"],
  [`{"a":\nx${" ".repeat(100)}}`, 2, "Unexpected token 'x'"],
  ["{}\n x", 2, "Unexpected non-whitespace character"],
  ["\0", 1, "Unexpected character 0"],
];
for (const [text, line, reason] of rows) {
  test(`explainJson() says "${reason}" on line ${line} of ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.throws(
      () => JSON.parse(text),
      (error: Error) => {
        assert.deepEqual(explainJson(text, error), { line, reason });
        return true;
      },
    );
  });
}
