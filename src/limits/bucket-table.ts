// Buckets by key, in memory of a fixed size that all threads share. Each key has one set of four places, by its hash. When
// they are taken, the key that was used least recently gives way: whoever comes back after that begins anew, with a full
// bucket. So a flood of addresses makes the server forget, and never grow.
import { type Bucket, NEVER_USED_SECONDS, secondOf } from "./meter.ts";

/** One cache line holds a set. */
const WAY_COUNT = 4;
/** Two words of the meter (meter.ts), and the rest of the key's hash; one word is spare. */
const BUCKET_LENGTH = 4;
const TAG = 2;
/** In the second word. */
const USED_AT = 1;
const SET_LENGTH = WAY_COUNT * BUCKET_LENGTH;

/** What a table of so many buckets needs. @param count a power of two */
export function tableBytes(count: number): number {
  return count * BUCKET_LENGTH * Int32Array.BYTES_PER_ELEMENT;
}

export class BucketTable {
  readonly #words: Int32Array;
  readonly #setMask: number;
  /** Where `find` leaves what it has found: it makes no object. */
  readonly #found: { -readonly [Name in keyof Bucket]: Bucket[Name] };

  constructor(memory: SharedArrayBuffer, offset: number, count: number) {
    this.#words = new Int32Array(memory, offset, count * BUCKET_LENGTH);
    this.#setMask = count / WAY_COUNT - 1;
    this.#found = { words: this.#words, index: 0 };
  }

  /**
   * The bucket of a key. It is valid until the next call.
   * @param place which set
   * @param tag tells the keys of a set apart
   */
  find(place: number, tag: number, nowMs: number): Bucket {
    const start = (place & this.#setMask) * SET_LENGTH;
    const wanted = tag === 0 ? 1 : tag;
    this.#found.index = this.#indexOf(start, wanted, secondOf(nowMs));
    return this.#found;
  }

  #indexOf(start: number, tag: number, second: number): number {
    const words = this.#words;
    let oldest = start;
    let oldestTag = 0;
    let oldestSeconds = Number.NEGATIVE_INFINITY;
    for (let index = start; index < start + SET_LENGTH; index += BUCKET_LENGTH) {
      const found = Atomics.load(words, index + TAG);
      if (found === tag) return index;
      const unusedSeconds =
        found === 0 ? Number.POSITIVE_INFINITY : (second - Atomics.load(words, index + USED_AT)) | 0;
      if (unusedSeconds <= oldestSeconds) continue;
      oldest = index;
      oldestTag = found;
      oldestSeconds = unusedSeconds;
    }
    // Another thread may give the place to another key at the same moment. Both keys share it then, for as long as this one
    // request: the next look-up finds another place.
    if (Atomics.compareExchange(words, oldest + TAG, oldestTag, tag) === oldestTag)
      Atomics.store(words, oldest + USED_AT, (second + NEVER_USED_SECONDS) | 0);
    return oldest;
  }
}
