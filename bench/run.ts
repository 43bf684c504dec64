// `npm run bench`: Heddle beside every peer that this machine has, one core each, under the same load. Prints tables;
// a whole run also writes bench/results/latest.json, docs/images/bench.svg and the tables of docs/performance.md, which
// says how to read them; a part of one writes bench/results/partial.json only.
//
//   node bench/run.ts [--quick] [--cases hot,304] [--peers heddle,nginx] [--before ../another-checkout]
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CASES, type Case } from "./cases.ts";
import { asChart } from "./chart.ts";
import { residentBytes } from "./cpu.ts";
import { entityTag } from "./exchange.ts";
import { findLoadTool, isInstalled, latencyAtRate } from "./load.ts";
import { chooseCores, currentLoad, describeMachine } from "./machine.ts";
import { type Contestant, measureCase, type Rounds, spread, warmUp } from "./measure.ts";
import { allPeers, type Peer } from "./peers.ts";
import type { BenchResult, CaseResult, PeerResult } from "./result.ts";
import { startPeer } from "./server-process.ts";
import { FILES, makeSite } from "./site.ts";
import { withSummary } from "./summary.ts";
import { asTables } from "./table.ts";

const QUICK_CASES = ["hot", "browser", "304", "large"];
const QUICK_PEERS = ["heddle", "heddle-portable", "floor", "nginx-cache", "h2o", "lighttpd"];
const START_COUNT = 3;
const PROJECT = join(import.meta.dirname, "..");

const { values } = parseArgs({
  options: {
    quick: { type: "boolean" },
    cases: { type: "string" },
    peers: { type: "string" },
    before: { type: "string" },
  },
});
const rounds: Rounds = values.quick
  ? { count: 5, durationMs: 250, warmUpMs: 200 }
  : { count: 5, durationMs: 450, warmUpMs: 300 };

const folder = mkdtempSync(join(tmpdir(), "heddle-bench-"));
chmodSync(folder, 0o755); // peers that change their user must be able to read it
const running: Contestant[] = [];
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => cleanUp().then(() => process.exit(1)));
try {
  await run();
} finally {
  await cleanUp();
}

async function cleanUp(): Promise<void> {
  await Promise.all(running.map((contestant) => contestant.stop()));
  rmSync(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  const date = new Date().toISOString();
  const loadBefore = currentLoad();
  const cores = chooseCores();
  // As it is installed: without types to strip, which costs time and memory that no user pays.
  const before = values.before && resolve(values.before);
  for (const project of before === undefined ? [PROJECT] : [PROJECT, before]) build(project);
  const tool = findLoadTool(cores.load);
  const root = join(folder, "site");
  makeSite(root);

  const cases = chosen(CASES, values.cases, values.quick ? QUICK_CASES : undefined);
  const wanted = chosen(allPeers(compileFloor(), before), values.peers, values.quick ? QUICK_PEERS : undefined);
  const missing: { name: string; reason: string }[] = [];
  const starts = new Map<Contestant, number[]>();
  for (const peer of wanted) {
    try {
      if (peer.version === undefined) throw new Error("not installed");
      const [contestant, startsMs] = await start(peer, root, cores.server);
      starts.set(contestant, startsMs);
    } catch (error) {
      missing.push({ name: peer.name, reason: (error as Error).message });
    }
  }

  // What every case needs, an optimising compiler's first look above all, must not be charged to the first.
  for (const contestant of running) await warmUp(CASES[0]!, contestant, tool, values.quick ? 500 : 1000);
  const results: CaseResult[] = [];
  for (const one of cases) {
    process.stderr.write(`${one.title} …\n`);
    const outcomes = await measureCase(one, running, tool, rounds);
    results.push({ name: one.name, title: one.title, outcomes: Object.fromEntries(outcomes) });
  }

  const peers: PeerResult[] = [];
  for (const contestant of running) {
    const { peer, pids } = contestant;
    const version = peer.version ?? "";
    const startMs = spread(starts.get(contestant) ?? []);
    const latency = await latencyAtHalfLoad(contestant, cases[0], results[0], cores.load);
    peers.push({
      name: peer.name,
      title: peer.title,
      version,
      startMs,
      residentBytes: residentBytes(pids),
      ...latency,
    });
  }

  const machineLoad = { before: loadBefore, after: currentLoad() };
  report({
    ...{ date, machine: describeMachine(), cores, loadTool: tool.name, rounds, machineLoad, peers, missing },
    cases: results,
  });
}

/** Starts it several times, for the time to its first answer, and keeps the last one. */
async function start(peer: Peer, root: string, core: string): Promise<[Contestant, number[]]> {
  const startsMs: number[] = [];
  for (let count = 1; ; count++) {
    const server = await startPeer(peer, root, folder, core);
    startsMs.push(server.startMs);
    if (count < START_COUNT) {
      await server.stop();
      continue;
    }
    const contestant = { ...server, etag: await entityTag(FILES.small.target, server.port) };
    running.push(contestant);
    return [contestant, startsMs];
  }
}

async function latencyAtHalfLoad(
  contestant: Contestant,
  one: Case | undefined,
  result: CaseResult | undefined,
  core: string,
): Promise<Pick<PeerResult, "latency">> {
  const outcome = result?.outcomes[contestant.peer.name];
  if (one === undefined || outcome === undefined || "dash" in outcome || contestant.death() !== undefined) return {};
  const perSecond = outcome.repliesPerSecond.median / 2;
  const latency = await latencyAtRate(core, one, contestant, perSecond, folder);
  return latency === undefined ? {} : { latency: { ...latency, perSecond } };
}

function report(result: BenchResult): void {
  console.log(asTables(result));
  // A part of the cases or of the peers must not replace what readers take for the whole.
  const isPart = values.quick || values.cases !== undefined || values.peers !== undefined;
  mkdirSync(join(import.meta.dirname, "results"), { recursive: true });
  const file = join(import.meta.dirname, "results", isPart ? "partial.json" : "latest.json");
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  if (isPart) return;
  writeFileSync(join(PROJECT, "docs", "images", "bench.svg"), asChart(result));
  const page = join(PROJECT, "docs", "performance.md");
  writeFileSync(page, withSummary(readFileSync(page, "utf8"), result));
}

function build(project: string): void {
  execFileSync("npm", ["run", "build", "--silent"], { cwd: project, stdio: ["ignore", "ignore", "inherit"] });
}

/** Path of the compiled floor, undefined without a compiler. */
function compileFloor(): string | undefined {
  if (!isInstalled("gcc")) return undefined;
  const program = join(folder, "floor");
  execFileSync("gcc", ["-O2", "-o", program, join(import.meta.dirname, "floor.c")]);
  return program;
}

/** Those that the flag names, in its order of commas; else the default ones. */
function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  flag: string | undefined,
  fallback: readonly string[] | undefined,
): readonly T[] {
  const names = flag?.split(",") ?? fallback ?? all.map(({ name }) => name);
  return names.map((name) => {
    const found = all.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
    throw new Error(`no "${name}" among ${all.map((candidate) => candidate.name).join(", ")}`);
  });
}
