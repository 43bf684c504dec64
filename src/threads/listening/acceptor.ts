// Accepts connections, and can pause: new connections then wait in the kernel's listen queue, as they did before
// `accept()` in the exercise. node:net cannot stop a listening socket from accepting, but since Node 26.6 it can transfer
// one, and a socket in transit belongs to no event loop. So a paused server is parked in a message channel of ours, and
// received from it to continue: 25 us for both.
import { closeSync, openSync } from "node:fs";
import type { AddressInfo, Server, Socket } from "node:net";
import { devNull } from "node:os";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { rateLimited } from "../../telemetry/rate-limit.ts";
import { grows, holdOffNew } from "../close-server.ts";
import { untilTaken } from "../until-taken.ts";
import { listenOn } from "./address.ts";
import type { Binding } from "./binding.ts";

export interface AcceptorHooks {
  /** A new connection, paused. It must be handed over before the event loop turns. */
  readonly onConnection: (socket: Socket) => void;
  readonly onWarning: (text: string) => void;
  /** The socket is not ours alone: it is not held off, and cannot be opened again. */
  readonly isInherited: boolean;
  /** How it is opened again. */
  readonly binding: Binding;
}

/** How long to wait before another attempt to reopen a lost listening socket, in ms. */
const REOPEN_RETRY_MS = 1_000;

export class Acceptor {
  readonly #hooks: AcceptorHooks;
  readonly #warn: (text: string) => void;
  readonly #address: AddressInfo;
  readonly #parking = new MessageChannel();
  /** Undefined while it is parked. */
  #server: Server | undefined;
  #isReopening = false;
  /** Another process accepts from the same socket. */
  #isShared = false;
  /** New connections are held off, also by a server that is parked now. */
  #isHolding = false;
  #endHold: (() => void) | undefined;
  #acceptedCount = 0;
  #isClosed = false;
  #retry: NodeJS.Timeout | undefined;

  /** @param server has listened since this tick, with `pauseOnConnect` */
  constructor(server: Server, hooks: AcceptorHooks) {
    this.#hooks = hooks;
    this.#address = server.address() as AddressInfo;
    this.#warn = rateLimited(hooks.onWarning);
    this.#use(server);
  }

  /** Another process goes on to accept from the same socket: it gets what waits when this is closed. */
  share(): void {
    this.#isShared = true;
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

  /**
   * New connections are held off. Resolves when those that waited have been accepted, while this is not paused, or after
   * `graceMs`. Then it is closed.
   */
  async finish(graceMs: number): Promise<void> {
    if (this.#isShared) return this.close();
    this.#isHolding = true;
    if (this.#server !== undefined && graceMs > 0) await this.#holdOff(this.#server);
    await untilTaken(() => this.#isAwaited(), graceMs);
    this.close();
  }

  /** As far as we know, connections wait at a paused server. */
  async #isAwaited(): Promise<boolean> {
    // One that is resumed in the last of these turns has accepted nothing yet.
    const wasPaused = this.#server === undefined;
    const isGrowing = await grows(() => this.#acceptedCount);
    return !this.#isClosed && (wasPaused || isGrowing || this.#server === undefined);
  }

  /** Ends this, and gives the server to the caller; undefined when it is closed or lost. */
  release(): Server | undefined {
    const server = this.#take();
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#parking.port1.close();
    return server?.removeAllListeners();
  }

  /** Connections that are still waiting are refused. */
  close(): void {
    // A parked server would close with its channel, but not before the garbage collector runs.
    this.release()?.close();
    this.#endHold?.();
    this.#endHold = undefined;
  }

  #take(): Server | undefined {
    if (this.#isClosed) return undefined;
    const server = this.#server ?? receiveMessageOnPort(this.#parking.port2)?.message;
    this.#server = undefined;
    return server;
  }

  /** The parked server is lost: another thread used the last free descriptor after `#canTransfer` had found it. */
  async #reopen(): Promise<void> {
    if (this.#hooks.isInherited) return this.#warn("lost an inherited socket: restart the server");
    this.#isReopening = true;
    try {
      const { address, port } = this.#address;
      const server = await listenOn(this.#hooks.binding.bind({ host: address, port }), { pauseOnConnect: true });
      this.#isReopening = false;
      if (this.#isClosed) server.close();
      else this.#use(server);
    } catch (error) {
      this.#warn(`cannot reopen the listening socket: ${(error as Error).message}`);
      if (!this.#isClosed) this.#retry = setTimeout(() => void this.#reopen(), REOPEN_RETRY_MS);
    }
  }

  #use(server: Server): void {
    this.#server = server;
    if (this.#isHolding) void this.#holdOff(server);
    server.on("connection", (socket) => this.#accept(socket));
    server.on("error", (error) => this.#warn(`could not accept a connection: ${error.message}`));
  }

  /** An inherited socket serves others after us: what comes from now on waits for them. */
  async #holdOff(server: Server): Promise<void> {
    if (this.#hooks.isInherited || this.#endHold !== undefined) return;
    const endHold = await holdOffNew(server);
    if (this.#isClosed) endHold?.();
    else this.#endHold = endHold;
  }

  #accept(socket: Socket): void {
    this.#acceptedCount++;
    if (this.#canTransfer()) this.#hooks.onConnection(socket);
    else socket.destroy();
  }

  /**
   * A transfer duplicates the descriptor. When no descriptor is free, Node 26.10 loses the socket without an error. So we
   * open and close one first (4 us); while none is free, new connections are closed and the server is not parked.
   */
  #canTransfer(): boolean {
    try {
      closeSync(openSync(devNull, "r"));
      return true;
    } catch (error) {
      this.#warn(`closed a new connection: ${(error as Error).message}`);
      return false;
    }
  }
}
