// What the main thread does for the threads that serve, as one small interface: pool.ts and per-connection.ts
// are the two kinds. A supervisor never serves site traffic itself, and no thread that fails takes it down.
import type { ResolvedOptions } from "../options.ts";
import type { BoundAddress } from "./address.ts";
import type { TransportChoice } from "./choose-transport.ts";
import type { CounterValues } from "./counters.ts";

export interface Supervisor {
  /**
   * Opens the address and resolves when threads serve it. Rejects when it cannot be opened or no thread starts.
   * @param options what threads get, where that is more than was known when the supervisor was made
   */
  start(options?: ResolvedOptions): Promise<Started>;
  /**
   * Resolves when all threads answer by other options; those that were settled at the start must be the same. Rejects
   * when one cannot: then all go on as before. One at a time.
   */
  reload(options: ResolvedOptions): Promise<void>;
  /** Accepts no more, lets requests in flight finish for `graceMs`, closes the rest. Resolves when all threads are gone. */
  close(graceMs: number): Promise<void>;
  snapshot(): ThreadsSnapshot;
}

/** Where the server listens, and how. */
export interface Started extends BoundAddress {
  readonly transport: TransportChoice;
}

/** What a supervisor tells while it runs. */
export type ThreadEvent =
  /** A head as it was received or sent, or a connection that opened or closed: lines for people, each naming its thread. */
  | { readonly kind: "trace"; readonly text: string }
  /**
   * A thread died and took its connections with it; another takes its place. `thread` is its number, `error`
   * what killed it, `reason` that in a few words.
   */
  | {
      readonly kind: "thread-stopped";
      readonly thread: number;
      readonly reason: string;
      readonly error: Error;
      readonly restartInMs: number;
    }
  /** Something is wrong, and the server goes on. */
  | { readonly kind: "warning"; readonly text: string };

/** One living thread. The counts are its own, from its start. */
export interface ThreadSnapshot extends CounterValues {
  /** Its number, from 1. In a pool a replacement has the number of the thread that it replaces. */
  readonly thread: number;
  readonly state: "starting" | "ready" | "ending" | "ended";
  /** How long its event loop has shown no turn, in ms; a few hundred is usual, `stallTimeoutMs` ends it. */
  readonly silentMs: number;
}

/** The threads at one moment. The counts are over all threads since the start, also those that have ended. */
export interface ThreadsSnapshot extends CounterValues {
  readonly mode: "pool" | "per-connection";
  readonly threads: readonly ThreadSnapshot[];
  /** Threads that died when they should not have. */
  readonly deathCount: number;
}
