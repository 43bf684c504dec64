// How long a hot file takes at a steady rate while something else keeps the server busy (steady.c).
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Case } from "./cases.ts";
import { COLD_CASES } from "./cold-cases.ts";
import { compiled } from "./compiled.ts";
import type { Contestant } from "./measure.ts";
import { onCore } from "./server-process.ts";
import { FILES } from "./site.ts";
import type { Workbench } from "./workbench.ts";

const RATE = 2000;

export interface SteadyLatency {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly mostUs: number;
}

export async function steadyLatency(bench: Workbench, { port }: Contestant, seconds: number): Promise<SteadyLatency> {
  const program = compiled("steady", bench.folder);
  if (program === undefined) throw new Error("no compiler for steady.c");
  const command = [program, `${port}`, FILES.small.target, `${RATE}`, `${seconds}`] as const;
  const [file, ...argv] = onCore(bench.cores.load, command);
  const { stdout } = await promisify(execFile)(file, argv, { timeout: (seconds + 10) * 1000 });
  const [, p50Us = NaN, p99Us = NaN, mostUs = NaN] = stdout.split(" ").map(Number);
  return { p50Us, p99Us, mostUs };
}

/** The same, while `connectionCount` connections ask for all that the case names as fast as they can. */
export async function latencyUnderCrawl(
  bench: Workbench,
  contestant: Contestant,
  crawl: { readonly name: string; readonly connectionCount: number; readonly seed: number },
  seconds: number,
): Promise<SteadyLatency & { readonly repliesPerSecond: number }> {
  const one: Case = { ...caseNamed(crawl.name), connectionCount: crawl.connectionCount };
  const load = bench.tool.run(one, contestant, (seconds + 0.5) * 1000, crawl.seed);
  const latency = await steadyLatency(bench, contestant, seconds);
  const { replyCount = 0, receivedBytes = 0, durationSeconds = 1 } = (await load) ?? {};
  const replies = one.isCountedByBytes ? receivedBytes / (one.contentLength ?? 1) : replyCount;
  return { ...latency, repliesPerSecond: replies / durationSeconds };
}

function caseNamed(name: string): Case {
  const found = COLD_CASES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}
