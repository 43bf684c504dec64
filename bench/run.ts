// `npm run bench`: Heddle beside every peer that this machine has, one core each, under the same load. Prints tables;
// a whole run (`--all`) also writes bench/results/latest.json, docs/images/bench.svg and the tables of docs/performance.md,
// which says how to read them; a part of one writes bench/results/partial.json only.
//
//   node bench/run.ts [--all | --quick] [--cases hot,304] [--peers heddle,nginx] [--rounds 3] [--before ../another-checkout]
//                     [--sites /folder/of/the/kept/sites] [--again]
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { withAgain } from "./again.ts";
import { CASES, type Case, HTTP2_CASES, TLS_CASES } from "./cases.ts";
import { asChart } from "./chart.ts";
import { COLD_CASES } from "./cold-cases.ts";
import { compiled } from "./compiled.ts";
import { groupsOf, runGroup } from "./group.ts";
import { defaultKeptFolder } from "./kept-sites.ts";
import { findLoadTool } from "./load.ts";
import { chooseCores, currentLoad, describeMachine } from "./machine.ts";
import type { Rounds } from "./measure.ts";
import { allPeers } from "./peers.ts";
import type { BenchResult, CaseResult, PeerResult, ResultTable } from "./result.ts";
import { SCENARIOS } from "./scenarios.ts";
import { makeSite } from "./site.ts";
import { withSummary } from "./summary.ts";
import { asTables } from "./table.ts";
import type { Workbench } from "./workbench.ts";

const QUICK_CASES = ["hot", "browser", "304", "large"];
const QUICK_PEERS = ["heddle", "heddle-portable", "floor", "nginx-cache", "h2o", "lighttpd"];
const PROJECT = join(import.meta.dirname, "..");

const { values } = parseArgs({
  options: {
    all: { type: "boolean" },
    quick: { type: "boolean" },
    cases: { type: "string" },
    peers: { type: "string" },
    rounds: { type: "string" },
    before: { type: "string" },
    sites: { type: "string" },
    again: { type: "boolean" },
  },
});
const count = Number(values.rounds ?? 5);
const rounds: Rounds = values.quick
  ? { count, durationMs: 250, warmUpMs: 200 }
  : { count, durationMs: 450, warmUpMs: 1500 };

const folder = mkdtempSync(join(tmpdir(), "heddle-bench-"));
chmodSync(folder, 0o755); // peers that change their user must be able to read it
const servers = new Set<{ stop(): Promise<void> }>();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => cleanUp().then(() => process.exit(1)));
try {
  await run();
} finally {
  await cleanUp();
}

async function cleanUp(): Promise<void> {
  await Promise.all([...servers].map((server) => server.stop()));
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

  const chosen = choose(
    [...CASES, ...TLS_CASES, ...HTTP2_CASES, ...COLD_CASES, ...SCENARIOS],
    values.cases,
    values.quick ? QUICK_CASES : undefined,
  );
  const peers = choose(
    allPeers(compiled("floor", folder), before),
    values.peers,
    values.quick ? QUICK_PEERS : undefined,
  );
  const keptFolder = resolve(values.sites ?? defaultKeptFolder());
  const bench: Workbench = {
    peers,
    cores,
    folder,
    root,
    keptFolder,
    tool,
    rounds,
    servers,
    isQuick: values.quick === true,
  };

  const cases: CaseResult[] = [];
  const peerResults = new Map<string, PeerResult>();
  const missing = new Map<string, string>();
  for (const group of groupsOf(chosen.filter((one): one is Case => "shape" in one))) {
    const result = await runGroup(group, bench);
    cases.push(...result.cases);
    for (const peer of result.peers) if (!peerResults.has(peer.name)) peerResults.set(peer.name, peer);
    for (const { name, reason } of result.missing) missing.set(name, reason);
  }
  const tables: ResultTable[] = [];
  for (const one of chosen) {
    if ("shape" in one) continue;
    process.stderr.write(`${one.title} …\n`);
    tables.push({ name: one.name, title: one.title, ...(await one.run(bench)) });
  }

  const machineLoad = { before: loadBefore, after: currentLoad() };
  report({
    ...{ date, machine: describeMachine(), cores, loadTool: tool.name, rounds, machineLoad, cases, tables },
    peers: [...peerResults.values()],
    // A peer that some groups cannot have is a dash there.
    missing: [...missing].flatMap(([name, reason]) => (peerResults.has(name) ? [] : [{ name, reason }])),
  });
}

function report(result: BenchResult): void {
  console.log(asTables(result));
  // A part of the cases or of the peers must not replace what readers take for the whole.
  const isWhole = values.all === true && !values.quick && values.cases === undefined && values.peers === undefined;
  mkdirSync(join(import.meta.dirname, "results"), { recursive: true });
  const file = join(import.meta.dirname, "results", isWhole ? "latest.json" : "partial.json");
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  if (isWhole) publish(result);
  if (!values.again) return;
  const latest = join(import.meta.dirname, "results", "latest.json");
  const whole = withAgain(JSON.parse(readFileSync(latest, "utf8")) as BenchResult, result);
  writeFileSync(latest, `${JSON.stringify(whole, undefined, 2)}\n`);
  publish(whole);
}

function publish(result: BenchResult): void {
  writeFileSync(join(PROJECT, "docs", "images", "bench.svg"), asChart(result));
  const page = join(PROJECT, "docs", "performance.md");
  writeFileSync(page, withSummary(readFileSync(page, "utf8"), result));
}

function build(project: string): void {
  execFileSync("npm", ["run", "build", "--silent"], { cwd: project, stdio: ["ignore", "ignore", "inherit"] });
}

/** Those that the flag names, in its order of commas; else the default ones, without large ones unless all are wanted. */
function choose<T extends { readonly name: string; readonly isLarge?: boolean }>(
  all: readonly T[],
  flag: string | undefined,
  fallback: readonly string[] | undefined,
): readonly T[] {
  const usual = all.filter(({ isLarge }) => values.all || !isLarge);
  const names = flag?.split(",") ?? fallback ?? usual.map(({ name }) => name);
  return names.map((name) => {
    const found = all.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
    throw new Error(`no "${name}" among ${all.map((candidate) => candidate.name).join(", ")}`);
  });
}
