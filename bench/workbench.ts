// What a run has at hand for each of its parts.
import { Contestants } from "./contestants.ts";
import type { LoadTool } from "./load.ts";
import type { Cores } from "./machine.ts";
import type { Contestant, Rounds } from "./measure.ts";
import type { Peer } from "./peers.ts";
import type { Setup } from "./place.ts";
import type { ResultTable } from "./result.ts";

export interface Workbench {
  /** Those that were asked for, installed or not. */
  readonly peers: readonly Peer[];
  readonly cores: Cores;
  /** A temporary folder. */
  readonly folder: string;
  /** The small site. */
  readonly root: string;
  /** Where the kept sites are. */
  readonly keptFolder: string;
  readonly tool: LoadTool;
  readonly rounds: Rounds;
  readonly isQuick: boolean;
  /** What must be stopped when the run is interrupted. */
  readonly servers: Set<{ stop(): Promise<void> }>;
}

/** What has figures other than processor time per reply, in a table of its own. */
export interface Scenario {
  /** As `--cases` and the JSON name it. */
  readonly name: string;
  readonly title: string;
  /** Wants gigabytes of disk and memory, or minutes: only with `--all`, or by its name. */
  readonly isLarge: boolean;
  run(bench: Workbench): Promise<Findings>;
}

/** What a table says, without its name. */
export type Findings = Pick<ResultTable, "columns" | "rows">;

/** Starts peers that serve the same, lets `use` measure them, and stops them. */
export async function withContestants<T>(
  bench: Workbench,
  { peers, root, setup, core }: { peers: readonly Peer[]; root: string; setup: Setup; core?: string },
  use: (running: readonly Contestant[], contestants: Contestants) => Promise<T>,
): Promise<T> {
  const contestants = new Contestants({ root, setup, parentFolder: bench.folder, core: core ?? bench.cores.server });
  bench.servers.add(contestants);
  try {
    await contestants.start(peers, 1);
    for (const { name, reason } of contestants.missing) process.stderr.write(`left out: ${name} (${reason})\n`);
    return await use(contestants.running, contestants);
  } finally {
    await contestants.stop();
    bench.servers.delete(contestants);
  }
}

export function peersNamed(bench: Workbench, names: readonly string[]): readonly Peer[] {
  return bench.peers.filter(({ name }) => names.includes(name));
}
