// The snapshots that were read, as far as rates and the small chart need them. A server that has started anew begins anew.
import { type Rates, ratesBetween } from "../../console/rates.ts";
import type { Snapshot } from "../../console/snapshot.ts";

/** Over two seconds, at two snapshots a second: numbers that can be read before they change. */
const KEPT_COUNT = 5;
/** One for each column of a wide terminal. */
const TREND_COUNT = 200;

/** What is drawn. */
export interface Shown {
  readonly now: Snapshot;
  /** The snapshot that rates are counted from; undefined at first. */
  readonly before: Snapshot | undefined;
  readonly rates: Rates | undefined;
  /** Requests per second, the youngest last. */
  readonly trend: readonly number[];
}

export class History {
  #kept: readonly Snapshot[] = [];
  #trend: readonly number[] = [];

  push(seen: Snapshot): void {
    const last = this.#kept.at(-1);
    if (last !== undefined && last.server.startedMs !== seen.server.startedMs) {
      this.#kept = [];
      this.#trend = [];
    } else if (last !== undefined) {
      const rate = ratesBetween(last, seen).requestsPerSecond;
      this.#trend = [...this.#trend, Math.max(0, rate)].slice(-TREND_COUNT);
    }
    this.#kept = [...this.#kept, seen].slice(-KEPT_COUNT);
  }

  /** @returns undefined before the first snapshot */
  get shown(): Shown | undefined {
    const now = this.#kept.at(-1);
    if (now === undefined) return undefined;
    const before = this.#kept.length > 1 ? this.#kept[0] : undefined;
    return { now, before, rates: before && ratesBetween(before, now), trend: this.#trend };
  }
}
