// The limits of one thread: the code that counts is loaded when options ask for it, at the start or at a reload, and what is
// over a limit is told.
import type { OverRate } from "../../features/access/rate-check.ts";
import { Exchanges } from "../../limits/exchanges.ts";
import type { Limiter } from "../../limits/limiter.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import type { SiteLimits } from "../../site/site.ts";
import { rateLimited } from "../../telemetry/rate-limit.ts";
import type { ClientCounter } from "../../transport/transport.ts";
import type { StartData } from "../messages.ts";

interface Surroundings {
  /** Monotonic, in ms, the same for all threads. */
  readonly now: () => number;
  /** Something is over a limit, for people to read. */
  readonly onWarning: (text: string) => void;
}

export class ThreadLimits {
  readonly #memory: SharedArrayBuffer;
  #now: () => number = () => 0;
  #warn: (text: string) => void = () => {};
  /** Undefined until options limit something. It outlives a reload, as its buckets do. */
  #limiter: Limiter | undefined;
  /** Undefined where nobody counts them. */
  readonly #exchanges: Exchanges | undefined;

  /** Counts the connections of each client; undefined where nobody limits them. */
  readonly clients: ClientCounter | undefined;

  /** Loads what the options of the start need. */
  static async load({ options, limits: memory, exchanges: rows, clients, slot }: StartData): Promise<ThreadLimits> {
    const { clientConnectionLimitCount: limitCount } = options;
    const exchanges = rows && new Exchanges(rows, slot);
    if (clients === undefined || limitCount === undefined)
      return ThreadLimits.#of(memory, exchanges, undefined, options);
    const { ClientConnections } = await import("../../limits/client-connections.ts");
    const { sharedHash } = await import("../../limits/keyed-hash.ts");
    const counter = new ClientConnections(clients.memory, { ...clients, slot, limitCount }, sharedHash(memory));
    return ThreadLimits.#of(memory, exchanges, counter, options);
  }

  static async #of(
    memory: SharedArrayBuffer,
    exchanges: Exchanges | undefined,
    clients: ClientCounter | undefined,
    options: ResolvedOptions,
  ): Promise<ThreadLimits> {
    const limits = new ThreadLimits(memory, exchanges, clients);
    await limits.load(options);
    return limits;
  }

  /** @param memory that all threads share */
  private constructor(memory: SharedArrayBuffer, exchanges: Exchanges | undefined, clients: ClientCounter | undefined) {
    this.#memory = memory;
    this.#exchanges = exchanges;
    this.clients = clients;
  }

  /** The thread is there. Called before any request comes. */
  begin({ now, onWarning }: Surroundings): void {
    this.#now = now;
    this.#warn = rateLimited(onWarning, now);
  }

  /** Loads what the options need. Resolves before `of` is called with them. */
  async load(options: ResolvedOptions): Promise<void> {
    if (this.#limiter !== undefined || !limitsAny(options)) return;
    const { Limiter } = await import("../../limits/limiter.ts");
    this.#limiter ??= new Limiter(this.#memory, () => this.#now());
  }

  /** What the sites use; undefined where nothing is limited. */
  of(options: ResolvedOptions): SiteLimits | undefined {
    if (!limitsAny(options)) return undefined;
    const { serverRateLimit, serverBandwidth } = options;
    return {
      limiter: this.#limiter!,
      exchanges: this.#exchanges,
      serverRateLimit,
      serverBandwidth,
      onOverRate: (over) => this.#tell(over),
    };
  }

  #tell({ option, address, isDryRun }: OverRate): void {
    const status = option === "concurrencyLimit" ? 503 : 429;
    const outcome = isDryRun ? `would get ${status}, if it were not a dry run` : `got ${status}`;
    this.#warn(`${address === "" ? "a local client" : address} ${outcome}: over ${option}`);
  }
}

function limitsAny({ serverRateLimit, serverBandwidth, site, sites }: ResolvedOptions): boolean {
  if (serverRateLimit !== undefined || serverBandwidth !== undefined) return true;
  const isLimited = ({ rateLimit, concurrencyLimit, bandwidth }: ResolvedOptions["site"]): boolean =>
    rateLimit !== undefined || concurrencyLimit !== undefined || bandwidth !== undefined;
  return isLimited(site) || sites.some((one) => isLimited(one.site));
}
