// The main thread accepts, and transfers each fresh connection to the thread that has the fewest. For platforms
// where the kernel does not spread connections, and for an even spread where it matters.
import type { Server, Socket } from "node:net";
import { Acceptor, type AcceptorHooks } from "./acceptor.ts";
import type { Spread } from "./spread.ts";
import type { Thread } from "./thread.ts";

/** With every allowed connection open, how often to look whether one has closed, in ms. */
const FULL_RETRY_MS = 20;

export class Transfer implements Spread {
  readonly #connectionLimitCount: number;
  readonly #acceptor: Acceptor;
  readonly #threads = new Set<Thread>();
  #retry: NodeJS.Timeout | undefined;

  constructor(server: Server, connectionLimitCount: number, onWarning: AcceptorHooks["onWarning"]) {
    this.#connectionLimitCount = connectionLimitCount;
    this.#acceptor = new Acceptor(server, { onConnection: (socket) => this.#hand(socket), onWarning });
    this.#acceptor.pause(); // until a thread is ready
  }

  started(): void {}

  ready(thread: Thread): void {
    this.#threads.add(thread);
    this.#regulate();
  }

  ended(thread: Thread): void {
    this.#threads.delete(thread);
    this.#regulate();
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#acceptor.close();
  }

  #hand(socket: Socket): void {
    const thread = this.#leastLoaded();
    if (thread === undefined) socket.destroy();
    else thread.hand(socket);
    this.#regulate();
  }

  #leastLoaded(): Thread | undefined {
    const responsive = [...this.#threads].filter((thread) => thread.isResponsive);
    const candidates = responsive.length > 0 ? responsive : [...this.#threads];
    return candidates.reduce<Thread | undefined>(
      (best, next) => (best && best.load <= next.load ? best : next),
      undefined,
    );
  }

  /** Accepts while a thread can take connections and the limit is not reached; else they wait in the listen queue. */
  #regulate(): void {
    clearTimeout(this.#retry);
    const load = [...this.#threads].reduce((sum, thread) => sum + thread.load, 0);
    const isFull = load >= this.#connectionLimitCount;
    if (isFull) this.#retry = setTimeout(() => this.#regulate(), FULL_RETRY_MS);
    if (isFull || this.#threads.size === 0) this.#acceptor.pause();
    else this.#acceptor.resume();
  }
}
