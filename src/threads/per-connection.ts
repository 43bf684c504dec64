// A thread for every connection, as in the exercise: accept, and the thread ends when its connection does. On the
// portable transport we accept and hand over; on the kernel's the threads accept, one connection each. A few threads
// are started ahead, because starting one takes longer than answering a request; while none is ready, connections
// wait in the kernel's listen queue, in order.
import type { Socket } from "node:net";
import type { ResolvedOptions } from "../options.ts";
import { Acceptor } from "./acceptor.ts";
import { type BoundAddress, bindAddress, listenOn } from "./address.ts";
import { Backoff } from "./backoff.ts";
import { chooseTransport } from "./choose-transport.ts";
import { Crew } from "./crew.ts";
import type { SharedListener } from "./shared-listener.ts";
import type { Started, Supervisor, ThreadEvent, ThreadsSnapshot } from "./supervisor.ts";
import { type Thread, WORKER_ENTRY, type WorkerEntry } from "./thread.ts";

/** Threads kept ready: a browser opens up to six connections at once, and each spare costs about 12 MiB. */
const STOCK_COUNT = 4;

export class PerConnection implements Supervisor {
  readonly #options: ResolvedOptions;
  readonly #onEvent: (event: ThreadEvent) => void;
  readonly #crew: Crew;
  readonly #backoff = new Backoff();
  /** Threads without a connection, the one that waits longest first. */
  readonly #stock: Thread[] = [];
  /** Portable transport: we accept, and hand each connection to a thread of the stock. */
  #acceptor: Acceptor | undefined;
  /** Kernel transport: the threads of the stock accept, one connection each. */
  #listener: SharedListener | undefined;
  #startedCount = 0;
  /** Set while no thread is started, because the last ones died without having served anyone. */
  #rest: NodeJS.Timeout | undefined;
  #restMs = 0;
  #hasStarted = false;

  constructor(options: ResolvedOptions, onEvent: (event: ThreadEvent) => void, entry: WorkerEntry = WORKER_ENTRY) {
    this.#options = options;
    this.#onEvent = onEvent;
    this.#crew = new Crew(entry, options, Math.min(options.maxThreads, options.connectionLimitCount), {
      onReady: (thread) => this.#add(thread),
      onTaken: (thread) => this.#take(thread),
      onGone: (thread) => this.#listener?.gone(thread),
      onEnd: (thread, cause) => this.#remove(thread, cause),
      onEvent,
    });
  }

  async start(options: ResolvedOptions = this.#options): Promise<Started> {
    this.#crew.options = options;
    const transport = await chooseTransport(this.#options);
    const { address, port } = await (transport.kind === "kernel" ? this.#openKernel() : this.#openPortable());
    try {
      await this.#crew.settle(() => this.#refill());
    } catch (error) {
      await this.close(0);
      throw error;
    }
    this.#hasStarted = true;
    this.#refill();
    return { address, port, transport };
  }

  async close(graceMs: number): Promise<void> {
    clearTimeout(this.#rest);
    this.#acceptor?.close();
    this.#listener?.close();
    await this.#crew.stop(graceMs);
    this.#listener?.dispose();
  }

  reload(options: ResolvedOptions): Promise<void> {
    return this.#crew.reload(options);
  }

  snapshot(): ThreadsSnapshot {
    return this.#crew.snapshot();
  }

  async #openKernel(): Promise<BoundAddress> {
    // Loaded only where it is used: it needs node:ffi.
    const { openListener, SharedListener } = await import("./shared-listener.ts");
    const listener = await openListener(this.#options);
    this.#listener = new SharedListener(listener, this.#crew.shareKernelMemory());
    return listener;
  }

  async #openPortable(): Promise<BoundAddress> {
    const bound = await bindAddress(this.#options);
    const { address, port } = bound.address();
    this.#acceptor = new Acceptor(await listenOn(bound, { pauseOnConnect: true }), {
      onConnection: (socket) => this.#hand(socket),
      onWarning: (text) => this.#onEvent({ kind: "warning", text }),
    });
    this.#acceptor.pause();
    return { address, port };
  }

  #add(thread: Thread): void {
    this.#stock.push(thread);
    this.#acceptor?.resume();
    this.#listener?.ready(thread);
  }

  #hand(socket: Socket): void {
    const thread = this.#stock[0];
    if (thread === undefined) {
      socket.destroy();
      return;
    }
    thread.hand(socket);
    this.#take(thread);
  }

  #take(thread: Thread): void {
    this.#leaveStock(thread);
    this.#refill();
  }

  #leaveStock(thread: Thread): void {
    const index = this.#stock.indexOf(thread);
    if (index !== -1) this.#stock.splice(index, 1);
    if (this.#stock.length === 0) this.#acceptor?.pause();
  }

  #remove(thread: Thread, error: Error | undefined): void {
    this.#leaveStock(thread);
    if (!this.#hasStarted) return;
    if (error !== undefined) {
      const restartInMs = this.#delayAfter(thread);
      this.#onEvent({ kind: "thread-stopped", thread: thread.number, reason: error.message, error, restartInMs });
    } else {
      // It ended in peace and freed what the next one may have been waiting for.
      this.#endRest();
    }
    this.#refill();
  }

  /** One that dies of its connection costs that connection; one that dies without any would do so for ever. */
  #delayAfter(thread: Thread): number {
    if (thread.hadConnection) return 0;
    // Threads start several at a time: what kills one kills the others, and counts once.
    if (this.#rest !== undefined) return this.#restMs;
    this.#restMs = this.#backoff.nextDelayMs(thread.livedMs);
    if (this.#restMs > 0) {
      this.#rest = setTimeout(() => {
        this.#endRest();
        this.#refill();
      }, this.#restMs);
    }
    return this.#restMs;
  }

  #endRest(): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
  }

  /** @returns the threads that it started */
  #refill(): Thread[] {
    const started: Thread[] = [];
    if (this.#rest !== undefined) return started;
    const startingCount = this.#crew.threads.filter(({ state }) => state === "starting").length;
    for (let missing = STOCK_COUNT - this.#stock.length - startingCount; missing > 0; missing--) {
      const slot = this.#crew.freeSlot;
      if (slot === -1) break;
      started.push(this.#crew.start(slot, ++this.#startedCount));
    }
    return started;
  }
}
