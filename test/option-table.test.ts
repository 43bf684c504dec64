// The documentation of the options agrees with the code: every flag, field, default and limit, and no other.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { schemaJson } from "../docs/json-schema.ts";
import { bulletList, type Entry, markdownTable, TABLE_LIMIT_LENGTH } from "../docs/markdown.ts";
import {
  BLOCKS,
  commandLineEntries,
  limitEntries,
  optionTable,
  README_FIELDS,
  serverEntries,
  siteEntries,
} from "../docs/option-table.ts";
import { flagOf } from "../src/cli/arguments/flags.ts";
import { parseArguments } from "../src/cli/arguments/parse.ts";
import { DEFAULT_LIMITS } from "../src/http1/limits.ts";
import { DEFAULT_HTTP2_LIMITS } from "../src/http2/limits.ts";
import { DEFAULTS } from "../src/options/defaults.ts";
import { OPTION_NAMES } from "../src/options/schema/schema.ts";

for (const block of BLOCKS.filter(({ file }) => existsSync(file))) {
  const name = block.file.pathname.split("/").at(-1);
  test(`${name} has the "${block.name}" part as the code has it (else: node docs/option-table.ts)`, () => {
    const [, start = ""] = readFileSync(block.file, "utf8").split(`<!-- ${block.name} -->\n`);
    assert.equal(start.split(`<!-- /${block.name} -->`)[0], block.text());
  });
}

/** The flag that an entry names, without its short form and its value; undefined for options without a flag. */
function flagsIn({ name, facts }: Entry): string[] {
  const term = name.includes("-") ? name : facts.find((fact) => fact.startsWith("flag "));
  return Array.from((term ?? "").matchAll(/--[\w-]+/g), ([flag]) => flag);
}

test("the lists of docs/options.md and docs/configuration.md have every option of the help text, and no other", () => {
  const help = parseArguments(["--help"], {}, "");
  assert.equal(help.kind, "exit");
  const inHelp = [...help.stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
  const entries = [...serverEntries(), ...siteEntries(), ...commandLineEntries()];
  const listed = entries.flatMap(flagsIn);
  assert.ok(inHelp.length > 10);
  assert.deepEqual(listed.toSorted(), inHelp.toSorted());
});

test("optionTable() has a row for each of ten options, with the words of their flags", () => {
  const rows = optionTable().trimEnd().split("\n").slice(2);
  assert.equal(rows.length, 10);
  for (const [index, field] of README_FIELDS.entries()) {
    const { term, meaning } = flagOf(field)!;
    assert.ok(rows[index]!.startsWith(`| \`${term.replaceAll("|", "\\|")}\``), field);
    assert.ok(rows[index]!.includes(meaning), field);
  }
});

test("bulletList() wraps between words, and never inside of code", () => {
  const list = bulletList([
    { name: "a", meaning: `${"word ".repeat(22)}\`code with spaces\` end`, facts: ["default 1"] },
  ]);
  assert.equal(list, `- **\`a\`**:${" word".repeat(22)}\n  \`code with spaces\` end\n  (default 1)\n`);
});

test("markdownTable() goes on in the next row where a line would be too long", () => {
  const lines = markdownTable(["a|b", "c"], [["x", "word ".repeat(50).trimEnd()]])
    .trimEnd()
    .split("\n");
  assert.equal(lines.length, 4);
  assert.ok(lines.every((line) => line.length === lines[0]!.length && line.length <= TABLE_LIMIT_LENGTH));
  assert.match(lines[0]!, /^\| a\\\|b \| c +\|$/);
  assert.match(lines[3]!, /^\| {6}\| word/);
});

test("schema.json is as the code has it (else: node docs/option-table.ts)", () => {
  assert.equal(readFileSync(new URL("../schema.json", import.meta.url), "utf8"), schemaJson());
});

test("schemaJson() describes every option, and gives those that have one their default", () => {
  const { properties } = JSON.parse(schemaJson());
  assert.deepEqual(Object.keys(properties), ["$schema", ...OPTION_NAMES]);
  for (const name of OPTION_NAMES) assert.ok(properties[name].description.length > 10, name);
  for (const [name, value] of Object.entries(DEFAULTS)) assert.deepEqual(properties[name].default, value, name);
});

test("serverEntries() and siteEntries() have every option with a meaning, and no other", () => {
  const entries = [...serverEntries(), ...siteEntries()];
  assert.deepEqual(new Set(entries.map(({ name }) => name)), new Set(OPTION_NAMES));
  for (const { name, meaning } of entries) assert.ok(meaning.length > 10, name);
});

test("limitEntries() has every limit with its default and a reason, and no other", () => {
  const entries = limitEntries();
  const defaults = entries.map(({ name, facts }) => [name, Number(facts.at(-1)!.replace("default ", ""))]);
  assert.deepEqual(Object.fromEntries(defaults), { ...DEFAULT_LIMITS, ...DEFAULT_HTTP2_LIMITS });
  for (const { name, meaning } of entries) assert.ok(meaning.length > 20, name);
});
