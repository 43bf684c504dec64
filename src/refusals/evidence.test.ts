// The bytes of a refusal, as people see them: escaped, bounded, marked, and without secrets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evidenceOf } from "./evidence.ts";

interface Case {
  readonly what: string;
  readonly read: string;
  readonly at: number;
  readonly lines: readonly string[];
}

const LONG = "a".repeat(200);

const cases: Case[] = [
  { what: "nothing", read: "", at: 0, lines: [] },
  { what: "control bytes", read: "a\x1b[2J\\\x00\xe9\t", at: 1, lines: ["a\\x1b[2J\\\\\\x00\\xe9\\t", " ^"] },
  { what: "a mistake at the end", read: "GET", at: 3, lines: ["GET", "   ^"] },
  { what: "an offset beyond the end", read: "GET", at: 9, lines: ["GET", "   ^"] },
  { what: "a mark behind escapes", read: "\r\n!", at: 2, lines: ["\\r\\n!", "    ^"] },
  {
    what: "a part of much",
    read: LONG,
    at: 100,
    lines: [`… ${"a".repeat(120)} …`, `${" ".repeat(82)}^`],
  },
  {
    what: "credentials",
    read: "GET / HTTP/1.1\r\nauthorization: Basic YTpi\r\nX : y\r\n",
    at: 45,
    lines: ["GET / HTTP/1.1\\r\\nauthorization: **********\\r\\nX : y\\r\\n", `${" ".repeat(49)}^`],
  },
  {
    what: "a cookie whose name is not shown",
    read: `Cookie: ${LONG}\x00b\r\n`,
    at: 208,
    lines: [`… ${"*".repeat(82)}\\r\\n`, `${" ".repeat(82)}^`],
  },
  {
    what: "a token in a query",
    read: "GET /a?access_token=abc&b=c HTTP/1.1\n",
    at: 36,
    lines: ["GET /a?access_token=***&b=c HTTP/1.1\\n", `${" ".repeat(36)}^`],
  },
  {
    what: "a secret that is folded",
    read: "Cookie: a=b\r\n c=d\r\n",
    at: 13,
    lines: ["Cookie: ***\\r\\n****\\r\\n", `${" ".repeat(15)}^`],
  },
];
for (const { what, read, at, lines } of cases) {
  test(`evidenceOf() shows ${what}`, () => {
    assert.deepEqual(evidenceOf(Buffer.from(read, "latin1"), at, false), lines);
  });
}

test("evidenceOf() shows secrets to those who ask for all", () => {
  assert.deepEqual(evidenceOf(Buffer.from("Cookie: a=b\n"), 11, true), ["Cookie: a=b\\n", "           ^"]);
});
