// What one run found: the shape of bench/results/latest.json, which the table and the chart are made from.
import type { Latency } from "./load.ts";
import type { Cores, Machine } from "./machine.ts";
import type { Outcome, Rounds } from "./measure.ts";
import type { Spread } from "./spread.ts";

export interface BenchResult {
  /** ISO 8601, when the run began. */
  readonly date: string;
  readonly machine: Machine;
  readonly cores: Cores;
  readonly loadTool: string;
  readonly rounds: Rounds;
  /** Cases that were measured again later, and stand in the place of the first ones. */
  readonly again?: readonly {
    readonly date: string;
    readonly machineLoad: BenchResult["machineLoad"];
    readonly titles: readonly string[];
  }[];
  /** Load averages before and after; what is above 2 after comes from others. */
  readonly machineLoad: { readonly before: number; readonly after: number };
  readonly peers: readonly PeerResult[];
  /** Peers that were wanted and could not be run, with the reason. */
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
  readonly cases: readonly CaseResult[];
  /** What is not processor time per reply. */
  readonly tables: readonly ResultTable[];
}

export interface ResultTable {
  /** As `--cases` names it. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  /** A figure for each column; a text is the reason why there is none. */
  readonly rows: readonly { readonly title: string; readonly values: readonly (number | string)[] }[];
}

export interface PeerResult {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly startMs: Spread;
  readonly residentBytes: number;
  /** At half of the rate that saturates this peer in the first case. */
  readonly latency?: Latency & { readonly perSecond: number };
}

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  /** By the name of the peer. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

/** The server's processor time per reply in microseconds, or undefined where there is a dash. */
export function cpuOf(one: CaseResult, peerName: string): Spread | undefined {
  const outcome = one.outcomes[peerName];
  return outcome !== undefined && "cpuUs" in outcome ? outcome.cpuUs : undefined;
}
