// `node bench/replaced-files.ts [seconds] [flags of Heddle]`: how the resident memory of a server grows while a build
// replaces 25 files a second under it, and visitors ask for each of them in three codings. 300 seconds unless told
// otherwise. Wanted: level within two minutes, and not above what was resident before the first replacement, the bounds of
// both caches (HEDDLE_CACHE_LIMIT_BYTES, HEDDLE_ENCODED_LIMIT_BYTES) and 40 MiB.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { RawClient } from "../test/support/raw-client.ts";

const FILE_COUNT = 250;
const REPLACED_EACH_SECOND = 25;
/** Most pages, scripts and styles are as large as the smaller ones; the largest are sent from their descriptor. */
const FILE_SIZES_BYTES = [8_000, 30_000, 100_000, 200_000, 400_000];
const CODINGS = ["br", "zstd", "gzip", "br, gzip"];
const REPORT_EACH_MS = 10_000;
/** With files that stay: code is compiled, and the encoder runs. */
const WARM_UP_MS = 10_000;
const LEVEL_AFTER_MS = 120_000;

const PROJECT = join(import.meta.dirname, "..");
const MEBIBYTE = 1024 * 1024;

/** How many files were replaced until now. */
const progress = { replacedCount: 0 };

const [secondsGiven = "300", ...flags] = process.argv.slice(2);
const durationMs = Number(secondsGiven) * 1000;
if (!(durationMs > 0)) throw new Error(`seconds: found ${secondsGiven}, wanted a number above 0`);
const root = mkdtempSync(join(tmpdir(), "heddle-replaced-"));
try {
  await main();
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const script = readFileSync(fileURLToPath(import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js")));
  for (let index = 0; index < FILE_COUNT; index++) replace(script, index, 0);
  const { child, port } = await start();
  const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.open(port)));
  try {
    const warmUp = new AbortController();
    const visitors = clients.map((client, index) => visit(client, index, warmUp.signal, anyFile));
    await sleep(WARM_UP_MS);
    warmUp.abort();
    await Promise.all(visitors);
    const first = resident(child);
    const readings = [{ atMs: 0, bytes: first }];
    console.log(`   0 s  ${shown(first)} MiB`);
    const startMs = performance.now();
    const stop = new AbortController();
    const visits = clients.map((client, index) => visit(client, index, stop.signal, replacedFile));
    for (let count = 0, reportMs = REPORT_EACH_MS; ; count++) {
      const atMs = (count * 1000) / REPLACED_EACH_SECOND;
      if (atMs >= durationMs) break;
      await sleep(Math.max(0, startMs + atMs - performance.now()));
      replace(script, count % FILE_COUNT, count + 1);
      progress.replacedCount = count + 1;
      if (atMs < reportMs) continue;
      reportMs += REPORT_EACH_MS;
      readings.push({ atMs, bytes: resident(child) });
      console.log(`${String(Math.round(atMs / 1000)).padStart(4)} s  ${shown(resident(child))} MiB`);
    }
    stop.abort();
    await Promise.all(visits);
    summarize(first, readings);
  } finally {
    for (const client of clients) client.close();
    child.kill("SIGKILL");
    await once(child, "close");
  }
}

/** A part of a real script, which is another one each time, moved into its place as builds do. */
function replace(script: Buffer, index: number, version: number): void {
  const sizeBytes = FILE_SIZES_BYTES[index % FILE_SIZES_BYTES.length]!;
  const start = ((index + version) * 3001) % (script.length - sizeBytes);
  writeFileSync(join(root, "new"), script.subarray(start, start + sizeBytes));
  renameSync(join(root, "new"), join(root, `${index}.js`));
}

/** Asks for files, each in another coding than the one before. */
async function visit(
  client: RawClient,
  number: number,
  signal: AbortSignal,
  fileAt: (back: number) => number,
): Promise<void> {
  while (!signal.aborted) {
    for (let back = 0; back < 40; back += 10) {
      const coding = CODINGS[(number + back / 10) % CODINGS.length]!;
      await client.request("GET", `/${fileAt(back)}.js`, `Accept-Encoding: ${coding}\r\n`);
    }
    await sleep(100);
  }
}

/** The one that was replaced so many replacements ago. */
function replacedFile(back: number): number {
  return (progress.replacedCount + FILE_COUNT - 1 - back) % FILE_COUNT;
}

function anyFile(): number {
  return Math.floor(Math.random() * FILE_COUNT);
}

async function start(): Promise<{ child: ChildProcess; port: number }> {
  const argv = [join(PROJECT, "src/cli/main.ts"), root, "--port", "0", "--threads", "2", "--no-config", ...flags];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const text of child.stdout!) {
    const port = / on http:\S+:(\d+)\//.exec(String(text))?.[1];
    if (port !== undefined) return { child, port: Number(port) };
  }
  throw new Error("the server ended before it listened");
}

function resident({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

function summarize(first: number, readings: readonly { atMs: number; bytes: number }[]): void {
  const most = Math.max(...readings.map(({ bytes }) => bytes));
  console.log(`grew by ${shown(most - first)} MiB at most`);
  const early = readings.filter(({ atMs }) => atMs <= LEVEL_AFTER_MS).map(({ bytes }) => bytes);
  const late = readings.filter(({ atMs }) => atMs > LEVEL_AFTER_MS).map(({ bytes }) => bytes);
  if (late.length > 0) console.log(`grew by ${shown(Math.max(...late) - Math.max(...early))} MiB after two minutes`);
}

function shown(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1).padStart(6);
}
