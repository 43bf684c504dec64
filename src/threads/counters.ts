// The counts of the threads, in one SharedArrayBuffer with a slice for each thread. The thread alone writes its slice, the
// supervisor and the other threads read it at any time: counting costs a thread one store and no message. Counts only
// grow while a thread lives; the number of open connections is the difference of two of them. When a thread has ended,
// the supervisor adds its slice to the totals and clears it for the next thread. Which count lies where: counter-layout.ts.
import { REFUSAL_CODES } from "../refusals/codes.ts";
import { HANDSHAKE_FAILURES, type HandshakeFailure } from "../tls/handshake-failure.ts";
import type { TransportCounters } from "../transport/transport.ts";
import {
  ACCEPTED,
  BEAT_AT,
  BEATS,
  CLOSED,
  COUNTS,
  FAILURES,
  headerOf,
  newCounterMemory,
  OPEN_STREAMS,
  PENDING,
  REFUSALS,
  REQUESTS,
  ROOM,
  SENT_BYTES,
  STOPPING,
  STREAMS,
  sliceLengthOf,
  sliceOf,
  TAKEN,
} from "./counter-layout.ts";
import { type MetricValues, metricValuesOf } from "./metric-values.ts";

/** The monotonic clock that all threads share, in ms: those of threads and of linux/monotonic.ts begin when they begin. */
function sharedMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** One thread's counts at one moment. */
export interface CounterValues {
  /** Connections that the thread has served or is serving. On the portable transport, they count once their TLS handshake is complete. */
  readonly accepted: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Requests whose head has arrived. */
  readonly requests: number;
  /** Bytes given to the sockets, heads included. */
  readonly sentBytes: number;
  /** TLS handshakes that failed, by reason; all are 0 without HTTPS. */
  readonly handshakeFailures: Readonly<Record<HandshakeFailure, number>>;
  /** Refusals by their code in docs/errors.md; without the codes that have not occurred. */
  readonly refusals: Readonly<Record<string, number>>;
}

/** The view of the thread that owns the slice, and of its transport. */
export class ThreadCounters implements TransportCounters {
  readonly #slice: Float64Array;
  readonly #header: Float64Array;

  constructor(memory: SharedArrayBuffer, slot: number) {
    this.#slice = sliceOf(memory, slot);
    this.#header = headerOf(memory);
  }

  /** Whether the server has been told to stop. It may serve on for a while. */
  get isStopping(): boolean {
    return this.#header[STOPPING] === 1;
  }

  /**
   * The thread's event loop is turning.
   * @param nowMs on the monotonic clock that all threads share
   */
  beat(nowMs: number = sharedMs()): void {
    this.#slice[BEATS]! += 1;
    this.#slice[BEAT_AT] = nowMs;
  }

  /** The event loop begins to wait, and beats again when something has happened: a long wait is no stall. */
  rest(): void {
    this.#slice[BEAT_AT] = Number.POSITIVE_INFINITY;
  }

  countConnection(change: 1 | -1): void {
    this.#slice[change === 1 ? ACCEPTED : CLOSED]! += 1;
  }

  /** The thread has received a connection that was handed over. */
  countTaken(): void {
    this.#slice[TAKEN]! += 1;
  }

  /** A TLS handshake begins, or is over. */
  countPending(change: 1 | -1): void {
    this.#slice[PENDING]! += change;
  }

  /** Whether connections could make room for others. */
  noteRoom(canMakeRoom: boolean): void {
    this.#slice[ROOM] = canMakeRoom ? 1 : 0;
  }

  /** @param isStream whether it came over HTTP/2 */
  countRequest(isStream: boolean): void {
    this.#slice[REQUESTS]! += 1;
    if (isStream) this.#slice[STREAMS]! += 1;
  }

  countStream(change: 1 | -1): void {
    this.#slice[OPEN_STREAMS]! += change;
  }

  countSent(bytes: number): void {
    this.#slice[SENT_BYTES]! += bytes;
  }

  /** @param index the place of the code in REFUSAL_CODES */
  countRefusal(index: number): void {
    this.#slice[REFUSALS + index]! += 1;
  }

  countHandshakeFailure(reason: HandshakeFailure): void {
    this.#slice[FAILURES + HANDSHAKE_FAILURES.indexOf(reason)]! += 1;
  }
}

/** A thread whose last beat is older, in ms, is unresponsive. One or two missed heartbeats are usual. */
const SILENT_MS = 1000;

/** A thread's view of the other threads: the one with the fewest connections gets the next, if it is responsive. */
export class PeerThreads {
  readonly #slices: readonly Float64Array[];

  constructor(memory: SharedArrayBuffer, slotCount: number) {
    this.#slices = Array.from({ length: slotCount }, (_, slot) => sliceOf(memory, slot));
  }

  /**
   * Open connections of a thread; Infinity while it is unresponsive, so that it is given no more.
   * @param nowMs as for `beat`
   */
  load(slot: number, nowMs: number = sharedMs()): number {
    const slice = this.#slices[slot]!;
    if (nowMs - slice[BEAT_AT]! >= SILENT_MS) return Number.POSITIVE_INFINITY;
    return slice[ACCEPTED]! - slice[CLOSED]!;
  }
}

/** The supervisor's view of every slice, and the totals of threads that have ended. */
export class CounterTable {
  readonly memory: SharedArrayBuffer;
  readonly #slices: readonly Float64Array[];
  /** The sum over all threads that have ended; written by `ended`, and as old as the supervisor. */
  readonly #endedTotals: Float64Array;

  /** @param siteRoom for how many sites replies are counted; 0 where nobody asks */
  constructor(slotCount: number, siteRoom: number = 0) {
    const memory = newCounterMemory(slotCount, siteRoom);
    this.memory = memory;
    this.#endedTotals = new Float64Array(sliceLengthOf(siteRoom));
    this.#slices = Array.from({ length: slotCount }, (_, slot) => sliceOf(memory, slot));
  }

  /** Tells all threads that the server has been told to stop. */
  noteStop(): void {
    headerOf(this.memory)[STOPPING] = 1;
  }

  /** Grows while the thread's event loop turns, but does not show how fast. */
  beats(slot: number): number {
    return this.#slices[slot]![BEATS]!;
  }

  /** The thread waits for something to do: it is silent, and responsive. */
  isResting(slot: number): boolean {
    return this.#slices[slot]![BEAT_AT] === Number.POSITIVE_INFINITY;
  }

  /**
   * Connections that a thread has, or that are on their way to it.
   * @param handedCount how many were handed over to it
   */
  load(slot: number, handedCount: number): number {
    const slice = this.#slices[slot]!;
    return slice[ACCEPTED]! - slice[CLOSED]! + slice[PENDING]! + handedCount - slice[TAKEN]!;
  }

  /** Whether connections could make room for others, a moment ago. */
  canMakeRoom(slot: number): boolean {
    return this.#slices[slot]![ROOM] === 1;
  }

  values(slot: number): CounterValues {
    return valuesOf(this.#slices[slot]!);
  }

  /** The sum over all threads, including those that have ended. */
  totals(): CounterValues {
    return valuesOf(this.#sum());
  }

  /** What metrics say besides: the sum over all threads. @param sites names of the sites, by number */
  metricTotals(sites: readonly string[]): MetricValues {
    return metricValuesOf(this.#sum(), sites);
  }

  /** Of one thread, without its sites. */
  metrics(slot: number): MetricValues {
    return metricValuesOf(this.#slices[slot]!, []);
  }

  #sum(): Float64Array {
    const sum = this.#endedTotals.slice();
    for (const slice of this.#slices) addTo(sum, slice, 0);
    return sum;
  }

  /** Adds the counts of a thread that has ended to the totals, and clears its slice: from now on the next thread writes it. */
  ended(slot: number): void {
    const slice = this.#slices[slot]!;
    slice[CLOSED] = slice[ACCEPTED]!;
    addTo(this.#endedTotals, slice, COUNTS);
    slice.fill(0);
  }
}

function valuesOf(slice: Float64Array): CounterValues {
  return {
    accepted: slice[ACCEPTED]!,
    connections: slice[ACCEPTED]! - slice[CLOSED]!,
    requests: slice[REQUESTS]!,
    sentBytes: slice[SENT_BYTES]!,
    handshakeFailures: Object.fromEntries(
      HANDSHAKE_FAILURES.map((reason, index) => [reason, slice[FAILURES + index]!]),
    ) as Record<HandshakeFailure, number>,
    refusals: Object.fromEntries(
      REFUSAL_CODES.map((code, index) => [code, slice[REFUSALS + index]!] as const).filter(([, count]) => count > 0),
    ),
  };
}

/** @param first the first place that is added: gauges end with their thread */
function addTo(sum: Float64Array, slice: Float64Array, first: number): void {
  for (let index = first; index < slice.length; index++) sum[index]! += slice[index]!;
}
