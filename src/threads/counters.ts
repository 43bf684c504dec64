// What each thread counts, in one SharedArrayBuffer: a slice per thread, written by that thread only and read
// by the supervisor whenever it likes, so that counting costs a thread one store and no message. Totals only
// ever grow while a thread lives; what is "now" (open connections) is the difference of two of them.
import type { TransportCounters } from "../transport/portable/transport.ts";

/** Two cache lines: x86 fetches lines in pairs and Apple's are 128 bytes, so a slice shares none with its neighbour. */
const SLICE_BYTES = 128;
const SLICE_LENGTH = SLICE_BYTES / Float64Array.BYTES_PER_ELEMENT;

// Doubles count exactly to 2^53 and, unlike 64-bit integers, allocate nothing. They are stored whole on every
// 64-bit processor, and a reader that sees a count a moment late loses nothing.
const BEATS = 0;
const ACCEPTED = 1;
const CLOSED = 2;
const REQUESTS = 3;
const SENT_BYTES = 4;

/** One thread's counts at one moment. */
export interface CounterValues {
  /** Connections that the thread took over. */
  readonly accepted: number;
  /** Those of them that are open now. */
  readonly connections: number;
  /** Requests whose head has arrived. */
  readonly requests: number;
  /** Bytes given to the sockets, heads included. */
  readonly sentBytes: number;
}

/** The writer's view, for the thread that owns the slice; what its transport counts with. */
export class ThreadCounters implements TransportCounters {
  readonly #slice: Float64Array;

  constructor(memory: SharedArrayBuffer, slot: number) {
    this.#slice = sliceOf(memory, slot);
  }

  /** The thread's event loop is turning. */
  beat(): void {
    this.#slice[BEATS]! += 1;
  }

  countConnection(change: 1 | -1): void {
    this.#slice[change === 1 ? ACCEPTED : CLOSED]! += 1;
  }

  countRequest(): void {
    this.#slice[REQUESTS]! += 1;
  }

  countSent(bytes: number): void {
    this.#slice[SENT_BYTES]! += bytes;
  }
}

/** A thread without a beat in so many looks, which is a second, does not answer: a missed one or two are usual. */
const SILENT_LOOK_COUNT = 4;

/** One thread's view of the others: who has fewer connections, and answers, takes the next. */
export class Fellows {
  readonly #slices: readonly Float64Array[];
  readonly #lastBeats: Float64Array;
  /** Looks since the last beat. */
  readonly #silentLooks: Uint32Array;

  constructor(memory: SharedArrayBuffer, slotCount: number) {
    this.#slices = Array.from({ length: slotCount }, (_, slot) => sliceOf(memory, slot));
    this.#lastBeats = new Float64Array(slotCount);
    this.#silentLooks = new Uint32Array(slotCount);
  }

  /** Looks for their heartbeats; to be called as often as these come. */
  look(): void {
    for (const [slot, slice] of this.#slices.entries()) {
      const beats = slice[BEATS]!;
      this.#silentLooks[slot] = beats === this.#lastBeats[slot] ? this.#silentLooks[slot]! + 1 : 0;
      this.#lastBeats[slot] = beats;
    }
  }

  /** Connections that are open on a thread; as if it had no end of them while it does not answer. */
  load(slot: number): number {
    if (this.#silentLooks[slot]! >= SILENT_LOOK_COUNT) return Number.POSITIVE_INFINITY;
    const slice = this.#slices[slot]!;
    return slice[ACCEPTED]! - slice[CLOSED]!;
  }
}

/** The supervisor's view of every slice, and the totals of threads that are gone. */
export class CounterTable {
  readonly memory: SharedArrayBuffer;
  readonly #slices: readonly Float64Array[];
  /** Added up from slices that were released. */
  readonly #ended: Float64Array = new Float64Array(SLICE_LENGTH);

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
    return valuesOf(this.#slices[slot]!);
  }

  /** Over all threads, those that have ended included. */
  totals(): CounterValues {
    const sum = this.#ended.slice();
    for (const slice of this.#slices) addTo(sum, slice);
    return valuesOf(sum);
  }

  /** Keeps the totals of a thread that has ended and clears its slice for the next. Only then may anyone else write to it. */
  release(slot: number): void {
    const slice = this.#slices[slot]!;
    slice[CLOSED] = slice[ACCEPTED]!;
    addTo(this.#ended, slice);
    slice.fill(0);
  }
}

function valuesOf(slice: Float64Array): CounterValues {
  return {
    accepted: slice[ACCEPTED]!,
    connections: slice[ACCEPTED]! - slice[CLOSED]!,
    requests: slice[REQUESTS]!,
    sentBytes: slice[SENT_BYTES]!,
  };
}

function addTo(sum: Float64Array, slice: Float64Array): void {
  for (let index = 0; index < SLICE_LENGTH; index++) sum[index]! += slice[index]!;
}

function sliceOf(memory: SharedArrayBuffer, slot: number): Float64Array {
  return new Float64Array(memory, slot * SLICE_BYTES, SLICE_LENGTH);
}
