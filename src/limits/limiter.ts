// The limits of a thread: gates for requests, paces for bytes. A gate or a pace is of one site, or of the whole server; each
// counts for each client and for all clients together.
import { Buckets, type Limit } from "./buckets.ts";
import { Gate } from "./gate.ts";
import { type NamedLimit, Pacing } from "./pace.ts";

export class Limiter {
  readonly #buckets: Buckets;

  /**
   * @param memory that all threads share (memory.ts)
   * @param now monotonic, in ms, the same for all threads; it may be as late as one turn of the thread
   */
  constructor(memory: SharedArrayBuffer, now: () => number, random: () => number = Math.random) {
    this.#buckets = new Buckets(memory, now, random);
  }

  /** @param name the same in all threads, and for no other gate */
  gate(name: string, limit: Limit): Gate {
    return new Gate(this.#buckets, name, limit);
  }

  /** Undefined where nothing is limited. */
  pacing(limits: readonly (NamedLimit | undefined)[]): Pacing | undefined {
    const given = limits.filter((limit) => limit !== undefined);
    return given.length === 0 ? undefined : new Pacing(this.#buckets, given);
  }
}
