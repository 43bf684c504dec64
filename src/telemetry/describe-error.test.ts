import assert from "node:assert/strict";
import { test } from "node:test";
import { describeError } from "./describe-error.ts";

const refusal = Object.assign(new Error("EMFILE: too many open files, open '/site/\x1b[2J\n\u009b'"), {
  code: "EMFILE",
});

const cases: [name: string, error: unknown, wanted: RegExp][] = [
  [
    "says why after what, without calls when the system has refused",
    new Error('cannot serve "a"', { cause: refusal }),
    /^cannot serve "a": EMFILE: too many open files, open '\/site\/\\x1b\[2J\\x0a\\x9b'$/,
  ],
  [
    "adds the calls of a mistake of ours, from where it happened",
    new Error("a request failed", { cause: new TypeError("x is not a function") }),
    /^a request failed: x is not a function\n {4}at .*describe-error\.test\.ts/,
  ],
  ["takes what is no error as it is", "gone\r\nwrong", /^gone\\x0d\\x0awrong$/],
  ["names an error without a message", Object.assign(new RangeError(), { code: "X" }), /^RangeError$/],
];
for (const [name, error, wanted] of cases) {
  test(`describeError() ${name}`, () => {
    assert.match(describeError(error), wanted);
  });
}
