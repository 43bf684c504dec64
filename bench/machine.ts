// What the figures were taken on, and which cores there are to take them with.

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { isInstalled } from "./load.ts";

export interface Machine {
  readonly processor: string;
  readonly coreCount: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly system: string;
}

/** Names of cores as `taskset -c` takes them, empty when nothing can be pinned. */
export interface Cores {
  readonly server: string;
  readonly load: string;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    coreCount: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: `Linux ${release()}`,
    system: /^PRETTY_NAME="(.*)"$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "unknown",
  };
}

/** The first core for the server and the last one for the load, of those that we may use. */
export function chooseCores(): Cores {
  const allowed = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "";
  const numbers = allowed.match(/\d+/g) ?? [];
  const [server = "", load = ""] = [numbers[0], numbers.at(-1)];
  return server === load || !isInstalled("taskset") ? { server: "", load: "" } : { server, load };
}

/** Processes that wanted a core, on average over the last minute. */
export function currentLoad(): number {
  return loadavg()[0] ?? Number.NaN;
}
