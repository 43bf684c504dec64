// The living threads, whatever they are for: starting them, counting, watching their heartbeats, passing on
// what they report, and stopping them all. What both kinds of supervisor share.
import { ENCODER_SHARE } from "../content/encoder.ts";
import type { ResolvedOptions } from "../options.ts";
import { type KernelMemory, newKernelMemory } from "../transport/kernel/shared.ts";
import { CounterTable } from "./counters.ts";
import type { EncoderData } from "./encoder.ts";
import { ENCODER_URL, EncoderHost } from "./encoder-host.ts";
import { HEARTBEAT_MS } from "./messages.ts";
import type { ThreadEvent, ThreadsSnapshot } from "./supervisor.ts";
import { Thread, type WorkerEntry } from "./thread.ts";

export interface CrewHooks {
  readonly onReady: (thread: Thread) => void;
  /** A thread has accepted the one connection that it is for. */
  readonly onTaken?: (thread: Thread) => void;
  /** A thread is gone; `cause` is undefined when it ended as it should. None is called once the crew stops. */
  readonly onEnd: (thread: Thread, cause: Error | undefined) => void;
  readonly onEvent: (event: ThreadEvent) => void;
  /** A thread is gone, however it ended and whatever the crew is at: what it left behind can be cleared away. */
  readonly onGone?: (thread: Thread) => void;
}

/** How long threads that were told to destroy what they hold may take, in ms. */
const DESTROY_TIMEOUT_MS = 1_000;

export class Crew {
  readonly #entry: WorkerEntry;
  #options: ResolvedOptions;
  readonly #slotCount: number;
  readonly #hooks: CrewHooks;
  readonly #table: CounterTable;
  readonly #threads: (Thread | undefined)[];
  readonly #encoder: EncoderHost;
  #watch: NodeJS.Timeout | undefined;
  #watchedAt = 0;
  #deathCount = 0;
  isStopping = false;
  #kernel: KernelMemory | undefined;

  /** @param slotCount the most threads at once; they share the bounds of the process */
  constructor(entry: WorkerEntry, options: ResolvedOptions, slotCount: number, hooks: CrewHooks) {
    this.#entry = entry;
    this.#options = options;
    this.#slotCount = slotCount;
    this.#hooks = hooks;
    this.#table = new CounterTable(slotCount);
    this.#threads = new Array(slotCount).fill(undefined);
    this.#encoder = new EncoderHost(entry.encoderUrl ?? ENCODER_URL, encoderData(options), (text) =>
      hooks.onEvent({ kind: "warning", text }),
    );
  }

  get threads(): readonly Thread[] {
    return this.#threads.filter((thread) => thread !== undefined);
  }

  /** A slot that no thread has, or -1. */
  get freeSlot(): number {
    return this.#threads.indexOf(undefined);
  }

  /** Every thread that is started after this serves over the kernel transport. */
  shareKernelMemory(): KernelMemory {
    this.#kernel = newKernelMemory(this.#slotCount);
    return this.#kernel;
  }

  /** What the threads that are started from now on are born with. */
  set options(options: ResolvedOptions) {
    this.#options = options;
  }

  start(slot: number, number: number): Thread {
    const start = {
      options: this.#options,
      number,
      slot,
      counters: this.#table.memory,
      kernel: this.#kernel,
      threadCount: this.#slotCount,
    };
    const thread = new Thread(this.#entry, start, this.#table, {
      onReady: (ready) => {
        if (!this.isStopping) this.#hooks.onReady(ready);
      },
      onTaken: (busy) => {
        if (!this.isStopping) this.#hooks.onTaken?.(busy);
      },
      onReport: (report) => this.#hooks.onEvent(report),
      onEncoderWanted: (user) => this.#encoder.connect(user),
      onEnd: (ended, cause) => this.#remove(ended, cause),
    });
    this.#threads[slot] = thread;
    return thread;
  }

  /**
   * Resolves when each of the first threads is ready or has failed. Rejects when all have failed, with the first's
   * cause, and when the crew was stopped meanwhile: then nothing may be started any more.
   */
  async settle(startAll: () => readonly Thread[]): Promise<void> {
    this.#refuseWhenStopping();
    this.#watchedAt = performance.now();
    this.#watch = setInterval(() => this.#look(), HEARTBEAT_MS);
    const outcomes = await Promise.allSettled(startAll().map((thread) => thread.ready));
    const failures = outcomes.filter((outcome) => outcome.status === "rejected");
    if (failures.length === outcomes.length) throw failures[0]!.reason;
    this.#refuseWhenStopping();
  }

  /**
   * Has all threads go over to other options, or none. Those that are started from then on are born with them.
   * @throws why one cannot; when there is none to try them; when the crew was stopped meanwhile
   */
  async reload(options: ResolvedOptions): Promise<void> {
    const asked = new Set(this.threads);
    const answers = await Promise.all([...asked].map((thread) => thread.ask({ kind: "prepare", options })));
    if (this.isStopping) throw new Error("the server was closed meanwhile");
    const failed = answers.find((answer) => answer.kind === "failed");
    if (failed === undefined && answers.some(({ kind }) => kind === "done")) return this.#goOver(options, asked);
    for (const thread of asked) thread.post({ kind: "discard" });
    throw new Error(failed?.reason ?? "no thread is there to try the options");
  }

  async #goOver(options: ResolvedOptions, prepared: ReadonlySet<Thread>): Promise<void> {
    this.#options = options;
    this.#encoder.data = encoderData(options);
    await Promise.all(
      this.threads.map((thread) => {
        // It was started meanwhile, with the options of before.
        if (!prepared.has(thread)) void this.#catchUp(thread, options);
        return thread.ask({ kind: "adopt" });
      }),
    );
  }

  /** What others can use it must be able to use; if not, one that is born with them takes its place. */
  async #catchUp(thread: Thread, options: ResolvedOptions): Promise<void> {
    const answer = await thread.ask({ kind: "prepare", options });
    if (answer.kind === "failed") thread.terminate(new Error(answer.reason));
  }

  snapshot(): ThreadsSnapshot {
    const threads = this.threads.map(({ number, slot, state, silentMs }) => ({
      thread: number,
      state,
      silentMs,
      ...this.#table.values(slot),
    }));
    return { mode: this.#options.mode, threads, deathCount: this.#deathCount, ...this.#table.totals() };
  }

  /** Resolves when no thread is left: they drain for `graceMs`, then destroy what they still hold. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    clearInterval(this.#watch);
    const { threads } = this;
    const encoderEnd = this.#encoder.close();
    for (const thread of threads) thread.post({ kind: "drain" });
    const destroy = setTimeout(() => {
      for (const thread of threads) thread.post({ kind: "destroy" });
    }, graceMs);
    const terminate = setTimeout(() => {
      for (const thread of threads) thread.terminate();
    }, graceMs + DESTROY_TIMEOUT_MS);
    await Promise.all(threads.map((thread) => thread.ended));
    clearTimeout(destroy);
    clearTimeout(terminate);
    await encoderEnd;
  }

  #refuseWhenStopping(): void {
    if (this.isStopping) throw new Error("closed before it listened");
  }

  #look(): void {
    const now = performance.now();
    for (const thread of this.threads) thread.watch(now - this.#watchedAt);
    this.#watchedAt = now;
  }

  #remove(thread: Thread, cause: Error | undefined): void {
    this.#threads[thread.slot] = undefined;
    this.#encoder.forget(thread);
    this.#hooks.onGone?.(thread);
    this.#table.release(thread.slot);
    if (cause !== undefined) this.#deathCount++;
    if (!this.isStopping) this.#hooks.onEnd(thread, cause);
  }
}

function encoderData({ encodedLimitBytes }: ResolvedOptions): EncoderData {
  return { keptLimitBytes: encodedLimitBytes * ENCODER_SHARE };
}
