// Compares a table of states with the diagram in the opening comment of its file, arrow for arrow.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Transitions } from "../../src/http/state-machine.ts";

export interface DrawnTable {
  readonly name: string;
  readonly table: Transitions<string, string>;
  /** The line above the diagram. */
  readonly heading: string;
}

/** @param file the file that declares the tables */
export function testDiagrams(file: URL, tables: readonly DrawnTable[]): void {
  for (const { name, table, heading } of tables) {
    test(`${name} is what the comment above it shows, arrow for arrow`, () => {
      assert.deepEqual(arrowsOf(table), arrowsUnder(file, heading));
    });

    test(`${name} can be walked from its first state to every other`, () => {
      const states = Object.keys(table);
      const reached = new Set<string>([states[0]!]);
      for (const state of reached) for (const next of Object.values(rowOf(table, state))) reached.add(next);
      assert.deepEqual([...reached].sort(), states.sort());
    });
  }
}

function arrowsOf(table: Transitions<string, string>): string[] {
  return Object.keys(table).flatMap((state) =>
    Object.entries(rowOf(table, state)).map(([step, next]) => `${state} --${step}--> ${next}`),
  );
}

function rowOf(table: Transitions<string, string>, state: string): Record<string, string> {
  return table[state] as Record<string, string>;
}

/** The arrows in the opening comment, from a heading to the end of its paragraph. */
function arrowsUnder(file: URL, heading: string): string[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.replace(/^\/\/ ?/, ""));
  const start = lines.indexOf(heading) + 2;
  return lines.slice(start, lines.indexOf("", start)).map((line) => line.trim());
}
