import assert from "node:assert/strict";
import { test } from "node:test";
import { changeFields, type HeaderRule, headerRules } from "./header-rules.ts";

const FIELDS = 'Content-Type: text/html\r\nCache-Control: no-cache\r\nETag: "a"\r\n';
const rules: HeaderRule[] = [
  { for: "/*", set: { "X-Frame-Options": "DENY", "Cache-Control": "max-age=60" } },
  { for: "/private/*", set: { "cache-control": "no-store", ETag: null } },
];

const cases: [path: string, fields: string][] = [
  ["/a", 'Content-Type: text/html\r\nETag: "a"\r\nX-Frame-Options: DENY\r\nCache-Control: max-age=60\r\n'],
  ["/private/a", "Content-Type: text/html\r\nX-Frame-Options: DENY\r\ncache-control: no-store\r\n"],
];
for (const [path, fields] of cases) {
  test(`headerRules() change the fields of ${path}, later rules last`, () => {
    assert.equal(changeFields(FIELDS, headerRules(rules)(path)), fields);
  });
}

test("headerRules() leave alone what they are not about", () => {
  assert.equal(changeFields(FIELDS, headerRules([{ for: "/b", set: { A: "b" } }])("/a")), FIELDS);
});

const refused: [what: string, rule: HeaderRule][] = [
  ["a name that is no token", { for: "/*", set: { "A B": "c" } }],
  ["a name that is empty", { for: "/*", set: { "": "c" } }],
  ["a line end in a value", { for: "/*", set: { A: "b\r\nC: d" } }],
  ["a NUL in a value", { for: "/*", set: { A: "b\0" } }],
  ["letters beyond ASCII", { for: "/*", set: { A: "ä" } }],
  ["Content-Length", { for: "/*", set: { "content-length": "1" } }],
  ["Transfer-Encoding, even to remove it", { for: "/*", set: { "Transfer-Encoding": null } }],
  ["a path without a slash", { for: "a", set: { A: "b" } }],
];
for (const [what, rule] of refused) {
  test(`headerRules() refuse ${what}`, () => assert.throws(() => headerRules([rule]), TypeError));
}
