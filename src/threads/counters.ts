// What each thread counts, in one SharedArrayBuffer: a slice per thread, written by that thread only and read
// by the supervisor whenever it likes, so that counting costs a thread one store and no message. Totals only
// ever grow while a thread lives; what is "now" (open connections) is the difference of two of them.

/** Two cache lines: x86 fetches lines in pairs and Apple's are 128 bytes, so a slice shares none with its neighbour. */
const SLICE_BYTES = 128;
const SLICE_LENGTH = SLICE_BYTES / Float64Array.BYTES_PER_ELEMENT;

// Doubles count exactly to 2^53 and, unlike 64-bit integers, allocate nothing. They are stored whole on every
// 64-bit processor, and a reader that sees a count a moment late loses nothing.
const BEATS = 0;
const ACCEPTED = 1;
const CLOSED = 2;
const REQUESTS = 3;

/** One thread's counts at one moment. */
export interface CounterValues {
  /** Connections that the thread took over. */
  readonly accepted: number;
  /** Those of them that are open now. */
  readonly connections: number;
  /** Requests whose head has arrived. */
  readonly requests: number;
}

/** The writer's view, for the thread that owns the slice. */
export class ThreadCounters {
  readonly #slice: Float64Array;

  constructor(memory: SharedArrayBuffer, slot: number) {
    this.#slice = sliceOf(memory, slot);
  }

  /** The thread's event loop is turning. */
  beat(): void {
    this.#slice[BEATS]! += 1;
  }

  connectionOpened(): void {
    this.#slice[ACCEPTED]! += 1;
  }

  connectionClosed(): void {
    this.#slice[CLOSED]! += 1;
  }

  requestReceived(): void {
    this.#slice[REQUESTS]! += 1;
  }
}

/** The supervisor's view of every slice, and the totals of threads that are gone. */
export class CounterTable {
  readonly memory: SharedArrayBuffer;
  readonly #slices: readonly Float64Array[];
  #endedAccepted = 0;
  #endedRequests = 0;

  constructor(slotCount: number) {
    const memory = new SharedArrayBuffer(slotCount * SLICE_BYTES);
    this.memory = memory;
    this.#slices = Array.from({ length: slotCount }, (_, slot) => sliceOf(memory, slot));
  }

  /** Grows while the thread's event loop turns; says nothing about how fast. */
  beats(slot: number): number {
    return this.#slices[slot]![BEATS]!;
  }

  closed(slot: number): number {
    return this.#slices[slot]![CLOSED]!;
  }

  values(slot: number): CounterValues {
    const slice = this.#slices[slot]!;
    return { accepted: slice[ACCEPTED]!, connections: slice[ACCEPTED]! - slice[CLOSED]!, requests: slice[REQUESTS]! };
  }

  /** Over all threads, those that have ended included. */
  totals(): CounterValues {
    let [accepted, connections, requests] = [this.#endedAccepted, 0, this.#endedRequests];
    for (let slot = 0; slot < this.#slices.length; slot++) {
      const values = this.values(slot);
      accepted += values.accepted;
      connections += values.connections;
      requests += values.requests;
    }
    return { accepted, connections, requests };
  }

  /** Keeps the totals of a thread that has ended and clears its slice for the next. Only then may anyone else write to it. */
  release(slot: number): void {
    const slice = this.#slices[slot]!;
    this.#endedAccepted += slice[ACCEPTED]!;
    this.#endedRequests += slice[REQUESTS]!;
    slice.fill(0);
  }
}

function sliceOf(memory: SharedArrayBuffer, slot: number): Float64Array {
  return new Float64Array(memory, slot * SLICE_BYTES, SLICE_LENGTH);
}
