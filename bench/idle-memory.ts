// Resident memory of a server that has answered once: Heddle with two threads, compared with Node with two empty ones, and the
// others with their one worker. What is resident after a long run is a column of the other tables.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { COLD_PEERS } from "./cold-cases.ts";
import { residentBytes } from "./cpu.ts";
import { type Findings, peersNamed, type Scenario, type Workbench, withContestants } from "./workbench.ts";

const SETTLING_MS = 2000;

export const IDLE_MEMORY: Scenario = { name: "idle-memory", title: "memory after the start", isLarge: false, run };

async function run(bench: Workbench): Promise<Findings> {
  const isHeddle = (name: string): boolean => name.startsWith("heddle");
  const two = await measure(bench, "two-threads", COLD_PEERS.filter(isHeddle));
  const one = await measure(
    bench,
    "plain",
    COLD_PEERS.filter((name) => name !== "floor"),
  );
  const { residentBytes: bare } = JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, "peers", "node-threads.js"), "2"], { encoding: "utf8" }),
  );
  return {
    columns: ["one thread, MiB", "two threads, MiB"],
    rows: [
      { title: "Node, empty threads", values: ["-", bare / 1024 ** 2] },
      ...[...one].map(([title, mebibytes]) => ({ title, values: [mebibytes, two.get(title) ?? "-"] })),
    ],
  };
}

function measure(bench: Workbench, setup: "plain" | "two-threads", names: readonly string[]) {
  const start = { peers: peersNamed(bench, names), root: bench.root, setup, core: "" };
  return withContestants(bench, start, async (running) => {
    await sleep(SETTLING_MS);
    return new Map(running.map(({ peer, pids }) => [peer.title, residentBytes(pids) / 1024 ** 2]));
  });
}
