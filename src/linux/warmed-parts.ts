// The parts of one file that were read lately, for file systems that do not tell what is in memory.

/** Half-open, in bytes. */
interface Slice {
  readonly start: number;
  readonly end: number;
}

/** What is remembered at once, as one bit. The kernel reads further ahead than this. */
const GRAIN_BYTES = 65_536;
const GRAINS_IN_WORD = 32;
/** Words that are remembered, of 2 MiB each: 8 GiB of a file. Beyond that it begins again. */
const WORD_COUNT = 4096;

export class WarmedParts {
  readonly #limitMs: number;
  /** Masks of grains, by the number of the word. */
  readonly #words = new Map<number, number>();
  #sinceMs = 0;

  /** @param limitMs after which all is forgotten: the kernel may have dropped it */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  add(slice: Slice, nowMs: number): void {
    this.#forgetOld(nowMs);
    if (this.#words.size >= WORD_COUNT) this.#words.clear();
    if (this.#words.size === 0) this.#sinceMs = nowMs;
    for (const [word, bit] of grainsOf(slice)) this.#words.set(word, (this.#words.get(word) ?? 0) | bit);
  }

  has(slice: Slice, nowMs: number): boolean {
    this.#forgetOld(nowMs);
    for (const [word, bit] of grainsOf(slice)) {
      if (((this.#words.get(word) ?? 0) & bit) === 0) return false;
    }
    return true;
  }

  #forgetOld(nowMs: number): void {
    if (nowMs - this.#sinceMs >= this.#limitMs) this.#words.clear();
  }
}

function* grainsOf({ start, end }: Slice): Generator<readonly [word: number, bit: number]> {
  for (let grain = Math.floor(start / GRAIN_BYTES); grain * GRAIN_BYTES < end; grain++) {
    yield [Math.floor(grain / GRAINS_IN_WORD), 1 << (grain % GRAINS_IN_WORD)];
  }
}
