// What threads show while somebody looks at the live page: their connections, and some of their requests, as a text in
// shared memory with a place for each thread. The thread alone writes its place, the supervisor reads it at any time. While
// nobody looks, nothing is written.
import type { Activity } from "../transport/activity.ts";

/** One connection: its number, what it does, whether it speaks HTTP/2 (1), and how many requests it has had. */
export type SampledConnection = readonly [id: number, activity: Activity, isHttp2: 0 | 1, requests: number];

export interface SampledRequest {
  /** Grows by one with each request that the thread notes. */
  readonly serial: number;
  /** When it came, since 1970. */
  readonly atMs: number;
  readonly connection: number;
  /** "" for a request that was refused before it was known. */
  readonly method: string;
  /** Bounded: a longer one ends in "…". */
  readonly target: string;
  readonly status: number;
  /** Of its content; -1 where that is not known. */
  readonly bytes: number;
  readonly ms: number;
  /** How the reply was found, in a few words. */
  readonly how: string;
}

export interface ThreadSample {
  readonly connections: readonly SampledConnection[];
  /** How many there are: more than are shown. */
  readonly connectionCount: number;
  /** The last that were noted, the youngest last. */
  readonly requests: readonly SampledRequest[];
}

/** Before the places: 1 while somebody looks. */
const HEADER_BYTES = 64;
const WATCHED = 0;

/** Of each place: odd while the thread writes, and the length of the text. */
const SEQUENCE = 0;
const LENGTH = 1;
const PLACE_HEADER_BYTES = 64;
/** A hundred connections and thirty requests need less than half of it. */
const TEXT_BYTES = 32 * 1024;
const PLACE_BYTES = PLACE_HEADER_BYTES + TEXT_BYTES;

/** The writer is quick, so this is more than enough; a sample that is missed is followed by another. */
const TRY_COUNT = 4;

export function newSampleMemory(slotCount: number): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + slotCount * PLACE_BYTES);
}

export function setWatched(memory: SharedArrayBuffer, isWatched: boolean): void {
  Atomics.store(new Int32Array(memory), WATCHED, isWatched ? 1 : 0);
}

export function isWatched(memory: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(memory), WATCHED) === 1;
}

/** What does not fit is left out: the place keeps what it has. */
export function writeSample(memory: SharedArrayBuffer, slot: number, sample: ThreadSample): void {
  const bytes = Buffer.from(JSON.stringify(sample), "utf8");
  if (bytes.length > TEXT_BYTES) return;
  const { header, text } = placeOf(memory, slot);
  // The supervisor may clear the place meanwhile: only what this began decides how it ends.
  const odd = Atomics.or(header, SEQUENCE, 1) | 1;
  text.set(bytes);
  Atomics.store(header, LENGTH, bytes.length);
  Atomics.store(header, SEQUENCE, odd + 1);
}

/** A thread has ended, or nobody looks any more. */
export function clearSample(memory: SharedArrayBuffer, slot: number): void {
  const { header } = placeOf(memory, slot);
  Atomics.store(header, LENGTH, 0);
  // A thread that was ended while it wrote.
  if (Atomics.load(header, SEQUENCE) % 2 !== 0) Atomics.add(header, SEQUENCE, 1);
}

/** @returns undefined where there is none, and while the thread writes */
export function readSample(memory: SharedArrayBuffer, slot: number): ThreadSample | undefined {
  const { header, text } = placeOf(memory, slot);
  for (let count = 0; count < TRY_COUNT; count++) {
    const before = Atomics.load(header, SEQUENCE);
    const length = Atomics.load(header, LENGTH);
    if (length === 0) return undefined;
    const copy = Buffer.from(text.subarray(0, length));
    if (before % 2 === 0 && Atomics.load(header, SEQUENCE) === before) return JSON.parse(copy.toString("utf8"));
  }
  return undefined;
}

function placeOf(memory: SharedArrayBuffer, slot: number): { header: Int32Array; text: Uint8Array } {
  const start = HEADER_BYTES + slot * PLACE_BYTES;
  return {
    header: new Int32Array(memory, start, 2),
    text: new Uint8Array(memory, start + PLACE_HEADER_BYTES, TEXT_BYTES),
  };
}
