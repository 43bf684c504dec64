// A thread for each connection, compared with a Node thread that does nothing: connections one after the other, each with one
// request, all kept open. Not pinned to a core: a thread that starts has work for more than one.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSeconds, residentBytes } from "./cpu.ts";
import type { Contestant } from "./measure.ts";
import { FILES } from "./site.ts";
import { spread } from "./spread.ts";
import { type Findings, peersNamed, type Scenario, type Workbench, withContestants } from "./workbench.ts";

const PEERS = ["heddle", "heddle-before", "heddle-portable", "heddle-portable-before"];
const CONNECTION_COUNT = 64;
const ROUND_COUNT = 3;

export const THREAD_PER_CONNECTION: Scenario = {
  ...{ name: "thread-per-connection", title: "a thread per connection", isLarge: false },
  run,
};

/** For each connection, or thread. */
interface Cost {
  readonly cpuMs: number;
  readonly bytes: number;
  readonly perSecond: number;
}

async function run(bench: Workbench): Promise<Findings> {
  const peers = peersNamed(bench, PEERS);
  const costs = new Map<string, Cost[]>([["an empty Node thread", []], ...peers.map((peer) => keyed(peer.title))]);
  for (let round = 0; round < ROUND_COUNT; round++) {
    costs.get("an empty Node thread")?.push(emptyThreads());
    for (const peer of peers) {
      const start = { peers: [peer], root: bench.root, setup: "per-connection", core: "" } as const;
      const [cost] = await withContestants(bench, start, (running) => Promise.all(running.map(connections)));
      if (cost !== undefined) costs.get(peer.title)?.push(cost);
    }
  }
  const median = (taken: readonly Cost[], figure: keyof Cost): number => spread(taken.map((one) => one[figure])).median;
  return {
    columns: ["CPU ms per connection", "MiB per connection", "connections/s"],
    rows: [...costs].map(([title, taken]) => ({
      title,
      values: [median(taken, "cpuMs"), median(taken, "bytes") / 1024 ** 2, median(taken, "perSecond")],
    })),
  };
}

function keyed(title: string): [string, Cost[]] {
  return [title, []];
}

function emptyThreads(): Cost {
  const script = join(import.meta.dirname, "peers", "node-threads.js");
  return JSON.parse(execFileSync(process.execPath, [script, `${CONNECTION_COUNT}`], { encoding: "utf8" }));
}

async function connections({ pids, port }: Contestant): Promise<Cost> {
  // The first one loads what all others find loaded.
  const open = [await answered(port)];
  await sleep(500);
  const before = { cpu: cpuSeconds(pids), resident: residentBytes(pids), at: performance.now() };
  for (let index = 0; index < CONNECTION_COUNT; index++) open.push(await answered(port));
  const seconds = (performance.now() - before.at) / 1000;
  await sleep(1000);
  const cost = {
    cpuMs: ((cpuSeconds(pids) - before.cpu) * 1000) / CONNECTION_COUNT,
    bytes: (residentBytes(pids) - before.resident) / CONNECTION_COUNT,
    perSecond: CONNECTION_COUNT / seconds,
  };
  for (const socket of open) socket.destroy();
  return cost;
}

/** A connection that had the first bytes of its reply. */
async function answered(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET ${FILES.small.target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  const [bytes] = await once(socket, "data");
  if (!String(bytes).startsWith("HTTP/1.1 200")) throw new Error(`not answered: ${String(bytes).slice(0, 40)}`);
  socket.resume();
  return socket;
}
