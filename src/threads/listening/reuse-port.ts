// One listening socket per thread, all at one port: the kernel spreads the connections over them, and the supervisor
// accepts none. It opens the sockets and transfers each to its thread, so that a failure to listen shows here, and a
// socket listens before its thread is ready.
import { BoundSocket, type Server } from "node:net";
import { type BoundAddress, listenOn } from "./address.ts";
import type { Listening, ListeningThread } from "./listening.ts";

export class ReusePort implements Listening {
  readonly #address: BoundAddress;
  /** Bound, but never listening, so it gets no connection. It keeps the port ours while no thread listens. */
  readonly #reservation: BoundSocket;
  readonly #listening = new Set<ListeningThread>();
  #isClosed = false;

  /** @param bound without sharing, which proved that the port is free; it is replaced by sockets that share the port */
  constructor(bound: BoundSocket) {
    const { address, port } = bound.address();
    this.#address = { address, port };
    bound.close();
    this.#reservation = this.#bind();
  }

  /** While no thread is ready, connections wait for this one instead of being refused. */
  started(thread: ListeningThread): void {
    if (![...this.#listening].some((other) => other.isReady)) this.#open(thread);
  }

  ready(thread: ListeningThread): void {
    if (!this.#listening.has(thread)) this.#open(thread);
  }

  ended(thread: ListeningThread): void {
    this.#listening.delete(thread);
  }

  stopAccepting(): void {
    this.#isClosed = true;
    this.#reservation[Symbol.dispose](); // unlike close(), may be repeated
  }

  #open(thread: ListeningThread): void {
    this.#listening.add(thread);
    this.#listen().then(
      (server) => (this.#isClosed ? server.close() : thread.post({ kind: "listen", server })),
      (error: Error) => thread.terminate(error),
    );
  }

  async #listen(): Promise<Server> {
    return listenOn(this.#bind(), { pauseOnConnect: false });
  }

  #bind(): BoundSocket {
    const { address, port } = this.#address;
    return new BoundSocket({ host: address, port, reusePort: true });
  }
}
