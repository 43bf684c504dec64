// How many exchanges of each site are in progress, over all threads: from a request until its reply is sent or cut. The sum of a
// site is one number that all threads share. Each thread also keeps its own part of it, in a row that it alone writes: when
// the thread has died, the supervisor takes that part back.

/** Sites that are counted by themselves. Pages of this memory that nobody writes to cost nothing. */
export const EXCHANGE_SITE_COUNT = 1024;

/** Made once by the supervisor: a row for the sums, and one for each slot. */
export function newExchangeMemory(slotCount: number): SharedArrayBuffer {
  return new SharedArrayBuffer((1 + slotCount) * EXCHANGE_SITE_COUNT * Int32Array.BYTES_PER_ELEMENT);
}

/** The supervisor's view: takes back what a thread had in progress that has ended, and writes no more. */
export function clearExchanges(memory: SharedArrayBuffer, slot: number): void {
  const words = new Int32Array(memory);
  for (let site = 0; site < EXCHANGE_SITE_COUNT; site++) {
    // Looked at first: a page that is written to takes memory, and most threads have counted nothing.
    const held = words[rowOf(slot) + site]!;
    if (held === 0) continue;
    words[rowOf(slot) + site] = 0;
    Atomics.sub(words, site, held);
  }
}

/** A thread's view. */
export class Exchanges {
  readonly #words: Int32Array;
  readonly #row: number;

  constructor(memory: SharedArrayBuffer, slot: number) {
    this.#words = new Int32Array(memory);
    this.#row = rowOf(slot);
  }

  /** An exchange begins. @returns how many are in progress now, of all threads */
  enter(site: number): number {
    const count = Atomics.add(this.#words, site, 1) + 1;
    // Right behind it: a thread ends between two calls, and not between these two lines.
    this.#words[this.#row + site]! += 1;
    return count;
  }

  /** One that has begun in this thread is over. */
  leave(site: number): void {
    this.#words[this.#row + site]! -= 1;
    Atomics.sub(this.#words, site, 1);
  }
}

function rowOf(slot: number): number {
  return (1 + slot) * EXCHANGE_SITE_COUNT;
}
