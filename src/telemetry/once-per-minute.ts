// Something that goes on and is the same each time, such as a file that cannot be read, is worth one line a minute. There
// may be many such things; a table of those of the last minute says which were told.

const INTERVAL_MS = 60_000;
/** Things that are remembered. While so many were told within a minute, further ones are not. */
const LIMIT_COUNT = 100;

export class OncePerMinute {
  /** When each was told, the oldest first. */
  readonly #toldAt = new Map<string, number>();
  readonly #now: () => number;

  /** @param now monotonic, in ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param what in words, by which it is known again */
  mayTell(what: string): boolean {
    const now = this.#now();
    for (const [told, at] of this.#toldAt) {
      if (now - at < INTERVAL_MS) break;
      this.#toldAt.delete(told);
    }
    if (this.#toldAt.has(what) || this.#toldAt.size >= LIMIT_COUNT) return false;
    this.#toldAt.set(what, now);
    return true;
  }
}
