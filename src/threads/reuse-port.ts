// One listening socket per thread, all at one port: the kernel spreads the connections over them, and the
// supervisor has no part in accepting. It opens the sockets and hands each to its thread, so that a failure
// to listen is told here and a socket listens before its thread is up.
import { BoundSocket, type Server } from "node:net";
import { type BoundAddress, listenOn } from "./address.ts";
import type { Spread } from "./spread.ts";
import type { Thread } from "./thread.ts";

export class ReusePort implements Spread {
  readonly #address: BoundAddress;
  /** Bound and never listening, so it gets no connection: while no thread listens, nobody is given this port by chance. */
  readonly #reservation: BoundSocket;
  readonly #listening = new Set<Thread>();
  #isClosed = false;

  /** @param bound not shared, which was the proof that no other server is at this port; replaced by sockets that share it */
  constructor(bound: BoundSocket) {
    const { address, port } = bound.address();
    this.#address = { address, port };
    bound.close();
    this.#reservation = this.#bind();
  }

  /** While nobody serves, connections had better wait for this thread than be refused. */
  started(thread: Thread): void {
    if (![...this.#listening].some((other) => other.state === "ready")) this.#open(thread);
  }

  ready(thread: Thread): void {
    if (!this.#listening.has(thread)) this.#open(thread);
  }

  ended(thread: Thread): void {
    this.#listening.delete(thread);
  }

  close(): void {
    this.#isClosed = true;
    this.#reservation[Symbol.dispose](); // unlike close(), may be repeated
  }

  #open(thread: Thread): void {
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
