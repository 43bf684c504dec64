import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDictionary } from "./structured-fields.ts";

// RFC 9651 §3.2 and §4.2.2.
const dictionaries: [value: string, members: Record<string, string> | undefined][] = [
  ["", {}],
  ["  ", {}],
  ["a=1", { a: "1" }],
  ['en="Applepie", da=:w4ZibGV0w6ZydGU=:', { en: '"Applepie"', da: ":w4ZibGV0w6ZydGU=:" }],
  ["a=?0, b, c; foo=bar", { a: "?0", b: "?1", c: "?1" }],
  ["rating=1.5, feelings=(joy sadness)", { rating: "1.5", feelings: "(joy sadness)" }],
  ["a=(1 2), b=3, c=4;aa=bb, d=(5 6);valid", { a: "(1 2)", b: "3", c: "4", d: "(5 6)" }],
  ["a=1,\tb=2 ,c=3", { a: "1", b: "2", c: "3" }],
  ["a=1, b=2, a=3", { a: "3", b: "2" }],
  ["*a.b-c_d=1", { "*a.b-c_d": "1" }],
  ['d=@1659578233, s=%"f%c3%bc"', { d: "@1659578233", s: '%"f%c3%bc"' }],
  ["a=999999999999999", { a: "999999999999999" }],
  ["a=9999999999999999", undefined],
  ["a=1.1234", undefined],
  ["a=@1.5", undefined],
  ['a=%"%C3"', undefined],
  ['a=%"%"', undefined],
  ['a="\x7f"', undefined],
  ['a="\\a"', undefined],
  ["a=1,", undefined],
  ["a=1,,b=2", undefined],
  ["a=1;", undefined],
  ["A=1", undefined],
  ["1=a", undefined],
  ["a= 1", undefined],
  ["\ta=1", undefined],
];
for (const [value, members] of dictionaries) {
  test(`parseDictionary() reads ${JSON.stringify(value)} as ${JSON.stringify(members) ?? "malformed"}`, () => {
    const found = parseDictionary(value);
    assert.deepEqual(found && Object.fromEntries(found), members);
  });
}

const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,9}$/);
const item = fc.oneof(
  fc.integer().map(String),
  fc.stringMatching(/^"(?:[ !#-[\]-~]|\\["\\]){0,9}"$/),
  fc.stringMatching(/^[A-Za-z*][!#$%&'*+.^_`|~:/0-9A-Za-z-]{0,9}$/),
  fc.constantFrom("?0", "?1", ":AAA=:", "-0.125", "(1 2;a)", "()"),
);

test("parseDictionary() finds the members that were written, in whatever white space", () => {
  const written = fc.array(fc.tuple(key, item, fc.constantFrom(",", ", ", "\t ,"), fc.constantFrom("", ";p", "; q=1")));
  fc.assert(
    fc.property(written, (members) => {
      const lines = members.map(([name, value, comma, parameters], index) => {
        return `${index === 0 ? "" : comma}${name}=${value}${parameters}`;
      });
      assert.deepEqual(parseDictionary(lines.join("")), new Map(members.map(([name, value]) => [name, value])));
    }),
  );
});
