// SIEVE eviction (Zhang et al., "SIEVE is Simpler than LRU", NSDI '24) over entries of different cost. A hit sets one
// flag and moves nothing, so reading is as cheap as possible; entries that were used only once leave soon, which LRU
// does not do. plan-cache.ts finds entries.
//
//   newest ──▶ … ──▶ hand ──▶ … ──▶ oldest      new entries come in on the left; the hand walks from right
//                                               to left, spares a visited entry once, evicts the others

export interface SieveEntry<T> {
  readonly value: T;
  readonly cost: number;
  /** Set by the user of the entry, reset by the hand. */
  isVisited: boolean;
  /** Towards the newest and towards the oldest. */
  newer: SieveEntry<T> | undefined;
  older: SieveEntry<T> | undefined;
}

export class Sieve<T> {
  #limit: number;
  readonly #evicted: (entry: SieveEntry<T>) => void;
  #cost = 0;
  #newest: SieveEntry<T> | undefined;
  #oldest: SieveEntry<T> | undefined;
  #hand: SieveEntry<T> | undefined;

  /**
   * @param limit the sum of the costs stays at or below it
   * @param evicted told of each entry that had to make room, not of entries that are removed
   */
  constructor(limit: number, evicted: (entry: SieveEntry<T>) => void) {
    this.#limit = limit;
    this.#evicted = evicted;
  }

  get cost(): number {
    return this.#cost;
  }

  /** Whether an entry of this cost comes in without an eviction. */
  hasRoomFor(cost: number): boolean {
    return this.#cost + cost <= this.#limit;
  }

  /** `undefined` when it costs more than all others together may. */
  add(value: T, cost: number): SieveEntry<T> | undefined {
    if (cost > this.#limit) return undefined;
    while (this.#cost + cost > this.#limit) this.#evictOne();
    const entry: SieveEntry<T> = { value, cost, isVisited: false, newer: undefined, older: this.#newest };
    if (this.#newest !== undefined) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
    this.#cost += cost;
    return entry;
  }

  /** Evicts what a lower limit has no room for. */
  resize(limit: number): void {
    this.#limit = limit;
    while (this.#cost > limit) this.#evictOne();
  }

  /** It must be in this sieve. */
  remove(entry: SieveEntry<T>): void {
    const { newer, older } = entry;
    if (this.#hand === entry) this.#hand = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    this.#cost -= entry.cost;
  }

  #evictOne(): void {
    // Behind the newest the hand begins again at the oldest.
    let entry = this.#hand ?? this.#oldest!;
    while (entry.isVisited) {
      entry.isVisited = false;
      entry = entry.newer ?? this.#oldest!;
    }
    this.#hand = entry;
    this.remove(entry);
    this.#evicted(entry);
  }
}
