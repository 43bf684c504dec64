// The workers of the threads that serve. The command starts the first one before it has even loaded the server: a thread
// takes as long to load its code as the command takes to load ours and to read the options, and does so on another core
// meanwhile. The supervisor's first thread gets it. This file must stay small: the command loads it first.
import module from "node:module"; // by its default, as in compile-cache.ts
import { dirname } from "node:path";
import { MessageChannel, type MessagePort, type ResourceLimits, type Transferable, Worker } from "node:worker_threads";
import type { StartData } from "../messages.ts";
import { turnOffBackgroundCompiling } from "./background-compiling.ts";

/** The program of a thread. Not an option: only tests give another one, to have threads that fail. */
export interface WorkerEntry {
  readonly url: URL;
  readonly resourceLimits?: ResourceLimits;
  /** The program of the encoder. @default encoder-thread.ts */
  readonly encoderUrl?: URL;
}

/**
 * Eight MiB for each half of the young generation, where V8 would take up to 16. Objects of a request live no longer than
 * the request. With two MiB the first answer for a file takes a fifth longer, because V8 collects 200 times a second;
 * with 16 nothing is quicker (all measured). A thread that makes no garbage never uses the room.
 */
const YOUNG_GENERATION_MB = 24;

export const WORKER_ENTRY: WorkerEntry = {
  url: new URL("../worker/worker.ts", import.meta.url),
  resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
};

/** The number of the thread that a worker is started early for. */
const EARLY_NUMBER = 1;

interface EarlyWorker {
  readonly worker: Worker;
  /** The start data goes this way; `worker.ts` waits for them. */
  readonly port: MessagePort;
}

let early: EarlyWorker | undefined;
/** A ruleset of Landlock: threads that start later are restricted by it already. */
let rulesetForEarly: number | undefined;

/** The process is in a sandbox from now on, and the early worker started before: it restricts itself before it serves. */
export function restrictEarlyWorker(ruleset: number): void {
  rulesetForEarly = ruleset;
}

/** Starts the worker of the first thread. It ends with the process when no supervisor takes it. */
export function startWorkerEarly(): void {
  const { port1, port2 } = new MessageChannel();
  const worker = newWorker(WORKER_ENTRY, EARLY_NUMBER, port2, [port2]);
  worker.on("error", forgetEarly).on("exit", forgetEarly);
  worker.unref();
  early = { worker, port: port1 };
}

export function startWorker(entry: WorkerEntry, start: StartData): Worker {
  if (early === undefined || entry !== WORKER_ENTRY || start.number !== EARLY_NUMBER) {
    return newWorker(entry, start.number, start);
  }
  const { worker, port } = early;
  forgetEarly();
  worker.off("error", forgetEarly).off("exit", forgetEarly);
  worker.ref();
  port.postMessage(rulesetForEarly === undefined ? start : { ...start, ruleset: rulesetForEarly });
  port.close();
  return worker;
}

/** A worker that has failed is of no use; the supervisor starts another, and learns why that fails, too. */
function forgetEarly(): void {
  early = undefined;
}

function newWorker(
  { url, resourceLimits }: WorkerEntry,
  number: number,
  workerData: StartData | MessagePort,
  transferList: Transferable[] = [],
): Worker {
  const limits = resourceLimits && { resourceLimits };
  turnOffBackgroundCompiling();
  return new Worker(url, { workerData, transferList, name: `heddle ${number}`, env: environment(), ...limits });
}

/** A worker does not share the compile cache of the main thread by itself; with it, its code loads in 3 ms less. */
function environment(): NodeJS.ProcessEnv {
  const folder = module.getCompileCacheDir?.();
  // That is the folder of this version of Node.js, in the one that was asked for.
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(folder) };
}
