import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Transitions } from "../http/state-machine.ts";
import { PEER_TRANSITIONS, SELF_TRANSITIONS } from "./state.ts";

const sides = [
  { name: "PEER_TRANSITIONS", table: PEER_TRANSITIONS, heading: "The peer sends requests:" },
  { name: "SELF_TRANSITIONS", table: SELF_TRANSITIONS, heading: "We send replies:" },
] as const;

for (const { name, table, heading } of sides) {
  test(`${name} is what the comment above it shows, arrow for arrow`, () => {
    assert.deepEqual(arrowsOf(table), arrowsUnder(heading));
  });

  test(`${name} can be walked from idle to every state`, () => {
    const reached = new Set<string>(["idle"]);
    for (const state of reached) for (const next of Object.values(rowOf(table, state))) reached.add(next);
    assert.deepEqual([...reached].sort(), Object.keys(table).sort());
  });
}

function arrowsOf(table: Transitions<string, string>): string[] {
  return Object.keys(table).flatMap((state) =>
    Object.entries(rowOf(table, state)).map(([step, next]) => `${state} --${step}--> ${next}`),
  );
}

function rowOf(table: Transitions<string, string>, state: string): Record<string, string> {
  return table[state] as Record<string, string>;
}

/** The arrows in the opening comment of state.ts, from a heading to the end of its paragraph. */
function arrowsUnder(heading: string): string[] {
  const lines = readFileSync(new URL("./state.ts", import.meta.url), "utf8")
    .split("\n")
    .map((line) => line.replace(/^\/\/ ?/, ""));
  const start = lines.indexOf(heading) + 2;
  return lines.slice(start, lines.indexOf("", start)).map((line) => line.trim());
}
