// Events that the program gets while a server runs, and the snapshot of its threads that it may ask for.
import type { RefusedEvent } from "../../refusals/recorder.ts";
import type { CounterValues } from "../counters.ts";
import type { MetricValues } from "../metric-values.ts";
import type { ThreadSample } from "../samples.ts";

export type ThreadEvent =
  /** A head that was received or sent, or a connection that opened or closed: lines for people, each naming its thread. */
  | { readonly kind: "trace"; readonly text: string }
  /**
   * A thread died, and its connections are closed; another takes its place. `thread` is its number, `error` the cause,
   * `reason` the cause in a few words, `restartInMs` the wait before the replacement starts.
   */
  | {
      readonly kind: "thread-stopped";
      readonly thread: number;
      readonly reason: string;
      readonly error: Error;
      readonly restartInMs: number;
    }
  /** Something has happened as it should, and seldom: there is a new certificate. */
  | { readonly kind: "notice"; readonly text: string }
  /** A request, a stream, a connection or a handshake was refused: at most ten events a second from each thread. */
  | RefusedEvent
  /** Something is wrong, and the server continues. */
  | { readonly kind: "warning"; readonly text: string };

/** One living thread. It has counted from its own start. */
export interface ThreadSnapshot extends CounterValues {
  /** The thread's number, from 1. In a pool, a replacement has the number of the thread that it replaces. */
  readonly thread: number;
  readonly state: "starting" | "ready" | "ending" | "ended";
  /** How long the thread's event loop has not turned, in ms. A few hundred are usual; `stallTimeoutMs` ends the thread. */
  readonly silentMs: number;
}

/** The threads at one moment. The counts are sums over all threads since the start, including those that have ended. */
export interface ThreadsSnapshot extends CounterValues {
  readonly mode: "pool" | "per-connection";
  readonly threads: readonly ThreadSnapshot[];
  /** Threads that died. */
  readonly deathCount: number;
  /** Lines of the access log that were dropped, because its file is slow or full. */
  readonly droppedLines: number;
}

/** What is seen only while somebody looks at the live page. */
export interface Samples {
  /** By the number of the thread; undefined for one that has written nothing yet. */
  readonly threads: ReadonlyMap<number, ThreadSample | undefined>;
  /** Connections that are complete and that nobody has accepted; undefined where that is not known. */
  readonly waitingCount: number | undefined;
}

/** What metrics say besides the snapshot. */
export interface SupervisedMetrics {
  /** Sums over all threads since the start, including those that have ended. */
  readonly totals: MetricValues;
  /** Of the threads that live. */
  readonly threads: readonly { readonly thread: number; readonly silentMs: number; readonly values: MetricValues }[];
  /** Threads that were started, replacements included. */
  readonly startedCount: number;
  /** Open connections that the options and the descriptors of the process allow. */
  readonly connectionLimitCount: number;
}
