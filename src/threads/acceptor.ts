// Accepting that can pause: while it does, new connections wait in the kernel's listen queue, unaccepted, as
// they did in front of `accept()` in the exercise. node:net cannot stop a listening socket from accepting, but
// since Node 26.6 it can transfer one, and a socket that is in transit belongs to no event loop. So a paused
// server is parked in a message channel of our own, and taken out again to go on: 25 us there and back.
import { closeSync, openSync } from "node:fs";
import { type AddressInfo, BoundSocket, type Server, type Socket } from "node:net";
import { devNull } from "node:os";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { listenOn } from "./address.ts";
import { sparingly } from "./sparingly.ts";

export interface AcceptorHooks {
  /** A fresh connection, paused; to be handed on before the event loop turns. */
  readonly onConnection: (socket: Socket) => void;
  readonly onWarning: (text: string) => void;
}

/** After a listening socket was lost and could not be opened again, how long to the next try, in ms. */
const REOPEN_RETRY_MS = 1_000;

export class Acceptor {
  readonly #hooks: AcceptorHooks;
  readonly #warn: (text: string) => void;
  readonly #address: AddressInfo;
  readonly #parking = new MessageChannel();
  /** Undefined while it is parked. */
  #server: Server | undefined;
  #isReopening = false;
  #isClosed = false;
  #retry: NodeJS.Timeout | undefined;

  /** @param server listens since this tick, with `pauseOnConnect` */
  constructor(server: Server, hooks: AcceptorHooks) {
    this.#hooks = hooks;
    this.#address = server.address() as AddressInfo;
    this.#warn = sparingly(hooks.onWarning);
    this.#use(server);
  }

  pause(): void {
    if (this.#server === undefined || this.#isClosed || !this.#canTransfer()) return;
    this.#parking.port1.postMessage(this.#server, [this.#server]);
    this.#server = undefined;
  }

  resume(): void {
    if (this.#server !== undefined || this.#isReopening || this.#isClosed) return;
    const parked = receiveMessageOnPort(this.#parking.port2);
    if (parked === undefined) void this.#reopen();
    else this.#use(parked.message);
  }

  /** Connections that still wait are refused. */
  close(): void {
    if (this.#isClosed) return;
    // A parked server would close with its channel, but only when the garbage collector comes by.
    const server = this.#server ?? receiveMessageOnPort(this.#parking.port2)?.message;
    this.#isClosed = true;
    clearTimeout(this.#retry);
    server?.close();
    this.#parking.port1.close();
  }

  /** The parked server is lost: another thread took the last free descriptor after we had seen it. */
  async #reopen(): Promise<void> {
    this.#isReopening = true;
    try {
      const { address, port } = this.#address;
      const server = await listenOn(new BoundSocket({ host: address, port }), { pauseOnConnect: true });
      this.#isReopening = false;
      if (this.#isClosed) server.close();
      else this.#use(server);
    } catch (error) {
      this.#warn(`cannot listen again: ${(error as Error).message}`);
      if (!this.#isClosed) this.#retry = setTimeout(() => void this.#reopen(), REOPEN_RETRY_MS);
    }
  }

  #use(server: Server): void {
    this.#server = server;
    server.on("connection", (socket) => this.#accept(socket));
    server.on("error", (error) => this.#warn(`could not accept: ${error.message}`));
  }

  #accept(socket: Socket): void {
    if (this.#canTransfer()) this.#hooks.onConnection(socket);
    else socket.destroy();
  }

  /**
   * A transfer duplicates the descriptor, and in Node 26.10 one that finds none left loses the socket without a
   * word. So one is opened and closed first (4 us); while there is none, connections are closed and none waits.
   */
  #canTransfer(): boolean {
    try {
      closeSync(openSync(devNull, "r"));
      return true;
    } catch (error) {
      this.#warn(`closed a connection: ${(error as Error).message}`);
      return false;
    }
  }
}
