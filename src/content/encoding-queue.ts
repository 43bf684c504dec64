// Who encodes what next, for all threads of a process: each thing once at a time however many ask for it, quick jobs
// before best ones, one of each kind at once so that libuv's pool keeps threads for files, and a bound on what
// waits. What is beyond the bound is refused: its requests get the file as it is, and a later one asks again.
import type { Coding } from "./coding.ts";
import type { Effort } from "./encode.ts";

export interface EncodingJob {
  /** Names the bytes: two jobs with one key, coding and effort have the same result. */
  readonly key: string;
  readonly coding: Coding;
  readonly effort: Effort;
  readonly sizeBytes: number;
}

/** Undefined when it was refused, has failed, or is no smaller than it was. */
export type Encoded = Uint8Array | undefined;

interface Waiting extends EncodingJob {
  readonly run: () => Promise<Uint8Array>;
  readonly settle: (encoded: Encoded) => void;
}

export class EncodingQueue {
  readonly #limitBytes: number;
  readonly #waiting: Readonly<Record<Effort, Waiting[]>> = { quick: [], best: [] };
  readonly #running = new Set<Effort>();
  readonly #pending = new Map<string, Promise<Encoded>>();
  #pendingBytes = 0;

  /** @param limitBytes of content that may wait or be worked on */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** @param run does the work; it is not called when the job is refused, or is under way already */
  add(job: EncodingJob, run: () => Promise<Uint8Array>): Promise<Encoded> {
    const name = `${job.key} ${job.coding} ${job.effort}`;
    const pending = this.#pending.get(name);
    if (pending !== undefined) return pending;
    if (this.#pendingBytes + job.sizeBytes > this.#limitBytes) return Promise.resolve(undefined);
    this.#pendingBytes += job.sizeBytes;
    const { promise, resolve } = Promise.withResolvers<Encoded>();
    this.#pending.set(name, promise);
    const settle = (encoded: Encoded): void => {
      this.#pending.delete(name);
      this.#pendingBytes -= job.sizeBytes;
      resolve(encoded);
    };
    this.#waiting[job.effort].push({ ...job, run, settle });
    this.#begin(job.effort);
    return promise;
  }

  #begin(effort: Effort): void {
    if (this.#running.has(effort) || (effort === "best" && this.#running.has("quick"))) return;
    const next = this.#waiting[effort].shift();
    if (next === undefined) return effort === "quick" ? this.#begin("best") : undefined;
    this.#running.add(effort);
    void this.#run(next);
  }

  async #run(job: Waiting): Promise<void> {
    const encoded = await job.run().catch(() => undefined);
    this.#running.delete(job.effort);
    job.settle(encoded !== undefined && encoded.length < job.sizeBytes ? encoded : undefined);
    this.#begin("quick");
    this.#begin("best");
  }
}
