// Interleaved rounds: in each, every peer gets the same load for the same short time, one after the other, so that
// what disturbs the machine disturbs all alike. Medians come out, with the lowest and the highest.
import { setTimeout as sleep } from "node:timers/promises";
import type { Case } from "./cases.ts";
import { cpuSeconds, openDescriptorCount, residentBytes } from "./cpu.ts";
import { refusal } from "./exchange.ts";
import { type LoadTool, limitOf } from "./load.ts";
import type { RunningPeer } from "./server-process.ts";
import { MANY_COUNT } from "./site.ts";
import { type Spread, spread } from "./spread.ts";

export interface Figures {
  /** User and system time of the server per reply, in microseconds. */
  readonly cpuUs: Spread;
  readonly repliesPerSecond: Spread;
  /** How much of its core the server used while it was loaded, 0 to 1. */
  readonly busy: Spread;
  /** Connection errors in all rounds together, and rounds without a reply. */
  readonly errorCount: number;
  /** Memory of the server after the case. */
  readonly residentBytes: number;
}

/** Figures, or the reason why there are none. */
export type Outcome = Figures | { readonly dash: string };

/** A server as the rounds see it. */
export interface Contestant extends RunningPeer {
  /** The entity tag that it gave for the small file. */
  readonly etag: string | undefined;
  readonly replyLimit: number | undefined;
}

export interface Rounds {
  readonly count: number;
  readonly durationMs: number;
  /**
   * Unmeasured load before each case until the server has used so much processor time, or four times that has
   * passed: compilers warm up by work, and on a busy machine a fixed time would be less work.
   */
  readonly warmUpMs: number;
}

/** So many random files fill every cache of the peers, whose default is 64 MiB with Heddle and 20,000 files with nginx. */
const CACHE_FILLING_COUNT = 100_000;
/** Rounds have the seeds from 0 on, and ask for other paths than those that warmed the server up. */
const WARM_UP_SEED = 1000;

interface Sample {
  readonly cpuUs: number;
  readonly repliesPerSecond: number;
  readonly busy: number;
  readonly errorCount: number;
}

export async function measureCase(
  one: Case,
  contestants: readonly Contestant[],
  tool: LoadTool,
  rounds: Rounds,
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const samples = new Map<Contestant, Sample[]>();
  for (const contestant of contestants) {
    if (one.peers?.includes(contestant.peer.name) === false) continue;
    const dash = await whyNot(one, contestant, tool, rounds);
    if (dash === undefined) samples.set(contestant, []);
    else outcomes.set(contestant.peer.name, { dash });
  }
  // Long enough for what is looked at once a second to be met again within it.
  const durationMs = isSpread(one) ? 4 * rounds.durationMs : rounds.durationMs;
  for (let round = 0; round < Math.min(rounds.count, one.roundCount ?? Infinity); round++) {
    for (const [contestant, taken] of samples) {
      if (contestant.death() === undefined) taken.push(await sample(one, contestant, tool, durationMs, round));
    }
  }
  for (const [contestant, taken] of samples) {
    const dash = contestant.death();
    outcomes.set(contestant.peer.name, dash === undefined ? summary(taken, contestant) : { dash });
  }
  return outcomes;
}

/** Load that nobody measures. False when the tool cannot make it, or nothing came at all. */
export async function warmUp(one: Case, contestant: Contestant, tool: LoadTool, warmUpMs: number): Promise<boolean> {
  const before = cpuSeconds(contestant.pids);
  const sliceMs = Math.min(warmUpMs, 500);
  let receivedBytes = 0;
  let replyCount = 0;
  // With a limit, one slice after the other would take minutes.
  const leastCount = limitOf(one, contestant) === undefined ? countToWarmUp(one) : 1;
  const longestMs = isSpread(one) ? 20 * warmUpMs : 4 * warmUpMs;
  for (let passedMs = 0; passedMs < longestMs; passedMs += sliceMs) {
    await untilFilesAreClosed(one, contestant);
    const load = await tool.run(one, contestant, sliceMs, WARM_UP_SEED + passedMs);
    if (load === undefined) return false;
    receivedBytes += load.receivedBytes;
    replyCount += load.replyCount;
    const hasWorked = (cpuSeconds(contestant.pids) - before) * 1000 >= warmUpMs || leastCount === 1;
    const isWarm = hasWorked && replyCount >= leastCount;
    if (receivedBytes > 0 && isWarm) break;
  }
  return receivedBytes > 0;
}

/** So many that each file was asked for, or the first round would measure how files are opened for the first time. */
function countToWarmUp({ shape, paths }: Case): number {
  if (shape === "many") return 2 * MANY_COUNT;
  return Math.min(5 * Math.max(paths?.count ?? 0, paths?.hostCount ?? 0), CACHE_FILLING_COUNT);
}

/** A server that may only be asked so often must have closed what it opened before. */
async function untilFilesAreClosed(one: Case, contestant: Contestant): Promise<void> {
  if (limitOf(one, contestant) === undefined) return;
  const deadline = performance.now() + 30_000;
  while (openDescriptorCount(contestant.pids) > 1000 && performance.now() < deadline) await sleep(200);
}

/** Requests go to many files or paths. */
function isSpread({ shape }: Case): boolean {
  return shape === "many" || shape === "random";
}

/** A wrong answer, or a load that the tool cannot make. Warms up on the way. */
async function whyNot(one: Case, contestant: Contestant, tool: LoadTool, rounds: Rounds): Promise<string | undefined> {
  if (contestant.peer.name === "floor" && !one.isForFloor) return "it has one fixed reply";
  const ended = contestant.death();
  if (ended !== undefined) return ended;
  const refused = await refusal(one, contestant.port, contestant.etag);
  if (refused !== undefined) return refused;
  return (await warmUp(one, contestant, tool, rounds.warmUpMs)) ? undefined : `no replies from ${tool.name}`;
}

export async function sample(
  one: Case,
  contestant: Contestant,
  tool: LoadTool,
  durationMs: number,
  seed: number,
): Promise<Sample> {
  await untilFilesAreClosed(one, contestant);
  const before = cpuSeconds(contestant.pids);
  const load = await tool.run(one, contestant, durationMs, seed);
  const seconds = cpuSeconds(contestant.pids) - before;
  if (load === undefined) throw new Error(`${tool.name} made no load`);
  const byBytes = one.isCountedByBytes && one.contentLength !== undefined;
  const replies = byBytes ? load.receivedBytes / (one.contentLength ?? 1) : load.replyCount;
  return {
    cpuUs: (seconds * 1e6) / replies,
    repliesPerSecond: replies / load.durationSeconds,
    busy: seconds / load.durationSeconds,
    errorCount: load.errorCount,
  };
}

function summary(samples: readonly Sample[], { pids }: Contestant): Figures {
  // A round without a reply, as when a server holds back for a while, has no processor time per reply.
  const answered = samples.filter(({ cpuUs }) => Number.isFinite(cpuUs));
  return {
    cpuUs: spread(answered.map(({ cpuUs }) => cpuUs)),
    repliesPerSecond: spread(samples.map(({ repliesPerSecond }) => repliesPerSecond)),
    busy: spread(samples.map(({ busy }) => busy)),
    errorCount: samples.reduce((sum, { errorCount }) => sum + errorCount, samples.length - answered.length),
    residentBytes: residentBytes(pids),
  };
}
