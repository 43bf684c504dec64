// The words that users read: no message uses a word that STYLE.md's plain English has retired. Looks at the strings of
// src/, not at its comments.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { stringLiteralsOf } from "./support/string-literals.ts";

const PROJECT = join(import.meta.dirname, "..");

/** Each with the plain word. */
const RETIRED: readonly (readonly [retired: RegExp, plain: string])[] = [
  [/\bwho(?:so)?ever\b/i, "a visitor, a user, anyone"],
  [/\b(?:is|are|was|were|wanted) none\b/i, "there is no …"],
  [/\bnone of its\b/i, "not one of its"],
  [/\bbut for\b/i, "except"],
  [/\bof before\b/i, "previous, earlier"],
  [/\bthe (?:release|one|time) before\b/i, "the previous …"],
  [/\bbeside\b/i, "next to, in addition to, compared to"],
  [/\bin vain\b/i, "without success"],
  [/\bfor ever\b/i, "forever, always"],
  [/\bdear\b/i, "expensive"],
  [/\blasting\b/i, "long-lived"],
  [/\bfellows?\b/i, "others"],
  [/\bbur(?:y|ied)\b/i, "remove"],
  [/\bstillborn\b/i, "failed at the start"],
  [/\bof its own\b/i, "its own"],
  // "who", "what" as a subject or an object without a noun: "who asks says", "what is served is listed".
  [/(?:^|[:,;(] ?|\b(?:and|of) )who (?!may\b)/i, "the user, the client, a visitor who …"],
  [/(?:^|[:,;] )what (?:is|are|was|has|stands|lies|comes)\b/i, "the thing itself"],
  [/\bsidecars?\b/i, "precompressed file"],
  [/docs\/[\w-]+\.md/, "heddle help <page>"],
];

/** Strings that have such a word and stay as they are, each for its reason. */
const ALLOWED: readonly (readonly [text: RegExp, reason: string])[] = [[/^\.{1,2}\//, "the path of an import"]];

const FILES = globSync("src/**/*.ts", { cwd: PROJECT, exclude: ["**/*.test.ts"] }).sort();

for (const [room, files] of Map.groupBy(FILES, roomOf)) {
  test(`no message of ${room} uses a retired word`, () => {
    const found = files
      .flatMap((file) => stringLiteralsOf(readFileSync(join(PROJECT, file), "utf8")).map((one) => ({ file, ...one })))
      .flatMap(({ file, line, text }) =>
        complaints(text).map((plain) => `${file}:${line}: "${text}" (plain: ${plain})`),
      );
    assert.deepEqual(found, []);
  });
}

test("stringLiteralsOf() finds strings and templates, and neither comments nor regular expressions", () => {
  const source = [
    '// "a comment"',
    "const one = \"it's\"; /* 'b' */",
    `const two = \`x \${one === "in" ? \`y \${'z'}\` : /[\`"]/} w\`;`,
    "const ratio = 4 / 2 / 1; const three = 'c';",
  ].join("\n");
  assert.deepEqual(
    stringLiteralsOf(source).map(({ line, text }) => `${line} ${text}`),
    ["2 it's", "3 in", "3 z", "3 y …", "3 x … w", "4 c"],
  );
});

function roomOf(file: string): string {
  return file.split(/[\\/]/).slice(0, 2).join("/");
}

function complaints(text: string): string[] {
  if (ALLOWED.some(([allowed]) => allowed.test(text))) return [];
  return RETIRED.filter(([retired]) => retired.test(text)).map(([, plain]) => plain);
}
