import { setTimeout } from "node:timers/promises";

/** Resolves when the condition holds. There is no limit: a condition that never holds ends at the time limit of its test. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(2);
}
