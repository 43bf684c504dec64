// Load for one round: wrk where it is there, else h2load, else autocannon; and a steady rate with h2load for the
// latencies. Each is bounded in time.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Case } from "./cases.ts";
import { filled } from "./exchange.ts";
import { onCore } from "./server-process.ts";

const AUTOCANNON = join(import.meta.dirname, "..", "node_modules", ".bin", "autocannon");

export interface Target {
  readonly port: number;
  readonly etag: string | undefined;
  /** Replies after which a load of random paths ends, whatever the time; undefined for no limit. */
  readonly replyLimit?: number | undefined;
}

interface Load {
  readonly replyCount: number;
  readonly receivedBytes: number;
  readonly durationSeconds: number;
  /** Connections refused, reset or too slow, and replies that say so where the case wants another status. */
  readonly errorCount: number;
}

export interface Latency {
  /** In microseconds. */
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface LoadTool {
  readonly name: "wrk" | "h2load" | "autocannon";
  /** Undefined when the tool cannot make this shape of load. */
  /** @param seed which random paths are asked for */
  run(one: Case, target: Target, durationMs: number, seed: number): Promise<Load | undefined>;
}

export function findLoadTool(core: string): LoadTool {
  const tool = usualTool(core);
  return {
    name: tool.name,
    run: (one, target, durationMs, seed) => {
      if (one.protocol === "h2") return http2Load(core, one, target, durationMs);
      if (one.protocol === "resumed") return resumedLoad(core, one, target, durationMs);
      return tool.run(one, target, durationMs, seed);
    },
  };
}

function usualTool(core: string): LoadTool {
  if (isInstalled("wrk")) return { name: "wrk", run: wrkOn(core) };
  if (isInstalled("h2load")) {
    return { name: "h2load", run: (one, target, durationMs) => h2load(core, one, target, durationMs) };
  }
  return { name: "autocannon", run: (one, target, durationMs) => autocannon(core, one, target, durationMs) };
}

export function isInstalled(program: string): boolean {
  try {
    execFileSync("sh", ["-c", 'command -v "$0"', program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Latency of `one` at a steady rate of requests per second; undefined without h2load. */
export async function latencyAtRate(
  core: string,
  one: Case,
  target: Target,
  perSecond: number,
  folder: string,
): Promise<Latency | undefined> {
  if (!isInstalled("h2load")) return undefined;
  const clients = 16;
  const log = join(folder, "h2load.log");
  await output(core, [
    ...([
      "h2load",
      "--h1",
      "-t1",
      `-c${clients}`,
      "-D1s",
      `--rps=${Math.max(1, Math.round(perSecond / clients))}`,
    ] as const),
    ...[`--log-file=${log}`, url(one, target)],
  ]);
  // Start in microseconds, status, duration in microseconds.
  const durations = readFileSync(log, "latin1").trimEnd().split("\n");
  rmSync(log);
  const sorted = Float64Array.from(durations, (line) => Number(line.split("\t")[2])).sort();
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50Us: at(0.5), p99Us: at(0.99) };
}

function wrkOn(core: string): LoadTool["run"] {
  return (one, target, durationMs, seed) => wrk(core, one, target, durationMs, seed);
}

/** wrk takes whole seconds only, but stops and reports at SIGINT. */
async function wrk(core: string, one: Case, target: Target, durationMs: number, seed: number): Promise<Load> {
  const { pattern = "", count = 0, hostCount = 0 } = one.paths ?? {};
  const shape = [one.shape, `${seed}`, pattern, `${count}`, `${hostCount}`, `${limitOf(one, target) ?? 0}`];
  const fields = filled(one.fields, target.etag).flatMap((field) => ["-H", field]);
  const script = join(import.meta.dirname, "wrk.lua");
  let figures: number[] | undefined;
  let printed = "";
  // On a busy machine it may be interrupted before it listens to that, or before its first request.
  for (let attempt = 0; !figures?.[0] && attempt < 3; attempt++) {
    printed = await output(
      core,
      ["wrk", "-t1", `-c${one.connectionCount}`, "-d30s", ...fields, "-s", script, url(one, target), "--", ...shape],
      durationMs,
    );
    figures = /^FIGURES (.*)$/m.exec(printed)?.[1]?.split(" ").map(Number);
  }
  if (figures === undefined) throw new Error(`wrk printed no figures:\n${printed}`);
  const [replyCount = 0, receivedBytes = 0, microseconds = 0, brokenCount = 0, refusedCount = 0] = figures;
  const errorCount = brokenCount + (one.status < 400 ? refusedCount : 0);
  return { replyCount, receivedBytes, durationSeconds: microseconds / 1e6, errorCount };
}

/** Replies after which the load must end, if it asks for so many files. */
export function limitOf({ status, paths }: Case, { replyLimit }: Target): number | undefined {
  if (replyLimit === undefined || paths === undefined || status !== 200) return undefined;
  return paths.count > replyLimit ? replyLimit : undefined;
}

async function h2load(core: string, one: Case, target: Target, durationMs: number): Promise<Load | undefined> {
  if (one.shape === "many" || one.shape === "random" || one.name === "close") return undefined;
  const fields = filled(one.fields, target.etag).flatMap((field) => ["-H", field]);
  const depth = one.shape === "pipelined" ? 16 : 1;
  const printed = await output(core, [
    ...(["h2load", "--h1", "-t1", `-c${one.connectionCount}`, `-m${depth}`, `-D${durationMs}ms`] as const),
    ...[...fields, url(one, target)],
  ]);
  return h2loadFigures(printed, durationMs);
}

function h2loadFigures(printed: string, durationMs: number): Load {
  const number = (pattern: RegExp): number => Number(pattern.exec(printed)?.[1] ?? 0);
  return {
    replyCount: number(/(\d+) done/),
    receivedBytes: number(/traffic: .*?\((\d+)\) total/),
    durationSeconds: durationMs / 1000,
    errorCount: number(/(\d+) errored/) + number(/(\d+) timeout/),
  };
}

async function http2Load(core: string, one: Case, target: Target, durationMs: number): Promise<Load | undefined> {
  if (!isInstalled("h2load")) return undefined;
  const fields = filled(one.fields, target.etag).flatMap((field) => ["-H", field]);
  const printed = await output(core, [
    ...(["h2load", "-t1", `-c${one.connectionCount}`, `-m${one.streamCount}`, `-D${durationMs}ms`] as const),
    // A large file must not wait for its windows, as with the 16 MiB that browsers allow.
    ...["-w24", "-W24", ...fields, url(one, target)],
  ]);
  return h2loadFigures(printed, durationMs);
}

/** One connection after the other, each with the session of the one before: s_time of OpenSSL. It counts whole seconds. */
async function resumedLoad(core: string, one: Case, target: Target, durationMs: number): Promise<Load | undefined> {
  if (!isInstalled("openssl")) return undefined;
  const durationSeconds = Math.max(1, Math.round(durationMs / 1000));
  const printed = await output(core, [
    ...(["openssl", "s_time", "-reuse", "-connect", `127.0.0.1:${target.port}`, "-www", one.target] as const),
    ...["-time", `${durationSeconds}`],
  ]);
  // The session is asked for before the time begins; what is printed last counts.
  const counted = [...printed.matchAll(/^(\d+) connections in (\d+) real seconds, (\d+) bytes/gm)].at(-1);
  if (counted === undefined) return undefined;
  const [replyCount, , bytes] = counted.slice(1).map(Number) as [number, number, number];
  return { replyCount, receivedBytes: bytes * replyCount, durationSeconds, errorCount: 0 };
}

async function autocannon(core: string, one: Case, target: Target, durationMs: number): Promise<Load | undefined> {
  if (one.shape === "many" || one.shape === "random" || one.name === "close") return undefined;
  const fields = filled(one.fields, target.etag).flatMap((field) => ["-H", field.replace(": ", "=")]);
  const seconds = Math.max(1, Math.round(durationMs / 1000));
  const printed = await output(core, [
    ...([AUTOCANNON, "--json", "-c", `${one.connectionCount}`, "-d", `${seconds}`] as const),
    ...["-p", one.shape === "pipelined" ? "16" : "1", ...fields, url(one, target)],
  ]);
  const result = JSON.parse(printed);
  return {
    replyCount: result.requests.total,
    receivedBytes: result.throughput.total,
    durationSeconds: result.duration,
    errorCount: result.errors + result.timeouts,
  };
}

function url(one: Case, target: Target): string {
  return `${one.setup === "tls" ? "https" : "http"}://127.0.0.1:${target.port}${one.target}`;
}

/** What the program printed; it is interrupted after `interruptMs`, and killed when even that does not end it. */
async function output(core: string, command: readonly [string, ...string[]], interruptMs?: number): Promise<string> {
  const pinned = onCore(core, command);
  const child = spawn(pinned[0], pinned.slice(1), { stdio: ["ignore", "pipe", "ignore"] });
  const timers = [setTimeout(() => child.kill("SIGKILL"), (interruptMs ?? 5000) + 5000)];
  if (interruptMs !== undefined) timers.push(setTimeout(() => child.kill("SIGINT"), interruptMs));
  const [printed] = await Promise.all([text(child.stdout), once(child, "exit")]);
  for (const timer of timers) clearTimeout(timer);
  return printed;
}
