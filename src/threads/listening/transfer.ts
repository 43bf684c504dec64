// The main thread accepts, and transfers each new connection to the thread with the fewest. For platforms where the
// kernel does not spread connections over several sockets, and for sites that need an even spread.
import type { Server, Socket } from "node:net";
import { Acceptor, type AcceptorHooks } from "./acceptor.ts";
import type { Listening, ListeningThread } from "./listening.ts";

/** How often to check, at the limit of open connections, whether one has closed, in ms. */
const FULL_RETRY_MS = 20;

export class Transfer implements Listening {
  readonly #connectionLimitCount: number;
  readonly #acceptor: Acceptor;
  readonly #threads = new Set<ListeningThread>();
  #retry: NodeJS.Timeout | undefined;

  constructor(server: Server, connectionLimitCount: number, onWarning: AcceptorHooks["onWarning"]) {
    this.#connectionLimitCount = connectionLimitCount;
    this.#acceptor = new Acceptor(server, { onConnection: (socket) => this.#handOver(socket), onWarning });
    this.#acceptor.pause(); // until a thread is ready
  }

  ready(thread: ListeningThread): void {
    this.#threads.add(thread);
    this.#regulate();
  }

  ended(thread: ListeningThread): void {
    this.#threads.delete(thread);
    this.#regulate();
  }

  stopAccepting(): void {
    this.#threads.clear();
    clearTimeout(this.#retry);
    this.#acceptor.close();
  }

  #handOver(socket: Socket): void {
    const thread = this.#leastLoaded();
    if (thread === undefined) socket.destroy();
    else thread.handOver(socket);
    this.#regulate();
  }

  #leastLoaded(): ListeningThread | undefined {
    const responsive = [...this.#threads].filter((thread) => thread.isResponsive);
    const candidates = responsive.length > 0 ? responsive : [...this.#threads];
    return candidates.reduce<ListeningThread | undefined>(
      (best, next) => (best && best.load <= next.load ? best : next),
      undefined,
    );
  }

  /** Accepts while a thread is ready and the limit is not reached; otherwise connections wait in the listen queue. */
  #regulate(): void {
    clearTimeout(this.#retry);
    const load = [...this.#threads].reduce((sum, thread) => sum + thread.load, 0);
    const isFull = load >= this.#connectionLimitCount;
    if (isFull) this.#retry = setTimeout(() => this.#regulate(), FULL_RETRY_MS);
    if (isFull || this.#threads.size === 0) this.#acceptor.pause();
    else this.#acceptor.resume();
  }
}
