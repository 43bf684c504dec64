// What an authority objects to, in words; and Retry-After.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AcmeError, problemText, problemType, retryAfterMs } from "./problem.ts";

const URN = "urn:ietf:params:acme:error:";

test("problemText() names each name that is refused", () => {
  const identifier = { type: "dns", value: "example.com" };
  const subproblems = [{ type: `${URN}caa`, detail: "CAA forbids it", identifier }, { type: `${URN}dns` }];
  assert.equal(
    problemText({ type: `${URN}compound`, detail: "two errors", subproblems }),
    "two errors (compound); example.com: CAA forbids it (caa); one name: no reason given (dns)",
  );
});

for (const problem of [undefined, null, "text", 1, [], {}, { type: 1, detail: 2, subproblems: 3 }]) {
  test(`problemText() reads ${JSON.stringify(problem)}, which is no problem document`, () => {
    assert.deepEqual([problemText(problem), problemType(problem)], ["no reason given", ""]);
  });
}

test("AcmeError has no control characters", () => {
  assert.equal(new AcmeError("a\u001b[2Jb\r\nc\u0085d").message, "a [2Jb c d");
});

test("retryAfterMs() reads seconds and dates, and nothing else", () => {
  const cases = [
    ["120", 121_000],
    ["0", 1_000],
    ["Thu, 01 Jan 1970 00:02:00 GMT", 120_000],
    ["soon", undefined],
    ["-1e99x", undefined],
    ["", undefined],
    [null, undefined],
  ] as const;
  for (const [value, wanted] of cases) assert.equal(retryAfterMs(value, 1_000), wanted, String(value));
});
