// A hot file at 2,000 requests a second while others ask for files of 300 KiB whose pages are dropped from the page cache again
// and again (evict.c): a server that waits for the disk makes the hot file wait with it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { compiled } from "./compiled.ts";
import { diskBytes } from "./cpu.ts";
import { keptSite } from "./kept-sites.ts";
import type { Contestant } from "./measure.ts";
import { onCore } from "./server-process.ts";
import { spread } from "./spread.ts";
import { latencyUnderCrawl, steadyLatency } from "./steady.ts";
import { type Findings, peersNamed, type Scenario, type Workbench, withContestants } from "./workbench.ts";

const PEERS = ["heddle", "heddle-before", "heddle-portable", "nginx", "h2o", "lighttpd"];
const CONNECTION_COUNT = 4;
const ROUND_COUNT = 3;
const PAUSE_BETWEEN_PASSES_MS = 20;

export const COLD_DISK: Scenario = {
  ...{ name: "cold-disk", title: "a hot file while others come from the disk", isLarge: false },
  run,
};

async function run(bench: Workbench): Promise<Findings> {
  const root = await keptSite(bench.keptFolder, "files-300k");
  const start = { peers: peersNamed(bench, PEERS), root, setup: "plain" } as const;
  return withContestants(bench, start, async (running) => {
    const taken = running.map((): number[][] => []);
    for (let round = 0; round < ROUND_COUNT; round++) {
      for (const [index, contestant] of running.entries()) {
        taken[index]!.push(await measure(bench, contestant, root, round));
      }
    }
    const median = (rounds: readonly number[][], column: number): number => {
      return spread(rounds.map((figures) => figures[column] ?? Number.NaN)).median;
    };
    return {
      columns: ["p99 alone, ms", "p99, files in memory, ms", "p99, files on the disk, ms", "files/s", "MiB/s of disk"],
      rows: running.map(({ peer }, index) => {
        return { title: peer.title, values: [0, 1, 2, 3, 4].map((column) => median(taken[index]!, column)) };
      }),
    };
  });
}

async function measure(bench: Workbench, contestant: Contestant, root: string, round: number): Promise<number[]> {
  const seconds = bench.isQuick ? 2 : 4;
  const crawl = { name: "files-300k", connectionCount: CONNECTION_COUNT, seed: round };
  const alone = await steadyLatency(bench, contestant, seconds);
  const warm = await latencyUnderCrawl(bench, contestant, crawl, seconds);
  const evict = compiled("evict", bench.folder) ?? "";
  const [file, ...argv] = onCore(bench.cores.load, [evict, root, `${PAUSE_BETWEEN_PASSES_MS}`]);
  const evictor = spawn(file, argv, { stdio: "ignore" });
  try {
    const before = diskBytes(contestant.pids);
    const cold = await latencyUnderCrawl(bench, contestant, { ...crawl, seed: round + 100 }, seconds);
    const mebibytes = (diskBytes(contestant.pids) - before) / 1024 ** 2 / seconds;
    return [alone.p99Us / 1000, warm.p99Us / 1000, cold.p99Us / 1000, cold.repliesPerSecond, mebibytes];
  } finally {
    evictor.kill("SIGKILL");
    await once(evictor, "exit");
  }
}
