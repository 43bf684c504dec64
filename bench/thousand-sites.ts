// A thousand sites in one configuration compared with one: the time to the first answer, memory, and requests for random hosts.
import { setTimeout as sleep } from "node:timers/promises";
import type { Case } from "./cases.ts";
import { COLD_CASES } from "./cold-cases.ts";
import { Contestants } from "./contestants.ts";
import { residentBytes } from "./cpu.ts";
import { exchange } from "./exchange.ts";
import { keptSite } from "./kept-sites.ts";
import { type Contestant, sample, warmUp } from "./measure.ts";
import { hostName, type Setup, SITE_COUNT, siteName } from "./place.ts";
import { spread } from "./spread.ts";
import { type Findings, peersNamed, type Scenario, type Workbench } from "./workbench.ts";

const PEERS = ["heddle", "heddle-before", "heddle-portable", "heddle-portable-before", "nginx", "h2o", "lighttpd"];
const START_COUNT = 5;
const SETTLING_MS = 1000;

export const THOUSAND_SITES: Scenario = { name: "sites-1000", title: "1,000 sites", isLarge: false, run };

/** A server with one site or with a thousand. */
interface Setting {
  readonly startMs: number;
  /** One second after the first answer, and after each site was asked for. */
  readonly residentAtStart: number;
  readonly residentAfter: number;
  readonly cpuUs: number;
}

async function run(bench: Workbench): Promise<Findings> {
  const root = await keptSite(bench.keptFolder, "sites-1000");
  const one = await measure(bench, root, "plain");
  const thousand = await measure(bench, root, "thousand-sites");
  return {
    columns: [
      ...["first answer of one, ms", "of 1,000", "KiB/site at the start", "KiB/site after use"],
      ...["us/reply, one site", "us/reply, 1,000 sites"],
    ],
    rows: peersNamed(bench, PEERS).flatMap(({ name, title }) => {
      const [single, many] = [one.get(name), thousand.get(name)];
      if (single === undefined || many === undefined) return [];
      const perSite = (before: number, after: number): number => (after - before) / 1024 / SITE_COUNT;
      const atStart = perSite(single.residentAtStart, many.residentAtStart);
      const after = perSite(single.residentAfter, many.residentAfter);
      return [{ title, values: [single.startMs, many.startMs, atStart, after, single.cpuUs, many.cpuUs] }];
    }),
  };
}

async function measure(bench: Workbench, root: string, setup: Setup): Promise<ReadonlyMap<string, Setting>> {
  const contestants = new Contestants({ root, setup, parentFolder: bench.folder, core: bench.cores.server });
  bench.servers.add(contestants);
  try {
    await contestants.start(peersNamed(bench, PEERS), START_COUNT);
    await sleep(SETTLING_MS);
    const atStart = contestants.running.map(({ pids }) => residentBytes(pids));
    const cpuUs = await underLoad(bench, contestants.running, setup);
    return new Map(
      contestants.running.map(({ peer, pids }, index) => {
        const figures = { residentAtStart: atStart[index]!, residentAfter: residentBytes(pids), cpuUs: cpuUs[index]! };
        return [peer.name, { startMs: contestants.startMs(peer).median, ...figures }];
      }),
    );
  } finally {
    await contestants.stop();
    bench.servers.delete(contestants);
  }
}

/** Random files of one host, or random hosts, in interleaved rounds. */
async function underLoad(bench: Workbench, running: readonly Contestant[], setup: Setup): Promise<readonly number[]> {
  const hostCount = setup === "thousand-sites" ? SITE_COUNT : 0;
  // The same thousand files, from one site or each from its own.
  const paths = {
    pattern: hostCount > 0 ? "/1k.txt" : "/{b}/1k.txt",
    count: hostCount > 0 ? 1 : SITE_COUNT,
    hostCount,
  };
  const one: Case = { ...COLD_CASES[0]!, target: "/1k.txt", paths };
  for (const contestant of running) {
    if (hostCount > 0) await checkHosts(contestant);
    await warmUp(one, contestant, bench.tool, 1000);
  }
  const samples = running.map((): number[] => []);
  for (let round = 0; round < bench.rounds.count; round++) {
    for (const [index, contestant] of running.entries()) {
      const { cpuUs } = await sample(one, contestant, bench.tool, 2 * bench.rounds.durationMs, round);
      samples[index]!.push(cpuUs);
    }
  }
  return samples.map((taken) => spread(taken).median);
}

/** A host's files are those of its own folder, and not those of the whole root. */
async function checkHosts({ peer, port }: Contestant): Promise<void> {
  const name = siteName(SITE_COUNT - 1);
  for (const [target, status] of [["/1k.txt", 200] as const, [`/${name}/1k.txt`, 404] as const]) {
    const host = hostName(SITE_COUNT - 1);
    const answer = await exchange({ port, target, host, setup: "thousand-sites" }, 2000);
    if (answer.status !== status) throw new Error(`${peer.name}: ${target} of the last host has ${answer.status}`);
  }
}
