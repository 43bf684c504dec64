// How connections get to the threads. There are three ways: shared-listener.ts on the kernel transport, reuse-port.ts
// and transfer.ts on the portable one. A fourth, one connection for each thread, is in supervisor/per-connection.ts.
import type { Server, Socket } from "node:net";
import type { ToThread } from "../messages.ts";

export interface Listening {
  /** A thread can take connections. */
  ready(thread: ListeningThread): void;
  /** A thread has ended: it gets no more connections, and those that it left open are closed. */
  ended(thread: ListeningThread): void;
  /** The thread is full, and gives back its own listening socket. */
  lend?(thread: ListeningThread, server: Server): void;
  /** The thread has room again, and wants its listening socket. */
  reclaim?(thread: ListeningThread): void;
  /** Another process goes on to listen on the same sockets: nothing is done to them when this stops. */
  share(): void;
  /**
   * No new connection comes. Resolves when those that waited have been accepted, or after `graceMs`; then the others are
   * refused. Threads that accept by themselves are told by "last-call", go on, and stop at "drain". May be repeated.
   */
  stopAccepting(graceMs: number): Promise<void>;
  /** Connections that are complete and that nobody has accepted; undefined where the system does not tell. */
  waitingCount?(): number | undefined;
  /** All threads have ended: nothing uses the listening socket any more. */
  close?(): void;
}

/** The part of a thread that listening uses. */
export interface ListeningThread {
  readonly slot: number;
  /** Whether it is ready, and its event loop has turned within the last second. */
  readonly isResponsive: boolean;
  /** Connections that it has, or that are on their way to it. */
  readonly load: number;
  /** Whether some of them could make room for others, a moment ago. */
  readonly canMakeRoom: boolean;
  post(message: ToThread): void;
  /** @param listener the index of the listener that the connection came to */
  handOver(socket: Socket, listener: number): void;
  terminate(cause: Error): void;
}
