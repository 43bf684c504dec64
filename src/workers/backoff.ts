// How long a place among the threads stays empty after its thread died. The first death costs nothing; a
// thread that dies again and again must not turn the machine into one that only starts threads.

/** Waits end here, in ms: late enough to be harmless, soon enough that a cause which goes away is noticed. */
const LONGEST_DELAY_MS = 30_000;
const SHORTEST_DELAY_MS = 100;

/** A thread that served this long, in ms, was healthy: its death is a first one. */
const HEALTHY_LIFE_MS = 30_000;

export class Backoff {
  #deathCount = 0;

  /** @returns how long to wait before the next start, in ms, after a thread that served for `livedMs` has died */
  nextDelayMs(livedMs: number): number {
    if (livedMs >= HEALTHY_LIFE_MS) this.#deathCount = 0;
    const delay = this.#deathCount === 0 ? 0 : SHORTEST_DELAY_MS * 2 ** (this.#deathCount - 1);
    this.#deathCount++;
    return Math.min(delay, LONGEST_DELAY_MS);
  }
}
