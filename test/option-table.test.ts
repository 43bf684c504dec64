// The documentation of the options says what the code does: every flag, field, default and limit, and no other.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { documentedFields } from "../docs/documented-fields.ts";
import { schemaJson } from "../docs/json-schema.ts";
import { BLOCKS, fieldTable, limitTable, optionTable, siteTable } from "../docs/option-table.ts";
import { parseArguments } from "../src/cli/arguments.ts";
import { DEFAULT_LIMITS } from "../src/http1/limits.ts";
import { DEFAULTS, OPTION_NAMES } from "../src/options.ts";

for (const block of BLOCKS.filter(({ file }) => existsSync(file))) {
  const name = block.file.pathname.split("/").at(-1);
  test(`${name} has the "${block.name}" table as the code has it (else: node docs/option-table.ts)`, () => {
    const [, start = ""] = readFileSync(block.file, "utf8").split(`<!-- ${block.name} -->\n`);
    assert.equal(start.split(`<!-- /${block.name} -->`)[0], block.table());
  });
}

test("optionTable() has a row for every option of the help text, and no other", () => {
  const help = parseArguments(["--help"], {}, "");
  assert.equal(help.kind, "exit");
  const inHelp = [...help.stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
  const inTable = [...optionTable().matchAll(/^\| `(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
  assert.ok(inHelp.length > 10);
  assert.deepEqual(inTable, inHelp);
});

test("schema.json is as the code has it (else: node docs/option-table.ts)", () => {
  assert.equal(readFileSync(new URL("../schema.json", import.meta.url), "utf8"), schemaJson());
});

test("schemaJson() describes every option, and gives those that have one their default", () => {
  const { properties } = JSON.parse(schemaJson());
  assert.deepEqual(Object.keys(properties), ["$schema", ...OPTION_NAMES]);
  for (const name of OPTION_NAMES) assert.ok(properties[name].description.length > 10, name);
  for (const [name, value] of Object.entries(DEFAULTS)) assert.equal(properties[name].default, value, name);
});

test("fieldTable() and siteTable() have a row for every option, and no other", () => {
  const ofServer = cellsOf(fieldTable(), 3);
  const ofSite = cellsOf(siteTable(), 1);
  assert.deepEqual(new Set([...ofServer, ...ofSite]), new Set(OPTION_NAMES));
});

function cellsOf(table: string, column: number): string[] {
  const rows = table.trimEnd().split("\n").slice(2);
  const cells = rows.map((row) => row.split(/(?<!\\)\|/)[column]!.trim());
  return cells.map((cell) => cell.replaceAll("`", "")).filter(Boolean);
}

test("limitTable() has a row with a reason for every limit, and no other", () => {
  const rows = limitTable().trimEnd().split("\n").slice(2);
  const cells = rows.map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  assert.deepEqual(
    Object.fromEntries(cells.map(([, name, , value]) => [name?.replaceAll("`", ""), Number(value)])),
    DEFAULT_LIMITS,
  );
  assert.ok(cells.every(([, , , , reason]) => reason!.length > 20));
});

/** What is not written as JSON writes it. */
const SHOWN: Readonly<Record<string, (value: number) => string>> = {
  cacheLimitBytes: (value) => `${value / 2 ** 20} MiB`,
  socketMode: (value) => `0o${value.toString(8)}`,
};
for (const [name, value] of Object.entries(DEFAULTS)) {
  test(`ServerOptions.${name} documents its default as it is`, () => {
    const documented = documentedFields("../src/options.ts", "ServerOptions").find((field) => field.name === name);
    const shown = SHOWN[name]?.(Number(value)) ?? JSON.stringify(value);
    assert.match(documented?.byDefault ?? "", new RegExp(`^${shown}($|[,:] )`));
  });
}
