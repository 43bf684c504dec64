// What a server costs that nobody asks anything: wake-ups and processor time, all servers at once, which disturbs none of
// them, with one site and with a thousand.
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSeconds, wakeUpCount } from "./cpu.ts";
import { keptSite } from "./kept-sites.ts";
import type { Setup } from "./place.ts";
import { type Findings, peersNamed, type Scenario, type Workbench, withContestants } from "./workbench.ts";

const PEERS = [
  ...["heddle", "heddle-before", "heddle-portable", "heddle-portable-before"],
  ...["nginx", "h2o", "lighttpd", "caddy", "bun", "sirv"],
];
/** Compilers and garbage collectors that finish what the start began. */
const SETTLING_MS = 5000;
const DURATION_MS = 30_000;

export const IDLE: Scenario = { name: "idle", title: "idle", isLarge: false, run };

interface Idleness {
  readonly wakeUpsPerSecond: number;
  readonly cpuPercent: number;
}

async function run(bench: Workbench): Promise<Findings> {
  const one = await measure(bench, bench.root, "plain");
  const thousand = await measure(bench, await keptSite(bench.keptFolder, "sites-1000"), "thousand-sites");
  const values = (found: Idleness | undefined): (number | string)[] => {
    return found === undefined ? ["-", "-"] : [found.wakeUpsPerSecond, found.cpuPercent];
  };
  return {
    columns: ["wake-ups/s", "CPU %", "1,000 sites, wake-ups/s", "1,000 sites, CPU %"],
    rows: peersNamed(bench, PEERS)
      .filter(({ name }) => one.has(name))
      .map(({ name, title }) => ({ title, values: [...values(one.get(name)), ...values(thousand.get(name))] })),
  };
}

function measure(bench: Workbench, root: string, setup: Setup): Promise<ReadonlyMap<string, Idleness>> {
  return withContestants(bench, { peers: peersNamed(bench, PEERS), root, setup }, async (running) => {
    await sleep(bench.isQuick ? SETTLING_MS / 2 : SETTLING_MS);
    const before = running.map(({ pids }) => ({ cpu: cpuSeconds(pids), wakeUps: wakeUpCount(pids) }));
    const startedAt = performance.now();
    await sleep(bench.isQuick ? DURATION_MS / 5 : DURATION_MS);
    const seconds = (performance.now() - startedAt) / 1000;
    return new Map(
      running.map(({ peer, pids }, index) => {
        const { cpu, wakeUps } = before[index]!;
        const wakeUpsPerSecond = (wakeUpCount(pids) - wakeUps) / seconds;
        return [peer.name, { wakeUpsPerSecond, cpuPercent: ((cpuSeconds(pids) - cpu) * 100) / seconds }];
      }),
    );
  });
}
