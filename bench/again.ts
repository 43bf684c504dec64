// A whole run takes an hour, and a program that wakes up in the middle spoils the cases of that minute. This measures some
// cases again, and puts them in the place of those of the last whole run.
import type { BenchResult } from "./result.ts";

export function withAgain(whole: BenchResult, part: BenchResult): BenchResult {
  const { date, machineLoad } = part;
  const titles = [...part.cases, ...part.tables].map(({ title }) => title);
  return {
    ...whole,
    cases: whole.cases.map((one) => part.cases.find(({ name }) => name === one.name) ?? one),
    tables: whole.tables.map((one) => part.tables.find(({ name }) => name === one.name) ?? one),
    again: [...(whole.again ?? []), { date, machineLoad, titles }],
  };
}
