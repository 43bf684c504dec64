// A thread for every connection, as in the exercise: accept, hand over, and the thread ends when its
// connection does. A few threads are started ahead, because starting one takes longer than answering a
// request; while none is ready, connections wait in the kernel's listen queue, in order.
import type { Socket } from "node:net";
import type { ResolvedOptions } from "../options.ts";
import { Acceptor } from "./acceptor.ts";
import { type BoundAddress, bindAddress, listenOn } from "./address.ts";
import { Backoff } from "./backoff.ts";
import { Crew } from "./crew.ts";
import type { Supervisor, ThreadEvent, ThreadsSnapshot } from "./supervisor.ts";
import { type Thread, WORKER_ENTRY, type WorkerEntry } from "./thread.ts";

/** Threads kept ready: a browser opens up to six connections at once, and each spare costs 2 to 3 MiB. */
const STOCK_COUNT = 4;

export class PerConnection implements Supervisor {
  readonly #options: ResolvedOptions;
  readonly #onEvent: (event: ThreadEvent) => void;
  readonly #crew: Crew;
  readonly #backoff = new Backoff();
  /** Threads without a connection, the one that waits longest first. */
  readonly #stock: Thread[] = [];
  #acceptor: Acceptor | undefined;
  #startedCount = 0;
  /** Set while no thread is started, because the last ones died without having served anyone. */
  #pause: NodeJS.Timeout | undefined;
  #hasStarted = false;

  constructor(options: ResolvedOptions, onEvent: (event: ThreadEvent) => void, entry: WorkerEntry = WORKER_ENTRY) {
    this.#options = options;
    this.#onEvent = onEvent;
    this.#crew = new Crew(entry, options, Math.min(options.maxThreads, options.connectionLimitCount), {
      onReady: (thread) => this.#add(thread),
      onEnd: (thread, cause) => this.#remove(thread, cause),
      onEvent,
    });
  }

  async start(): Promise<BoundAddress> {
    const bound = await bindAddress(this.#options);
    const { address, port } = bound.address();
    this.#acceptor = new Acceptor(await listenOn(bound, { pauseOnConnect: true }), {
      onConnection: (socket) => this.#hand(socket),
      onWarning: (text) => this.#onEvent({ kind: "warning", text }),
    });
    this.#acceptor.pause();
    try {
      await this.#crew.settle(() => this.#refill());
    } catch (error) {
      await this.close(0);
      throw error;
    }
    this.#hasStarted = true;
    this.#refill();
    return { address, port };
  }

  async close(graceMs: number): Promise<void> {
    clearTimeout(this.#pause);
    this.#acceptor?.close();
    await this.#crew.stop(graceMs);
  }

  snapshot(): ThreadsSnapshot {
    return this.#crew.snapshot();
  }

  #add(thread: Thread): void {
    this.#stock.push(thread);
    this.#acceptor!.resume();
  }

  #hand(socket: Socket): void {
    const thread = this.#stock.shift();
    if (thread === undefined) socket.destroy();
    else thread.hand(socket);
    if (this.#stock.length === 0) this.#acceptor!.pause();
    this.#refill();
  }

  #remove(thread: Thread, error: Error | undefined): void {
    const index = this.#stock.indexOf(thread);
    if (index !== -1) this.#stock.splice(index, 1);
    if (this.#stock.length === 0) this.#acceptor!.pause();
    if (!this.#hasStarted) return;
    if (error !== undefined) {
      // One that dies of its connection costs that connection; one that dies without any would do so for ever.
      const restartInMs = thread.wasHanded ? 0 : this.#backoff.nextDelayMs(thread.livedMs);
      this.#onEvent({ kind: "thread-stopped", thread: thread.number, reason: error.message, error, restartInMs });
      if (restartInMs > 0) this.#rest(restartInMs);
    }
    this.#refill();
  }

  #rest(durationMs: number): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#refill();
    }, durationMs);
  }

  /** @returns the threads that it started */
  #refill(): Thread[] {
    const started: Thread[] = [];
    if (this.#pause !== undefined) return started;
    const startingCount = this.#crew.threads.filter(({ state }) => state === "starting").length;
    for (let missing = STOCK_COUNT - this.#stock.length - startingCount; missing > 0; missing--) {
      const slot = this.#crew.freeSlot;
      if (slot === -1) break;
      started.push(this.#crew.start(slot, ++this.#startedCount));
    }
    return started;
  }
}
