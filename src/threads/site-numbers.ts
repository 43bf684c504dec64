// The number that each site has in the counts. A name keeps its number for as long as the server runs, also when a reload
// takes the site away and another brings it back, so that no count changes its meaning. There is a bound: sites
// beyond it share the last number.
import type { ResolvedOptions } from "../options/resolved-options.ts";

/** What the threads are given. */
export interface ThreadOptions extends ResolvedOptions {
  /** Of `sites`, in their order. The default site has 0. Undefined where nobody asks. */
  readonly siteNumbers?: readonly number[];
  /** The same for the exchanges in progress (limits/exchanges.ts). */
  readonly exchangeNumbers?: readonly number[] | undefined;
}

/** No host can have these names: a colon is in none. */
const DEFAULT_SITE = "default";
const OTHERS = "other";

export class SiteNumbers {
  readonly #room: number;
  readonly #numbers = new Map<string, number>();

  /** @param room how many numbers there are, at least 1 */
  constructor(room: number) {
    this.#room = room;
  }

  /** By number. */
  get names(): readonly string[] {
    const names = [DEFAULT_SITE, ...this.#numbers.keys()];
    return this.#isFull ? [...names, OTHERS] : names;
  }

  /** Of these sites, in their order. */
  of(sites: ResolvedOptions["sites"]): readonly number[] {
    return sites.map(({ host }) => this.#numberOf(host));
  }

  /** One number is the default site's, and one stands for all that find no room. */
  get #isFull(): boolean {
    return this.#numbers.size >= this.#room - 2;
  }

  #numberOf(host: string): number {
    const known = this.#numbers.get(host);
    if (known !== undefined) return known;
    if (this.#isFull) return this.#room - 1;
    const number = this.#numbers.size + 1;
    this.#numbers.set(host, number);
    return number;
  }
}
