// docs/http-support.md claims nothing about HTTP without a test: docs/tests/http-support.md names tests for each row that
// is not left out, each of these tests exists, and the tables go through the sections of each RFC in order.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../", import.meta.url);
const PAGE = readFileSync(new URL("docs/http-support.md", ROOT), "utf8");
const TESTS_PAGE = readFileSync(new URL("docs/tests/http-support.md", ROOT), "utf8");

/** "done" may say how; the other states give a reason or a status. */
const STATE = /^(?:done(?:: .+)?|(?:refused|in part|left out): .+)$/;
const TEST = /`([^`]+\.ts)`: `([^`]+)`/;
const TESTS = new RegExp(`^${TEST.source}(?:; ${TEST.source})*$`);

/** The first and the last chapter: if one of these were missing, no gap would show it. */
const chapters: Record<string, [first: string, last: string]> = {
  rfc9110: ["1", "18"],
  rfc9111: ["1", "8"],
  rfc9112: ["1", "12"],
  rfc9113: ["1", "11"],
  rfc9218: ["1", "16"],
  rfc7541: ["1", "8"],
  rfc9842: ["1", "10"],
  rfc9530: ["1", "8"],
};

for (const [name, [first, last]] of Object.entries(chapters)) {
  const rows = rowsOf(name);
  const tests = testsOf(name);

  test(`docs/tests/http-support.md has an entry for each ${name} row that is not left out, in order`, () => {
    const shown = rows.filter(({ state }) => !state.startsWith("left out"));
    assert.deepEqual(
      tests.map(([section]) => section),
      shown.map(({ section }) => section),
    );
  });

  test(`the ${name} table of docs/http-support.md goes through the sections in order, each once`, () => {
    const sections = rows.flatMap(({ section }) => expand(section));
    assert.deepEqual([sections[0], sections.at(-1)], [first, last]);
    for (const [index, section] of sections.slice(1).entries()) {
      const before = sections[index]!;
      assert.ok(follows(section, before), `§${section} stands behind §${before}`);
    }
  });

  const testsBySection = new Map(tests);
  for (const { section, state } of rows) {
    test(`the ${name} row of §${section} is ${state.replace(/:.*/, "")}, with tests that are there`, () => {
      assert.match(state, STATE);
      const named = testsBySection.get(section) ?? "";
      if (state.startsWith("left out")) return assert.equal(named, "");
      assert.match(named, TESTS);
      for (const [, file, fragment] of named.matchAll(new RegExp(TEST, "g"))) {
        const path = new URL(file!, ROOT);
        assert.ok(existsSync(path), `there is no ${file}`);
        assert.ok(readFileSync(path, "utf8").includes(fragment!), `${file} has no ${fragment}`);
      }
    });
  }
}

function rowsOf(name: string): { section: string; state: string }[] {
  const [, start = ""] = PAGE.split(`<!-- ${name} -->`);
  const lines = start.split(`<!-- /${name} -->`)[0]!.trim().split("\n").slice(2);
  return lines.map((line) => {
    const [section = "", , state = "", ...more] = line.split("|").slice(1, -1);
    assert.deepEqual(more, [], line);
    return { section: section.trim(), state: state.trim() };
  });
}

/** The entries below the heading of an RFC, "rfc9110": their section, and the tests that they name in one line. */
function testsOf(name: string): [section: string, tests: string][] {
  const [, start = ""] = TESTS_PAGE.split(`## ${name.replace("rfc", "RFC ")}\n`);
  const entries = start.split(/^## /m)[0]!.split(/^- §/m).slice(1);
  return entries.map((entry) => {
    const [section = "", tests = ""] = entry.trim().split(/:\n(.*)/s);
    return [section, tests.replaceAll(/\s*\n\s*/g, " ").trim()];
  });
}

/** "3.4 to 3.9" -> 3.4, 3.5, 3.6, 3.7, 3.8, 3.9 */
function expand(section: string): string[] {
  const [, parent = "", from, to = from] = /^((?:\d+\.)*)(\d+)(?: to \1(\d+))?$/.exec(section) ?? [];
  assert.ok(Number(from) <= Number(to), `not a section: ${section}`);
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => `${parent}${Number(from) + index}`);
}

/**
 * A section is followed by its first subsection, by its sibling, or by a sibling of a section that it is in; and
 * a section without a row of its own, by its first subsection.
 */
function follows(section: string, before: string): boolean {
  if (isNextSibling(section, before)) return true;
  const parent = section.replace(/\.1$/, "");
  return parent !== section && (parent === before || follows(parent, before));
}

function isNextSibling(section: string, before: string): boolean {
  for (let ancestor = before; ancestor !== ""; ancestor = ancestor.replace(/\.?\d+$/, "")) {
    if (section === ancestor.replace(/\d+$/, (number) => String(Number(number) + 1))) return true;
  }
  return false;
}
