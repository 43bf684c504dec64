// Interleaved rounds: in each, every peer gets the same load for the same short time, one after the other, so that
// what disturbs the machine disturbs all alike. Medians come out, with the lowest and the highest.
import type { Case } from "./cases.ts";
import { cpuSeconds } from "./cpu.ts";
import { refusal } from "./exchange.ts";
import type { LoadTool } from "./load.ts";
import type { RunningPeer } from "./server-process.ts";
import { MANY_COUNT } from "./site.ts";

export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface Figures {
  /** User and system time of the server per reply, in microseconds. */
  readonly cpuUs: Spread;
  readonly repliesPerSecond: Spread;
  /** How much of its core the server used while it was loaded, 0 to 1. */
  readonly busy: Spread;
  /** Connection errors in all rounds together. */
  readonly errorCount: number;
}

/** Figures, or the reason why there are none. */
export type Outcome = Figures | { readonly dash: string };

/** A server as the rounds see it. */
export interface Contestant extends RunningPeer {
  /** The entity tag that it gave for the small file. */
  readonly etag: string | undefined;
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
    const dash = await whyNot(one, contestant, tool, rounds);
    if (dash === undefined) samples.set(contestant, []);
    else outcomes.set(contestant.peer.name, { dash });
  }
  // Long enough for what is looked at once a second to be met again within it.
  const durationMs = one.shape === "many" ? 4 * rounds.durationMs : rounds.durationMs;
  for (let round = 0; round < rounds.count; round++) {
    for (const [contestant, taken] of samples) {
      if (contestant.death() === undefined) taken.push(await sample(one, contestant, tool, durationMs));
    }
  }
  for (const [contestant, taken] of samples) {
    const dash = contestant.death();
    outcomes.set(contestant.peer.name, dash === undefined ? summary(taken) : { dash });
  }
  return outcomes;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    lowest: at(0),
    highest: at(sorted.length - 1),
  };
}

/** Load that nobody measures. False when the tool cannot make it, or nothing came at all. */
export async function warmUp(one: Case, contestant: Contestant, tool: LoadTool, warmUpMs: number): Promise<boolean> {
  const before = cpuSeconds(contestant.pids);
  const sliceMs = Math.min(warmUpMs, 500);
  let receivedBytes = 0;
  let replyCount = 0;
  // Each file twice at least, or the first round would measure how files are opened for the first time.
  const leastCount = one.shape === "many" ? 2 * MANY_COUNT : 0;
  const longestMs = one.shape === "many" ? 20 * warmUpMs : 4 * warmUpMs;
  for (let passedMs = 0; passedMs < longestMs; passedMs += sliceMs) {
    const load = await tool.run(one, contestant, sliceMs);
    if (load === undefined) return false;
    receivedBytes += load.receivedBytes;
    replyCount += load.replyCount;
    const isWarm = (cpuSeconds(contestant.pids) - before) * 1000 >= warmUpMs && replyCount >= leastCount;
    if (receivedBytes > 0 && isWarm) break;
  }
  return receivedBytes > 0;
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

async function sample(one: Case, contestant: Contestant, tool: LoadTool, durationMs: number): Promise<Sample> {
  const before = cpuSeconds(contestant.pids);
  const load = await tool.run(one, contestant, durationMs);
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

function summary(samples: readonly Sample[]): Figures {
  return {
    cpuUs: spread(samples.map(({ cpuUs }) => cpuUs)),
    repliesPerSecond: spread(samples.map(({ repliesPerSecond }) => repliesPerSecond)),
    busy: spread(samples.map(({ busy }) => busy)),
    errorCount: samples.reduce((sum, { errorCount }) => sum + errorCount, 0),
  };
}
