// The comments above tests that name complaints about other servers, and the page that is made from them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { COMPLAINTS_PAGE, complaintsIn, complaintsPage } from "../docs/complaints.ts";

// In two parts, so that this file has no complaint.
const MARK = ["// Comp", "laint:"].join("");

test("docs/tests/complaints.md is as the comments above the tests have it (else: node docs/complaints.ts)", () => {
  assert.equal(readFileSync(COMPLAINTS_PAGE, "utf8"), complaintsPage());
});

test("complaintsIn() finds tests, tests of a loop and rows of a table", () => {
  const source = `
${MARK} serve #788 #801
test("one", () => {});
  ${MARK} sirv (observed), @fastify/static
  test(\`two of \${way("a")}, \${three}\`, () => {});
    ${MARK} static-web-server v3 (HSTS over cleartext), koajs/static-cache #97
    name: "three",
  ${MARK} nginx
  test(
    "four \\"and\\" more",
`;
  assert.deepEqual(complaintsIn(source, "a.test.ts"), [
    { sources: "serve #788 #801", test: "one" },
    { sources: "sirv (observed), @fastify/static", test: "two of …, …" },
    { sources: "static-web-server v3 (HSTS over cleartext), koajs/static-cache #97", test: "three" },
    { sources: "nginx", test: 'four \\"and\\" more' },
  ]);
});

for (const [what, comment] of [
  ["no source", MARK],
  ["a source without its name", `${MARK} #788`],
  ["text that is not in brackets", `${MARK} serve, observed by us`],
  ["no space before the word", MARK.replace(" ", "")],
  ["another case", `${MARK.toLowerCase()} serve`],
] as const) {
  test(`complaintsIn() refuses a complaint with ${what}`, () => {
    assert.throws(
      () => complaintsIn(`\n${comment}\ntest("one", () => {});\n`, "a.test.ts"),
      /^Error: a\.test\.ts:2: wanted /,
    );
  });
}

for (const [what, below] of [
  ["with an empty line", '\ntest("one", () => {});\n'],
  ["with another comment", '// A comment.\ntest("one", () => {});\n'],
  ["at the end of the file", ""],
] as const) {
  test(`complaintsIn() refuses a complaint ${what} below it`, () => {
    assert.throws(
      () => complaintsIn(`${MARK} serve\n${below}`, "a.test.ts"),
      /a\.test\.ts:1: there is no test directly/,
    );
  });
}
