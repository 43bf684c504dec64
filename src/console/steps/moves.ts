// By which rows of its table a side has moved, from the state before to the state after: the shortest way. Each side has few
// states, and only moves by rows, so a longer way than the shortest would lead through a whole request more.
import type { Transitions } from "../../http/state-machine.ts";

interface Known<By> {
  /** The side has moved, also if it is where it was: then the way leads round. */
  readonly isMoved: boolean;
  /** A step that was not taken. */
  readonly without?: By;
}

/** @returns no step where there is no way */
export function movesBetween<State extends string, By extends string>(
  table: Transitions<State, By>,
  before: State,
  after: State,
  { isMoved, without }: Known<By>,
): By[] {
  if (before === after && !isMoved) return [];
  const ways: { readonly at: State; readonly by: readonly By[] }[] = [{ at: before, by: [] }];
  const seen = new Set<State>();
  for (const { at, by } of ways) {
    for (const [step, next] of Object.entries(table[at]) as [By, State][]) {
      if (step === without || seen.has(next)) continue;
      if (next === after) return [...by, step];
      seen.add(next);
      ways.push({ at: next, by: [...by, step] });
    }
  }
  return [];
}
