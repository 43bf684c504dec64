// A thread for work that takes long and is rarely asked for: it starts with the first job, does one job after the other,
// and ends when there was nothing to do for a while. The cost of a job is bounded: one that takes too long, or too much
// memory, ends its thread and nothing else; the jobs that wait behind it get another thread. The thread's entry calls
// `answerJobs`.
import { type Transferable, Worker } from "node:worker_threads";

export interface JobThreadOptions {
  /**
   * The module of the thread, written as `new URL("…", import.meta.url)` where it is used: by these words the
   * build finds it (build.ts), and knip does.
   */
  readonly entry: URL;
  /** The thread ends when it had nothing to do for this long. @default it waits until `close()` */
  readonly idleLimitMs?: number;
  /** A job that takes longer is given up. @default no limit */
  readonly jobLimitMs?: number;
  /** Memory of the thread, in MiB. @default Node's */
  readonly heapLimitMiB?: number;
  /** Whether a job keeps the process running until it is done. @default true */
  readonly holdsProcess?: boolean;
}

/** The job took too long, or its thread ended without an answer. An error thrown in the thread arrives as it is. */
export class JobLostError extends Error {
  override readonly name = "JobLostError";
  readonly reason: "too-long" | "ended";

  constructor(reason: "too-long" | "ended", message: string) {
    super(message);
    this.reason = reason;
  }
}

interface Waiting<Job, Result> extends PromiseWithResolvers<Result> {
  readonly job: Job;
  readonly transfer: readonly Transferable[];
}

/** One job in a thread that ends with it. */
export function runJob<Job, Result>(job: Job, options: JobThreadOptions): Promise<Result> {
  const thread = new JobThread<Job, Result>(options);
  const result = thread.run(job);
  thread.close();
  return result;
}

export class JobThread<Job, Result> {
  readonly #options: JobThreadOptions;
  readonly #queue: Waiting<Job, Result>[] = [];
  #current: Waiting<Job, Result> | undefined;
  #worker: Worker | undefined;
  /** Of the job at hand, or, between jobs, of the thread. */
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Settles when the last thread that was ended is gone. */
  #gone: Promise<unknown> = Promise.resolve();

  constructor(options: JobThreadOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Rejects when the thread cannot do it. @param transfer memory that moves to the thread */
  run(job: Job, transfer: readonly Transferable[] = []): Promise<Result> {
    const waiting = { ...Promise.withResolvers<Result>(), job, transfer };
    this.#queue.push(waiting);
    if (this.#current === undefined) this.#next();
    return waiting.promise;
  }

  /** The thread ends as soon as the jobs that it was given before are done. */
  close(): void {
    this.#isClosed = true;
    if (this.#current === undefined) this.#end();
  }

  /** Ends the thread now, and rejects the jobs that it was given. Resolves when it is gone. */
  async abort(): Promise<void> {
    this.#isClosed = true;
    const waiting = [this.#current, ...this.#queue.splice(0)];
    this.#current = undefined;
    for (const job of waiting) job?.reject(new JobLostError("ended", "the thread was ended"));
    this.#end();
    await this.#gone;
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#current = this.#queue.shift();
    if (this.#current === undefined) return this.#rest();
    const { job, transfer } = this.#current;
    const { jobLimitMs, holdsProcess = true } = this.#options;
    try {
      this.#worker ??= this.#start();
      if (holdsProcess) this.#worker.ref();
      this.#worker.postMessage(job, transfer);
    } catch (cause) {
      return this.#lose(cause);
    }
    if (jobLimitMs === undefined) return;
    const tooLong = new JobLostError("too-long", `gave up after ${jobLimitMs} ms`);
    this.#timer = setTimeout(() => this.#lose(tooLong), jobLimitMs);
    if (!holdsProcess) this.#timer.unref();
  }

  #rest(): void {
    if (this.#isClosed) return this.#end();
    this.#worker?.unref();
    const { idleLimitMs } = this.#options;
    if (idleLimitMs !== undefined) this.#timer = setTimeout(() => this.#end(), idleLimitMs).unref();
  }

  #end(): void {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker === undefined) return;
    // Forgotten before it has ended: a job that comes meanwhile must not be given to it.
    this.#worker = undefined;
    this.#gone = worker.terminate();
  }

  /** Ends the thread, and rejects the job at hand. */
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
    worker.on("exit", () => {
      if (isCurrent()) this.#lose(new JobLostError("ended", `the thread of ${entry.pathname} has ended`));
    });
    // After the listeners, which hold the process again.
    worker.unref();
    return worker;
  }
}
