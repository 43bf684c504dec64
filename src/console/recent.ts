// The latest and the slowest requests of all threads, from what each thread has noted. Threads show the same notes again
// until others push them out, so each is taken once, by its serial number.
import type { SampledRequest, ThreadSample } from "../threads/samples.ts";

export interface NotedRequest extends Omit<SampledRequest, "serial"> {
  readonly thread: number;
}

const LATEST_COUNT = 20;
const SLOWEST_COUNT = 10;
/** The slowest of all time would soon stand for ever. */
const SLOWEST_AGE_MS = 300_000;
/** Numbers of threads per connection grow for ever, and those that ended say nothing more. */
const THREAD_LIMIT_COUNT = 1000;

export class Recent {
  /** The youngest first. */
  latest: readonly NotedRequest[] = [];
  /** Of the last five minutes, the slowest first. */
  slowest: readonly NotedRequest[] = [];
  /** The last serial number taken, by thread. */
  readonly #taken = new Map<number, number>();

  take(thread: number, { requests }: ThreadSample, nowMs: number): void {
    const last = requests.at(-1)?.serial ?? 0;
    // A thread with a smaller number has taken the place of another that had the same name.
    const known = this.#taken.get(thread) ?? 0;
    const from = known > last ? 0 : known;
    const fresh = requests
      .filter(({ serial }) => serial > from)
      .map(({ serial: _, ...request }): NotedRequest => ({ thread, ...request }));
    this.#taken.set(thread, last);
    if (this.#taken.size > THREAD_LIMIT_COUNT) this.#taken.delete(this.#taken.keys().next().value!);
    if (fresh.length === 0) return;
    this.latest = [...fresh, ...this.latest].sort((a, b) => b.atMs - a.atMs).slice(0, LATEST_COUNT);
    this.slowest = [...fresh, ...this.slowest]
      .filter(({ atMs }) => nowMs - atMs < SLOWEST_AGE_MS)
      .sort((a, b) => b.ms - a.ms)
      .slice(0, SLOWEST_COUNT);
  }
}
