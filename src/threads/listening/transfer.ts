// The main thread accepts, and transfers each new connection to the thread with the fewest. For platforms where the
// kernel does not spread connections over several sockets, for sites that need an even spread, and for the sockets of
// reuse-port.ts that no thread can accept from.
import type { Server, Socket } from "node:net";
import { Acceptor, type AcceptorHooks } from "./acceptor.ts";
import type { Binding } from "./binding.ts";
import type { Listening, ListeningThread } from "./listening.ts";

/** How often to check, at the limit of open connections, whether one has closed, in ms. */
const FULL_RETRY_MS = 20;
/** How many connections may be on their way to threads that have to make room for them. */
const EXTRA_COUNT = 8;

export interface TransferOptions {
  readonly connectionLimitCount: number;
  /** How many connections over the limit each thread may get, to refuse them; others wait in the listen queue. */
  readonly refusedCount: number;
  readonly onWarning: AcceptorHooks["onWarning"];
  /** How further sockets are made. */
  readonly binding: Binding;
}

/** What is known of a listening socket. */
export interface ListenedServer {
  /** Which listener of the options it is for. */
  readonly index: number;
  /** It is not ours alone: see inherited.ts. */
  readonly isInherited: boolean;
}

export class Transfer implements Listening {
  readonly #options: TransferOptions;
  readonly #acceptors = new Set<Acceptor>();
  readonly #threads = new Set<ListeningThread>();
  #retry: NodeJS.Timeout | undefined;
  #stopping: Promise<unknown> | undefined;
  #graceEndsAt = 0;
  #isShared = false;

  constructor(options: TransferOptions) {
    this.#options = options;
  }

  /**
   * Accepts from this socket, too.
   * @param server has listened since this tick, with `pauseOnConnect`
   */
  add(server: Server, { index, isInherited }: ListenedServer): Acceptor {
    const { onWarning, binding } = this.#options;
    const hooks = { onConnection: (socket: Socket) => this.#handOver(socket, index), onWarning, isInherited, binding };
    const acceptor = new Acceptor(server, hooks);
    this.#acceptors.add(acceptor);
    acceptor.pause(); // until a thread can take connections
    this.#regulate();
    if (this.#isShared) acceptor.share();
    if (this.#stopping !== undefined) this.#stopping = Promise.all([this.#stopping, this.#finish(acceptor)]);
    return acceptor;
  }

  /** @returns the socket, which belongs to the caller now; undefined when it is lost */
  remove(acceptor: Acceptor): Server | undefined {
    this.#acceptors.delete(acceptor);
    return acceptor.release();
  }

  ready(thread: ListeningThread): void {
    this.#threads.add(thread);
    this.#regulate();
  }

  ended(thread: ListeningThread): void {
    this.#threads.delete(thread);
    this.#regulate();
  }

  share(): void {
    this.#isShared = true;
    for (const acceptor of this.#acceptors) acceptor.share();
  }

  async stopAccepting(graceMs: number): Promise<void> {
    if (this.#stopping === undefined) {
      this.#graceEndsAt = performance.now() + graceMs;
      this.#stopping = Promise.all([...this.#acceptors].map((acceptor) => this.#finish(acceptor)));
    }
    // Sockets may be added meanwhile.
    for (let awaited: unknown; awaited !== this.#stopping; await awaited) awaited = this.#stopping;
    this.#threads.clear();
    clearTimeout(this.#retry);
  }

  #finish(acceptor: Acceptor): Promise<void> {
    return acceptor.finish(Math.max(0, this.#graceEndsAt - performance.now()));
  }

  #handOver(socket: Socket, listener: number): void {
    const thread = this.#leastLoaded();
    if (thread === undefined) socket.destroy();
    else thread.handOver(socket, listener);
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

  get #isFull(): boolean {
    const threads = [...this.#threads];
    const load = threads.reduce((sum, thread) => sum + thread.load, 0);
    // A thread that gets more than its share closes connections that have waited long.
    const extraCount = threads.some((thread) => thread.canMakeRoom) ? EXTRA_COUNT : 0;
    const { connectionLimitCount, refusedCount } = this.#options;
    return load >= connectionLimitCount + refusedCount * threads.length + extraCount;
  }

  /** Accepts while a thread is ready and the limit is not reached; otherwise connections wait in the listen queue. */
  #regulate(): void {
    clearTimeout(this.#retry);
    const hasToWait = this.#isFull;
    if (hasToWait) this.#retry = setTimeout(() => this.#regulate(), FULL_RETRY_MS);
    const canAccept = !hasToWait && this.#threads.size > 0;
    for (const acceptor of this.#acceptors) {
      if (canAccept) acceptor.resume();
      else acceptor.pause();
    }
  }
}
