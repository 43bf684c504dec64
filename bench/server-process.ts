// A peer as a running process: started on its core, timed until its first answer, and stopped for certain.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processTree } from "./cpu.ts";
import { exchange } from "./exchange.ts";
import type { Peer } from "./peers.ts";
import type { Setup } from "./place.ts";
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

/** What a peer serves, how, and where it runs. */
export interface Start {
  readonly root: string;
  readonly setup: Setup;
  /** Path under which the small file is found. */
  readonly firstTarget?: string;
  /** The peer gets a folder of its own in it. */
  readonly parentFolder: string;
  readonly core: string;
}

/** sirv lists its whole root before it listens, which takes long with a large one. */
const START_TIMEOUT_MS = 60_000;

/** @throws when the peer cannot do this, ends, or does not answer in time */
export async function startPeer(peer: Peer, start: Start): Promise<RunningPeer> {
  const { root, setup, parentFolder } = start;
  const port = await freePort();
  const folder = join(parentFolder, `peer-${peer.name.replaceAll("/", "-")}-${setup}`);
  mkdirSync(folder, { recursive: true });
  const wanted = peer.command({ root, setup, port, folder });
  if (wanted === undefined) throw new Error(`cannot do this: ${setup}`);
  const command = onCore(start.core, wanted);
  const startedAt = performance.now();
  const complaints = join(folder, "stderr.log");
  const stderr = openSync(complaints, "w");
  const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "ignore", stderr], cwd: folder });
  closeSync(stderr);
  const stop = (): Promise<void> => end(child);
  try {
    await firstAnswer(child, port, start, startedAt + START_TIMEOUT_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  const startMs = performance.now() - startedAt;
  return {
    peer,
    port,
    pids: processTree(child.pid ?? 0),
    startMs,
    death: () => explained(death(child), complaints),
    stop,
  };
}

/** Pinned to these cores where `taskset` is there, else wherever the system likes. */
export function onCore(core: string, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return core === "" ? command : ["taskset", "-c", core, ...command];
}

async function firstAnswer(
  child: ChildProcess,
  port: number,
  { firstTarget = FILES.small.target, setup }: Start,
  deadline: number,
): Promise<void> {
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  while (performance.now() < deadline) {
    if (failure !== undefined) throw failure;
    const ended = death(child);
    if (ended !== undefined) throw new Error(ended);
    const answer = await exchange({ port, target: firstTarget, setup }, 1000).catch(() => undefined);
    // 401: a site behind a password.
    if (answer?.status === 200 || answer?.status === 401) return;
    await sleep(1);
  }
  throw new Error("did not answer in time");
}

function death(child: ChildProcess): string | undefined {
  if (child.signalCode !== null) return `ended by ${child.signalCode}`;
  return child.exitCode === null ? undefined : `ended with status ${child.exitCode}`;
}

/** With the error that the program printed before it ended, when that looks like one. */
function explained(ending: string | undefined, complaints: string): string | undefined {
  if (ending === undefined) return undefined;
  const error = /^\w*Error: .*$/m.exec(readFileSync(complaints, "utf8"))?.[0];
  return error === undefined ? ending : `${ending}: ${error}`;
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
