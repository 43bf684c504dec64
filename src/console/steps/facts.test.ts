// What the page says of each step is true: each function is declared in the file that is named, and each station is there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isDeclared } from "../../../test/support/declared.ts";
import { STEP_FACTS } from "./facts.ts";

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8");
const GUIDE = read("docs/a-request.md");

for (const [step, { places, station, sections }] of Object.entries(STEP_FACTS)) {
  for (const [name, file] of places) {
    test(`step "${step}": ${name} is declared in ${file}`, () => assert.ok(isDeclared(name, read(file))));
  }

  test(`step "${step}" names a station of docs/a-request.md, and a section that an RFC has`, () => {
    assert.match(GUIDE, new RegExp(`^### ${station}\\. `, "m"));
    for (const [section] of sections) assert.match(section, /^RFC \d{4} §\d+(\.\d+)*$/);
  });
}
