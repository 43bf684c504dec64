// docs/api.md is what docs/api.ts makes of the source, and no export is without a comment.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { API_PAGE, apiPage, undocumented } from "../docs/api.ts";

test("docs/api.md describes the exports as the source has them (else: node docs/api.ts)", () => {
  assert.equal(readFileSync(API_PAGE, "utf8"), apiPage());
});

test("each export of heddle and heddle/http1 has a comment", () => {
  assert.deepEqual(undocumented(), []);
});
