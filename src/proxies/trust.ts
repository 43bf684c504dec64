// Whose word counts: the addresses and networks of trusted proxies, and "unix" for the programs that may connect to a local socket. The
// answers are kept, because a check of many networks takes longer than the rest of a request's way here.
import { addressRule } from "../features/access/addresses.ts";
import { UNIX } from "./forwarded-fields.ts";

/** Clients come and go; when there are so many, all are forgotten. An entry takes about 100 bytes. */
const KEPT_COUNT = 4096;

export class Trust {
  readonly #isInNetworks: (address: string) => boolean;
  readonly #hasUnix: boolean;
  readonly #known = new Map<string, boolean>();

  /** @throws {TypeError} for what is neither an address, nor a network, nor "unix" */
  constructor(sources: readonly string[]) {
    const networks = sources.filter((source) => source !== UNIX);
    this.#hasUnix = networks.length < sources.length;
    this.#isInNetworks = networks.length === 0 ? () => false : addressRule(networks, []);
  }

  /** @param address as `Peer` has it */
  has(address: string): boolean {
    if (address === "") return this.#hasUnix;
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    if (this.#known.size >= KEPT_COUNT) this.#known.clear();
    const isTrusted = this.#isInNetworks(address);
    this.#known.set(address, isTrusted);
    return isTrusted;
  }
}
