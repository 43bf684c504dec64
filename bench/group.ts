// Cases that are asked of the same servers: same site, same setup. The servers of a group are started together, and stopped
// after it.
import { CASES, type Case } from "./cases.ts";
import { Contestants, type Missing } from "./contestants.ts";
import { residentBytes } from "./cpu.ts";
import { KEPT_SITES, keptSite, warmPages } from "./kept-sites.ts";
import { latencyAtRate } from "./load.ts";
import { type Contestant, measureCase, warmUp } from "./measure.ts";
import type { CaseResult, PeerResult } from "./result.ts";
import type { Workbench } from "./workbench.ts";

const START_COUNT = 3;

export interface GroupResult {
  readonly cases: readonly CaseResult[];
  readonly peers: readonly PeerResult[];
  readonly missing: readonly Missing[];
}

export function groupsOf(cases: readonly Case[]): readonly (readonly [Case, ...Case[]])[] {
  return Object.values(Object.groupBy(cases, ({ site, setup }) => `${site} ${setup}`)) as [Case, ...Case[]][];
}

export async function runGroup(cases: readonly [Case, ...Case[]], bench: Workbench): Promise<GroupResult> {
  const { site, setup } = cases[0];
  const root = await rootOf(site, bench);
  const contestants = new Contestants({ root, setup, parentFolder: bench.folder, core: bench.cores.server });
  bench.servers.add(contestants);
  const wanted = bench.peers.filter(({ name }) => cases.some(({ peers }) => peers?.includes(name) ?? true));
  await contestants.start(wanted, site === "small" ? START_COUNT : 1);
  // What every case needs, an optimising compiler's first look above all, must not be charged to the first.
  for (const one of contestants.running)
    await warmUp({ ...CASES[0]!, setup, protocol: cases[0].protocol }, one, bench.tool, bench.isQuick ? 500 : 1000);
  const results: CaseResult[] = [];
  for (const one of cases) {
    process.stderr.write(`${one.title} …\n`);
    await contestants.restartEnded();
    const outcomes = await measureCase(one, contestants.running, bench.tool, bench.rounds);
    for (const { name, reason } of contestants.missing) {
      if (one.peers?.includes(name) ?? true) outcomes.set(name, { dash: reason });
    }
    results.push({ name: one.name, title: one.title, outcomes: Object.fromEntries(outcomes) });
  }
  await contestants.restartEnded();
  const peers: PeerResult[] = [];
  for (const one of contestants.running) {
    const latency = await latencyAtHalfLoad(one, cases[0], results[0], bench);
    const { name, title, version = "" } = one.peer;
    const startMs = contestants.startMs(one.peer);
    peers.push({ name, title, version, startMs, residentBytes: residentBytes(one.pids), ...latency });
  }
  await contestants.stop();
  bench.servers.delete(contestants);
  return { cases: results, peers, missing: contestants.missing };
}

async function rootOf(site: Case["site"], { root, keptFolder }: Workbench): Promise<string> {
  if (site === "small") return root;
  const path = await keptSite(keptFolder, site);
  process.stderr.write(`reading ${KEPT_SITES[site].fileCount} files of ${path} into the page cache …\n`);
  await warmPages(path, KEPT_SITES[site]);
  return path;
}

/** Of the first case, unless it asks for many paths, which h2load cannot. */
async function latencyAtHalfLoad(
  contestant: Contestant,
  one: Case,
  result: CaseResult | undefined,
  { cores, folder }: Workbench,
): Promise<Pick<PeerResult, "latency">> {
  const outcome = result?.outcomes[contestant.peer.name];
  if (one.shape !== "single" || one.protocol !== "http/1.1" || outcome === undefined || "dash" in outcome) return {};
  if (contestant.death() !== undefined) return {};
  const perSecond = outcome.repliesPerSecond.median / 2;
  const latency = await latencyAtRate(cores.load, one, contestant, perSecond, folder);
  return latency === undefined ? {} : { latency: { ...latency, perSecond } };
}
