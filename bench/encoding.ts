// `node bench/encoding.ts`: what encoding costs those who want something else. One serving thread answers for one hot file
// a thousand times a second, while 500 files of 100 KB that it has never seen are asked for at once, which gives its encoder
// more to do than it can finish. Three rounds, each with a server that encodes and with one that does not, in about a
// minute: the second shows what asking for so many new files costs by itself. Who asks for them is a thread of its own, so
// that receiving 50 MB does not delay whoever measures.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { RawClient } from "../test/support/raw-client.ts";
import { currentLoad } from "./machine.ts";

const FILE_COUNT = 500;
const FILE_BYTES = 100_000;
const ROUND_COUNT = 3;
const WARM_UP_MS = 1500;
const BEFORE_MS = 3000;
const AFTER_MS = 5000;
/** Who asks for them: more than a browser opens. */
const ASKING_COUNT = 8;

const PROJECT = join(import.meta.dirname, "..");
const MEBIBYTE = 1024 * 1024;

/** One server's round. Latencies in ms, memory in MiB. */
interface Figures {
  readonly before: Latencies;
  /** From the first of the 500 requests to the last reply. */
  readonly asking: Latencies;
  /** For five seconds from then on. */
  readonly after: Latencies;
  readonly codedCount: number;
  readonly residentBefore: number;
  readonly residentPeak: number;
}

interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

if (isMainThread) await main();
else parentPort!.postMessage(await askForAll(workerData as number));

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "heddle-encoding-"));
  try {
    makeFiles(folder);
    const loadBefore = currentLoad();
    const rounds: { coding: Figures; plain: Figures }[] = [];
    for (let round = 0; round < ROUND_COUNT; round++) {
      rounds.push({ coding: await measure(folder, []), plain: await measure(folder, ["--no-compress"]) });
    }
    console.log(`load average ${loadBefore.toFixed(1)} before, ${currentLoad().toFixed(1)} after\n`);
    const coding = rounds.map((round) => round.coding);
    const plain = rounds.map((round) => round.plain);
    report("encodes", coding);
    report("does not", plain);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Parts of a real script, so that each encoding is as much work as it is in life. */
function makeFiles(root: string): void {
  const script = readFileSync(fileURLToPath(import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js")));
  for (let index = 0; index < FILE_COUNT; index++) {
    const start = (index * 3001) % (script.length - FILE_BYTES);
    writeFileSync(join(root, `${index}.js`), script.subarray(start, start + FILE_BYTES));
  }
  mkdirSync(join(root, "hot"));
  writeFileSync(join(root, "hot", "hot.css"), "main { color: black }\n".repeat(40));
}

async function measure(root: string, flags: readonly string[]): Promise<Figures> {
  const { child, port } = await start(root, flags);
  const hot = await RawClient.open(port);
  try {
    await latencies(hot, sleep(WARM_UP_MS));
    const before = await latencies(hot, sleep(BEFORE_MS));
    const residentBefore = memory(child, "VmRSS");
    const asking = await latencies(hot, inThread(port));
    const after = await latencies(hot, sleep(AFTER_MS));
    const residentPeak = memory(child, "VmHWM");
    return { before, asking, after, codedCount: await inThread(port), residentBefore, residentPeak };
  } finally {
    hot.close();
    child.kill("SIGKILL");
    await once(child, "close");
  }
}

async function start(root: string, flags: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const argv = [join(PROJECT, "src/cli/main.ts"), root, "--port", "0", "--threads", "1", "--no-config", ...flags];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const text of child.stdout!) {
    const port = / on http:\S+:(\d+)\//.exec(String(text))?.[1];
    if (port !== undefined) return { child, port: Number(port) };
  }
  throw new Error("the server ended before it listened");
}

/** How long each request for the hot file took, about one in each ms, until the promise is fulfilled. */
async function latencies(client: RawClient, until: Promise<unknown>): Promise<Latencies> {
  let isOver = false;
  void until.then(() => {
    isOver = true;
  });
  const taken: number[] = [];
  while (!isOver) {
    const startedAt = performance.now();
    await client.request("GET", "/hot/hot.css", "Accept-Encoding: br\r\n");
    taken.push(performance.now() - startedAt);
    await sleep(1);
  }
  await until;
  taken.sort((a, b) => a - b);
  const at = (part: number): number => taken[Math.floor((taken.length - 1) * part)]!;
  return { count: taken.length, p50: at(0.5), p99: at(0.99), most: at(1) };
}

async function inThread(port: number): Promise<number> {
  const [codedCount] = await once(new Worker(import.meta.filename, { workerData: port }), "message");
  return codedCount;
}

/** How many of them came encoded. */
async function askForAll(port: number): Promise<number> {
  let codedCount = 0;
  let next = 0;
  const askInTurn = async (): Promise<void> => {
    const client = await RawClient.open(port);
    while (next < FILE_COUNT) {
      const { fields } = await client.request("GET", `/${next++}.js`, "Accept-Encoding: br\r\n");
      if (fields.has("content-encoding")) codedCount++;
    }
    client.close();
  };
  await Promise.all(Array.from({ length: ASKING_COUNT }, askInTurn));
  return codedCount;
}

/** "VmRSS" is what is resident now, "VmHWM" the most that ever was. In MiB. */
function memory({ pid }: ChildProcess, what: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return (Number(new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024) / MEBIBYTE;
}

function report(what: string, rounds: readonly Figures[]): void {
  console.log(`a server that ${what}, ${FILE_COUNT} files, median of ${rounds.length} rounds (each round)`);
  for (const phase of ["before", "asking", "after"] as const) {
    const line = (["p50", "p99", "most"] as const).map((part) => {
      return `${part} ${shown(rounds.map((round) => round[phase][part]))} ms`;
    });
    console.log(`  ${phase.padEnd(7)} ${line.join("  ")}`);
  }
  const coded = rounds.map(({ codedCount }) => codedCount).join(", ");
  const growth = rounds.map(({ residentBefore, residentPeak }) => residentPeak - residentBefore);
  console.log(`  encoded at the end: ${coded}; resident memory grew by ${shown(growth, 0)} MiB at most\n`);
}

function shown(values: readonly number[], digits = 2): string {
  const sorted = values.toSorted((a, b) => a - b);
  const each = values.map((value) => value.toFixed(digits)).join(", ");
  return `${sorted[values.length >> 1]!.toFixed(digits)} (${each})`;
}
