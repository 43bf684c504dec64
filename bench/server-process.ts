// A peer as a running process: started on its core, timed until its first answer, and stopped for certain.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processTree } from "./cpu.ts";
import { exchange } from "./exchange.ts";
import type { Peer } from "./peers.ts";
import { FILES } from "./site.ts";

export interface RunningPeer {
  readonly peer: Peer;
  readonly port: number;
  /** Its process and all below it. */
  readonly pids: readonly number[];
  /** From the call that starts the program to its first answer, in ms. */
  readonly startMs: number;
  /** How it ended by itself; undefined while it runs. */
  death(): string | undefined;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 10_000;

/** @throws when the peer ends, or does not answer in time */
export async function startPeer(peer: Peer, root: string, parentFolder: string, core: string): Promise<RunningPeer> {
  const port = await freePort();
  const folder = join(parentFolder, `peer-${peer.name.replaceAll("/", "-")}`);
  mkdirSync(folder, { recursive: true });
  const command = onCore(core, peer.command({ root, port, folder }));
  const startedAt = performance.now();
  const child = spawn(command[0], command.slice(1), { stdio: "ignore", cwd: folder });
  const stop = (): Promise<void> => end(child);
  try {
    await firstAnswer(child, port, startedAt + START_TIMEOUT_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  const startMs = performance.now() - startedAt;
  return { peer, port, pids: processTree(child.pid ?? 0), startMs, death: () => death(child), stop };
}

/** Pinned to these cores where `taskset` is there, else wherever the system likes. */
export function onCore(core: string, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return core === "" ? command : ["taskset", "-c", core, ...command];
}

async function firstAnswer(child: ChildProcess, port: number, deadline: number): Promise<void> {
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  const request = `GET ${FILES.small.target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  while (performance.now() < deadline) {
    if (failure !== undefined) throw failure;
    const ended = death(child);
    if (ended !== undefined) throw new Error(ended);
    const answer = await exchange(port, request, 1000).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(1);
  }
  throw new Error("did not answer in time");
}

function death(child: ChildProcess): string | undefined {
  if (child.signalCode !== null) return `ended by ${child.signalCode}`;
  return child.exitCode === null ? undefined : `ended with status ${child.exitCode}`;
}

async function end(child: ChildProcess): Promise<void> {
  if (death(child) !== undefined || child.pid === undefined) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 2000);
  await ended;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
