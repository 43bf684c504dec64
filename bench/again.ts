// A whole run takes an hour, and a program that wakes up in the middle spoils the cases of that minute. This measures some
// cases again, and puts them in the place of those of the last whole run. What that run did not have yet comes last.
import type { BenchResult } from "./result.ts";

export function withAgain(whole: BenchResult, part: BenchResult): BenchResult {
  const { date, machineLoad } = part;
  const titles = [...part.cases, ...part.tables].map(({ title }) => title);
  return {
    ...whole,
    cases: replaced(whole.cases, part.cases),
    tables: replaced(whole.tables, part.tables),
    peers: [...whole.peers, ...part.peers.filter(({ name }) => !whole.peers.some((peer) => peer.name === name))],
    again: [...(whole.again ?? []), { date, machineLoad, titles }],
  };
}

/** Those of `whole` with the ones of the same name from `part` in their place, then what is new in `part`. */
function replaced<T extends { readonly name: string }>(whole: readonly T[], part: readonly T[]): readonly T[] {
  const isNew = part.filter(({ name }) => !whole.some((one) => one.name === name));
  return [...whole.map((one) => part.find(({ name }) => name === one.name) ?? one), ...isNew];
}
