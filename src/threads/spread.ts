// How connections come to the threads of a pool. There are three ways: shared-listener.ts on the kernel transport,
// reuse-port.ts and transfer.ts on the portable one.
import type { Thread } from "./thread.ts";

/** Told of each thread's life, it sees to its connections. */
export interface Spread {
  started(thread: Thread): void;
  ready(thread: Thread): void;
  ended(thread: Thread): void;
  /** The supervisor accepts no more; threads with a listening socket of their own are told to drain. */
  close(): void;
  /** A thread is gone, also when all are being stopped. */
  gone?(thread: Thread): void;
  /** All threads are gone. */
  dispose?(): void;
}
