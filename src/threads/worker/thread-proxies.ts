// Who is a proxy, for one thread: the code that finds clients behind proxies is loaded when options name some, at the start
// or at a reload, and a reload exchanges whom they name.
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import type { Clients } from "../../proxies/clients.ts";

type Named = Pick<ResolvedOptions, "listen" | "trustedProxies" | "forwardedFields">;

export class ThreadProxies {
  #clients: Clients | undefined;
  #next: Clients | undefined;

  static async load(options: Named): Promise<ThreadProxies> {
    const proxies = new ThreadProxies();
    await proxies.prepare(options);
    proxies.adopt();
    return proxies;
  }

  /** Undefined where nobody is trusted. */
  get clients(): Clients | undefined {
    return this.#clients;
  }

  /** Reads other options; those in use stay. */
  async prepare(options: Named): Promise<void> {
    // A PROXY header is believed from nobody, where nobody is trusted any more.
    const isNeeded = options.trustedProxies.length > 0 || options.listen.some(({ hasProxyHeader }) => hasProxyHeader);
    this.#next = isNeeded ? new (await import("../../proxies/clients.ts")).Clients(options) : undefined;
  }

  /** The options that were read last are in use from now on. */
  adopt(): Clients | undefined {
    this.#clients = this.#next;
    return this.#clients;
  }
}
