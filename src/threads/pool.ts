// A fixed number of threads, each serving many connections. The supervisor keeps that number: a thread that
// throws, runs out of memory or stops answering is replaced, at once the first time and more slowly when it
// happens again and again. How connections come to the threads is the spread's affair.
import type { ResolvedOptions } from "../options.ts";
import { type BoundAddress, bindAddress, listenOn } from "./address.ts";
import { Backoff } from "./backoff.ts";
import { chooseTransport } from "./choose-transport.ts";
import { Crew } from "./crew.ts";
import { ReusePort } from "./reuse-port.ts";
import type { Spread } from "./spread.ts";
import type { Started, Supervisor, ThreadEvent, ThreadsSnapshot } from "./supervisor.ts";
import { type Thread, WORKER_ENTRY, type WorkerEntry } from "./thread.ts";
import { Transfer } from "./transfer.ts";

interface Opened extends BoundAddress {
  readonly spread: Spread;
}

export class Pool implements Supervisor {
  readonly #options: ResolvedOptions;
  readonly #onEvent: (event: ThreadEvent) => void;
  readonly #crew: Crew;
  /** One for each slot. */
  readonly #backoffs: readonly Backoff[];
  readonly #restarts = new Set<NodeJS.Timeout>();
  #spread: Spread | undefined;
  /** Threads that died before it was known whether any can start; undefined once it is. */
  #stillborn: [Thread, Error][] | undefined = [];

  constructor(options: ResolvedOptions, onEvent: (event: ThreadEvent) => void, entry: WorkerEntry = WORKER_ENTRY) {
    this.#options = options;
    this.#onEvent = onEvent;
    this.#backoffs = Array.from({ length: options.threads }, () => new Backoff());
    this.#crew = new Crew(entry, options, options.threads, {
      onGone: (thread) => this.#spread?.gone?.(thread),
      onReady: (thread) => this.#spread!.ready(thread),
      onEnd: (thread, cause) => this.#bury(thread, cause ?? new Error("it ended unasked")),
      onEvent,
    });
  }

  async start(options: ResolvedOptions = this.#options): Promise<Started> {
    this.#crew.options = options;
    const transport = await chooseTransport(this.#options);
    const { spread, address, port } = await (transport.kind === "kernel" ? this.#openKernel() : this.#openPortable());
    this.#spread = spread;
    try {
      await this.#crew.settle(() => this.#backoffs.map((_, slot) => this.#startThread(slot)));
    } catch (error) {
      await this.close(0);
      throw error;
    }
    const stillborn = this.#stillborn ?? [];
    this.#stillborn = undefined;
    for (const [thread, cause] of stillborn) this.#bury(thread, cause);
    return { address, port, transport };
  }

  async close(graceMs: number): Promise<void> {
    for (const restart of this.#restarts) clearTimeout(restart);
    this.#spread?.close();
    await this.#crew.stop(graceMs);
    this.#spread?.dispose?.();
  }

  reload(options: ResolvedOptions): Promise<void> {
    return this.#crew.reload(options);
  }

  snapshot(): ThreadsSnapshot {
    return this.#crew.snapshot();
  }

  async #openKernel(): Promise<Opened> {
    // Loaded only where it is used: it needs node:ffi.
    const { openListener, SharedListener } = await import("./shared-listener.ts");
    const listener = await openListener(this.#options);
    const { address, port } = listener;
    return { spread: new SharedListener(listener, this.#crew.shareKernelMemory()), address, port };
  }

  async #openPortable(): Promise<Opened> {
    const bound = await bindAddress(this.#options);
    const { address, port } = bound.address();
    if (this.#options.accept === "reuse-port") return { spread: new ReusePort(bound), address, port };
    const server = await listenOn(bound, { pauseOnConnect: true });
    const warn = (text: string): void => this.#onEvent({ kind: "warning", text });
    return { spread: new Transfer(server, this.#options.connectionLimitCount, warn), address, port };
  }

  #startThread(slot: number): Thread {
    const thread = this.#crew.start(slot, slot + 1);
    this.#spread!.started(thread);
    return thread;
  }

  #bury(thread: Thread, error: Error): void {
    this.#spread!.ended(thread);
    if (this.#stillborn !== undefined) {
      this.#stillborn.push([thread, error]);
      return;
    }
    const restartInMs = this.#backoffs[thread.slot]!.nextDelayMs(thread.livedMs);
    if (restartInMs === 0) this.#startThread(thread.slot);
    else this.#restartIn(restartInMs, thread.slot);
    this.#onEvent({ kind: "thread-stopped", thread: thread.number, reason: error.message, error, restartInMs });
  }

  #restartIn(delayMs: number, slot: number): void {
    const restart = setTimeout(() => {
      this.#restarts.delete(restart);
      this.#startThread(slot);
    }, delayMs);
    this.#restarts.add(restart);
  }
}
