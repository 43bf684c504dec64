// The thread with the fewest connections gets the next one. Turn by turn would be even only if all connections lasted as long.
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

export interface Thread {
  readonly worker: Worker;
  /** How many connections it has. */
  connectionCount: number;
}

export class Pool {
  readonly threads: readonly Thread[];
  // Paused: the thread that gets the socket reads its first byte.
  readonly #server: Server = createServer({ pauseOnConnect: true }, (socket) => this.#give(socket));

  constructor(threadCount: number) {
    this.threads = Array.from({ length: threadCount }, () => {
      const thread = {
        worker: new Worker(new URL("../09-thread-pool/thread.ts", import.meta.url)),
        connectionCount: 0,
      };
      thread.worker.on("message", () => thread.connectionCount--);
      return thread;
    });
  }

  /** @returns the port */
  async listen(): Promise<number> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.close();
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }

  #give(socket: Socket): void {
    const thread = this.#choose();
    thread.connectionCount++;
    thread.worker.postMessage(socket, [socket as never]);
  }

  /** The thread for the next connection. */
  #choose(): Thread {
    return this.threads.reduce((best, thread) => (thread.connectionCount < best.connectionCount ? thread : best));
  }
}
