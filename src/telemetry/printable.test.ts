import assert from "node:assert/strict";
import { test } from "node:test";
import { printable } from "./printable.ts";

test("printable() leaves words in any language alone", () => {
  assert.equal(printable("/srv/Über uns/日本"), "/srv/Über uns/日本");
});

test("printable() writes control characters as what they are", () => {
  assert.equal(printable("\0\x1b[2J\r\n\x7f\x9b"), "\\x00\\x1b[2J\\x0d\\x0a\\x7f\\x9b");
});
