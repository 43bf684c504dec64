// One listening socket per thread, all at one port: the kernel spreads the connections over them, and the supervisor
// accepts few. It opens the sockets and transfers each to its thread, so that a failure to listen shows here. One more
// socket at the port is its own, and listens as long as the server: while no thread can take connections, they wait there
// instead of being refused. A thread that is full gives its socket back until it has room: then other threads get what
// comes there, or it waits.
import type { Server } from "node:net";
import type { Acceptor } from "./acceptor.ts";
import { listenOn } from "./address.ts";
import type { Binding, Bound, BoundAddress } from "./binding.ts";
import type { Listening, ListeningThread } from "./listening.ts";
import { type ListenedServer, Transfer, type TransferOptions } from "./transfer.ts";

export class ReusePort implements Listening {
  readonly #address: BoundAddress;
  readonly #about: ListenedServer;
  readonly #binding: Binding;
  /** Accepts from the socket of our own, and from those that threads have given back. */
  readonly #transfer: Transfer;
  /** Sockets that threads have given back. */
  readonly #lent = new Map<ListeningThread, Acceptor>();
  /** Those of them whose thread has died: the next thread gets them, with the connections that wait there. */
  readonly #orphans: Acceptor[] = [];
  #isClosed = false;

  /**
   * @param bound without sharing, which proved that the port is free; it is replaced by sockets that share the port
   * @param index of the listener
   */
  static async open(bound: Bound, index: number, options: TransferOptions): Promise<ReusePort> {
    const { address, port } = bound.address();
    bound.close();
    return new ReusePort({ address, port }, await listenAt({ address, port }, options.binding), index, options);
  }

  /** As `open`, with the sockets of a former server: one becomes our own, and each thread gets one of the others. */
  static async adopt(adopted: readonly Bound[], index: number, options: TransferOptions): Promise<ReusePort> {
    const [first, ...others] = adopted;
    const own = await listenOn(first!, { pauseOnConnect: true });
    const listening = new ReusePort(first!.address(), own, index, options);
    for (const one of others) {
      const server = await listenOn(one, { pauseOnConnect: true });
      listening.#orphans.push(listening.#transfer.add(server, listening.#about));
    }
    return listening;
  }

  private constructor(address: BoundAddress, own: Server, index: number, options: TransferOptions) {
    this.#address = address;
    this.#about = { index, isInherited: false };
    this.#binding = options.binding;
    this.#transfer = new Transfer(options);
    this.#transfer.add(own, this.#about);
  }

  /** Accepts from this socket, too. */
  add(server: Server, about: ListenedServer): void {
    this.#transfer.add(server, about);
  }

  ready(thread: ListeningThread): void {
    this.#transfer.ready(thread);
    if (!this.#isClosed) this.#give(thread, this.#orphans.pop());
  }

  ended(thread: ListeningThread): void {
    this.#transfer.ended(thread);
    const lent = this.#lent.get(thread);
    this.#lent.delete(thread);
    if (lent !== undefined) this.#orphans.push(lent);
  }

  lend(thread: ListeningThread, server: Server): void {
    this.#lent.set(thread, this.#transfer.add(pausing(server, true), this.#about));
  }

  reclaim(thread: ListeningThread): void {
    const lent = this.#lent.get(thread);
    this.#lent.delete(thread);
    if (!this.#isClosed) this.#give(thread, lent);
  }

  share(): void {
    this.#transfer.share();
  }

  stopAccepting(graceMs: number): Promise<void> {
    this.#isClosed = true;
    return this.#transfer.stopAccepting(graceMs);
  }

  /** Gives a thread the socket that was lent, or a new one. */
  #give(thread: ListeningThread, lent: Acceptor | undefined): void {
    const server = lent && this.#transfer.remove(lent);
    const listener = this.#about.index;
    if (server !== undefined) return thread.post({ kind: "listen", server: pausing(server, false), listener });
    listenAt(this.#address, this.#binding).then(
      (opened) => {
        // Connections may have come to it already.
        if (this.#isClosed) this.#transfer.add(opened, this.#about);
        else thread.post({ kind: "listen", server: pausing(opened, false), listener });
      },
      (error: Error) => thread.terminate(error),
    );
  }
}

async function listenAt({ address, port }: BoundAddress, binding: Binding): Promise<Server> {
  return listenOn(binding.bind({ host: address, port, reusePort: true }), { pauseOnConnect: true });
}

/** Sockets that go on to another thread must not be read from. The property is that of `createServer`. */
function pausing(server: Server, isPausing: boolean): Server {
  return Object.assign(server, { pauseOnConnect: isPausing });
}
