// What an access log costs: each server with its log and without one, in turn, under the same load. The log is the combined
// form, in a file, and buffered as far as the server can be told. All threads of the server count, and the writes themselves.
import { CASES, type Case } from "./cases.ts";
import { type Contestant, sample, warmUp } from "./measure.ts";
import { spread } from "./spread.ts";
import { type Findings, peersNamed, type Scenario, type Workbench, withContestants } from "./workbench.ts";

const PEERS = ["heddle", "heddle-before", "heddle-portable", "nginx", "nginx-cache", "h2o"];

export const ACCESS_LOG: Scenario = {
  ...{ name: "access-log", title: "an access log, with a browser's head", isLarge: false },
  run,
};

interface Pair {
  readonly title: string;
  readonly without: Contestant;
  readonly logged: Contestant;
}

async function run(bench: Workbench): Promise<Findings> {
  const one = CASES.find(({ name }) => name === "browser")!;
  const peers = peersNamed(bench, PEERS);
  const { root } = bench;
  return withContestants(bench, { peers, root, setup: "plain" }, (without) =>
    withContestants(bench, { peers, root, setup: "log" }, async (logged) => ({
      columns: ["CPU us without", "with", "the log"],
      rows: await rows(one, pairs(without, logged), bench),
    })),
  );
}

/** Servers that were started both ways. */
function pairs(without: readonly Contestant[], logged: readonly Contestant[]): Pair[] {
  return without.flatMap((one) => {
    const other = logged.find(({ peer }) => peer === one.peer);
    return other === undefined ? [] : [{ title: one.peer.title, without: one, logged: other }];
  });
}

async function rows(one: Case, servers: readonly Pair[], { tool, rounds }: Workbench): Promise<Findings["rows"]> {
  for (const { without, logged } of servers)
    for (const server of [without, logged]) await warmUp(one, server, tool, rounds.warmUpMs);
  const taken = servers.map((): [number, number][] => []);
  for (let round = 0; round < rounds.count; round++)
    for (const [index, { without, logged }] of servers.entries()) {
      const costOf = async (server: Contestant): Promise<number> =>
        (await sample(one, server, tool, rounds.durationMs, round)).cpuUs;
      // In turn, so that neither is always the second.
      const first = await costOf(round % 2 === 0 ? without : logged);
      const second = await costOf(round % 2 === 0 ? logged : without);
      taken[index]!.push(round % 2 === 0 ? [first, second] : [second, first]);
    }
  return servers.map(({ title }, index) => ({ title, values: figures(taken[index]!) }));
}

function figures(costs: readonly (readonly [without: number, logged: number])[]): number[] {
  return [
    spread(costs.map(([without]) => without)).median,
    spread(costs.map(([, logged]) => logged)).median,
    spread(costs.map(([without, logged]) => logged - without)).median,
  ];
}
