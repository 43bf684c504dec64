// How connections get to the threads. There are three ways: shared-listener.ts on the kernel transport, reuse-port.ts
// and transfer.ts on the portable one. A fourth, one connection for each thread, is in supervisor/per-connection.ts.
import type { Socket } from "node:net";
import type { ToThread } from "../messages.ts";

export interface Listening {
  /** A thread has been started; it cannot take connections yet. */
  started?(thread: ListeningThread): void;
  /** A thread can take connections. */
  ready(thread: ListeningThread): void;
  /** A thread has ended: it gets no more connections, and those that it left open are closed. */
  ended(thread: ListeningThread): void;
  /** The supervisor accepts no more. Threads that accept are told by "drain". */
  stopAccepting(): void;
  /** All threads have ended: nothing uses the listening socket any more. */
  close?(): void;
}

/** The part of a thread that listening uses. */
export interface ListeningThread {
  readonly slot: number;
  /** Whether the thread can take connections. */
  readonly isReady: boolean;
  /** Whether it is ready, and its event loop has turned within the last second. */
  readonly isResponsive: boolean;
  /** Connections that it has, or that are on their way to it. */
  readonly load: number;
  post(message: ToThread): void;
  handOver(socket: Socket): void;
  terminate(cause: Error): void;
}
