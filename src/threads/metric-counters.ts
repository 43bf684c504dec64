// What a thread counts where somebody can ask for metrics, and not otherwise: replies by site, method and status, how long
// they took, how their files were found, what was encoded. Plain additions to the thread's own slice (counter-layout.ts).
import type { Coding, DictionaryCoding } from "../content/codings/coding.ts";
import { EVERY_CODING } from "../content/codings/coding.ts";
import type { Encoded } from "../content/codings/encoder.ts";
import type { SiteTally } from "../site/site.ts";
import type { DurationCounter } from "../transport/durations.ts";
import {
  BUSY_MS,
  CACHE_BYTES,
  CLASSES,
  DURATION_BOUNDS,
  DURATION_MS,
  DURATIONS,
  ENCODED_BYTES,
  ENCODED_KINDS,
  ENCODINGS,
  EVICTED,
  EVICTIONS,
  FOUND,
  HEAP_BYTES,
  METHODS,
  OPEN_FILES,
  OUTCOMES,
  REPLIES,
  SITE_LENGTH,
  sliceOf,
} from "./counter-layout.ts";

/** What a thread has at a moment. */
export interface ThreadGauges {
  readonly heapBytes: number;
  readonly cacheBytes: number;
  readonly encodedBytes: number;
  readonly openFileCount: number;
}

const BOUNDS_MS: readonly number[] = DURATION_BOUNDS.map((seconds) => seconds * 1000);
const OTHER_METHOD = METHODS.length - 1;
/** Of 200: the first class that is counted. */
const FIRST_CLASS = 2;

export class MetricCounters implements SiteTally, DurationCounter {
  readonly #slice: Float64Array;

  constructor(memory: SharedArrayBuffer, slot: number) {
    this.#slice = sliceOf(memory, slot);
  }

  /** A reply is decided. @param site its number (site-numbers.ts) */
  countReply(site: number, method: string, status: number): void {
    const place = indexOfMethod(method) * CLASSES.length + ((status / 100) | 0) - FIRST_CLASS;
    this.#slice[REPLIES + site * SITE_LENGTH + place]! += 1;
  }

  countFound(outcome: (typeof OUTCOMES)[number]): void {
    this.#slice[FOUND + OUTCOMES.indexOf(outcome)]! += 1;
  }

  countEviction(of: (typeof EVICTIONS)[number]): void {
    this.#slice[EVICTED + EVICTIONS.indexOf(of)]! += 1;
  }

  countEncoding(coding: Coding | DictionaryCoding, kind: Encoded["kind"]): void {
    const place = EVERY_CODING.indexOf(coding) * ENCODED_KINDS.length + ENCODED_KINDS.indexOf(kind);
    this.#slice[ENCODINGS + place]! += 1;
  }

  /** So many replies took so long. */
  countDurations(ms: number, count: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > BOUNDS_MS[bucket]!) bucket++;
    this.#slice[DURATIONS + bucket]! += count;
    this.#slice[DURATION_MS]! += ms * count;
  }

  /** @param ms since the start of the thread */
  setBusy(ms: number): void {
    this.#slice[BUSY_MS] = ms;
  }

  setGauges({ heapBytes, cacheBytes, encodedBytes, openFileCount }: ThreadGauges): void {
    this.#slice[HEAP_BYTES] = heapBytes;
    this.#slice[CACHE_BYTES] = cacheBytes;
    this.#slice[ENCODED_BYTES] = encodedBytes;
    this.#slice[OPEN_FILES] = openFileCount;
  }
}

/** In the order of METHODS. Most requests end at the first comparison. */
function indexOfMethod(method: string): number {
  if (method === "GET") return 0;
  if (method === "HEAD") return 1;
  if (method === "OPTIONS") return 2;
  return method === "POST" ? 3 : OTHER_METHOD;
}
