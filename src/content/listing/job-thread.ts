// A thread for work that takes long and is rarely asked for: started when there is some, ended when there was none for
// a while. It does one job after the other. What a job may cost is bounded: one that takes too long, or too much
// memory, takes its thread with it and nothing else; those that wait behind it get another.
import { Worker } from "node:worker_threads";

export interface JobThreadOptions {
  /** Module that answers each message with one message. */
  readonly entry: URL;
  /** The thread ends when there was nothing to do for so long. */
  readonly idleLimitMs: number;
  /** A job that takes longer is given up. @default as long as it takes */
  readonly jobLimitMs?: number;
  /** Memory of the thread, in MiB. @default Node's */
  readonly heapLimitMiB?: number;
}

interface Waiting<Job, Result> extends PromiseWithResolvers<Result> {
  readonly job: Job;
  readonly transfer: readonly ArrayBuffer[];
}

export class JobThread<Job, Result> {
  readonly #options: JobThreadOptions;
  readonly #queue: Waiting<Job, Result>[] = [];
  #current: Waiting<Job, Result> | undefined;
  #worker: Worker | undefined;
  /** Of the job at hand, or, when there is none, of the thread. */
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: JobThreadOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Rejects when the thread cannot do it. @param transfer memory that goes to the thread for good */
  run(job: Job, transfer: readonly ArrayBuffer[] = []): Promise<Result> {
    const waiting = { ...Promise.withResolvers<Result>(), job, transfer };
    this.#queue.push(waiting);
    if (this.#current === undefined) this.#next();
    return waiting.promise;
  }

  /** What was asked for before is still done; then the thread ends at once. */
  close(): void {
    this.#isClosed = true;
    if (this.#current === undefined) this.#end();
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#current = this.#queue.shift();
    if (this.#current === undefined) return this.#rest();
    const { job, transfer } = this.#current;
    this.#worker ??= this.#start();
    // Whoever waits for the job keeps the process running; a thread that waits for one does not.
    this.#worker.ref();
    this.#worker.postMessage(job, transfer);
    const { jobLimitMs } = this.#options;
    if (jobLimitMs === undefined) return;
    this.#timer = setTimeout(() => this.#lose(new Error(`gave up after ${jobLimitMs} ms`)), jobLimitMs);
  }

  #rest(): void {
    if (this.#isClosed) return this.#end();
    this.#worker?.unref();
    this.#timer = setTimeout(() => this.#end(), this.#options.idleLimitMs).unref();
  }

  #end(): void {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    // Before it has ended: a job that comes meanwhile must not be given to it.
    this.#worker = undefined;
    void worker?.terminate();
  }

  /** The thread and the job that it is at. */
  #lose(cause: unknown): void {
    const lost = this.#current;
    this.#end();
    lost?.reject(cause);
    this.#next();
  }

  #start(): Worker {
    const { entry, heapLimitMiB } = this.#options;
    const limits = heapLimitMiB === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapLimitMiB } };
    const worker = new Worker(entry, limits);
    const isCurrent = (): boolean => this.#worker === worker;
    worker.on("message", (result: Result) => {
      if (!isCurrent()) return;
      this.#current?.resolve(result);
      this.#next();
    });
    worker.on("error", (cause) => isCurrent() && this.#lose(cause));
    worker.on("exit", () => isCurrent() && this.#lose(new Error(`the thread of ${entry.pathname} has ended`)));
    return worker;
  }
}
