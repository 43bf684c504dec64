// Several sites at one address (RFC 9110 §7.2): the host that a request is for decides which site answers. A site is built
// when it is asked for the first time, so that a thousand sites cost a start nothing. The sites that were built share
// the memory of the thread in equal parts: no site can push another's files out of its part, and a site that nobody asks
// for has none.
import type { Handler } from "../http/message.ts";
import type { ResolvedHostSite, ResolvedSite } from "../options/resolved-options.ts";
import { bounded } from "./bounded.ts";
import { around, counted } from "./counted.ts";
import { type ClosableHandler, createHandler } from "./handler.ts";
import { type HealthPath, healthHandler, withHealth } from "./health.ts";
import type { SiteBounds, SiteContext, SiteUsage } from "./site.ts";
import type { Steps } from "./steps.ts";

type HostSite = Pick<ResolvedHostSite, "host" | "site">;

/** What all sites share. */
interface HostsContext extends SiteContext {
  /** Undefined where no path says how the server is. */
  readonly health?: HealthPath | undefined;
  /** Of the further sites, in their order, for the tally. The default site has 0. */
  readonly siteNumbers?: readonly number[] | undefined;
  /** The same, for the exchanges in progress. */
  readonly exchangeNumbers?: readonly number[] | undefined;
}

const DEFAULT_SITE = 0;

/** Builds the handler of a site. */
type Build = (context: SiteContext) => ClosableHandler;

/**
 * @param context of the site that answers for every other host
 * @param build only tests give another
 * @throws {TypeError} for a host that is malformed; and, where there are no further sites, as `createHandler` does
 */
export function createHosts(
  context: HostsContext,
  sites: readonly HostSite[],
  build: Build = createHandler,
): ClosableHandler {
  // The usual case reads no host.
  const { health, steps, tally } = context;
  const handler =
    sites.length === 0
      ? counted(bounded(build(context), context, DEFAULT_SITE), DEFAULT_SITE, tally)
      : new Hosts(context, sites, build);
  if (health === undefined) return handler;
  const { handle } = counted(around(handler, healthHandler(health, steps), handler.refuse), DEFAULT_SITE, tally);
  return around(handler, withHealth(handler.handle, handle, health), handler.refuse);
}

class Hosts implements ClosableHandler {
  readonly #context: HostsContext;
  readonly #build: Build;
  /** The bounds that all sites share. */
  #bounds: SiteBounds;
  readonly #fallback: LazySite;
  /** By host. */
  readonly #sites: ReadonlyMap<string, LazySite>;
  readonly #built: ClosableHandler[] = [];
  readonly #steps: Steps | undefined;

  constructor(context: HostsContext, sites: readonly HostSite[], build: Build) {
    this.#context = context;
    this.#build = build;
    this.#bounds = context;
    const numbers = { number: DEFAULT_SITE, exchangeNumber: DEFAULT_SITE };
    this.#fallback = { host: "", options: context.site, handler: undefined, ...numbers };
    const { siteNumbers = [], exchangeNumbers = [] } = context;
    this.#sites = new Map(
      sites.map(({ host, site }, index) => [
        checked(host),
        {
          host,
          options: site,
          handler: undefined,
          number: siteNumbers[index] ?? DEFAULT_SITE,
          exchangeNumber: exchangeNumbers[index] ?? DEFAULT_SITE,
        },
      ]),
    );
    this.#steps = context.steps;
    // A release can only be kept if its folder is known before another replaces it.
    for (const site of this.#sites.values()) if (site.options.keepPreviousSeconds > 0) this.#handlerOf(site);
    this.#handlerOf(this.#fallback);
  }

  // Fields, not methods: a thread copies both, so that a call goes right to the handler in use.
  readonly handle: Handler["handle"] = (request, peer) => {
    const site = this.#siteOf(peer.host ?? request.authority);
    return (site.handler ?? this.#handlerOf(site)).handle(request, peer);
  };
  readonly refuse: Handler["refuse"] = (rejection) => this.#handlerOf(this.#fallback).refuse(rejection);

  get usage(): SiteUsage {
    const all = this.#built.map(({ usage }) => usage);
    const sum = (name: keyof SiteUsage): number => all.reduce((total, usage) => total + usage[name], 0);
    return { cacheBytes: sum("cacheBytes"), encodedBytes: sum("encodedBytes"), openFileCount: sum("openFileCount") };
  }

  resize(bounds: SiteBounds): void {
    this.#bounds = bounds;
    const share = shareOf(bounds, this.#built.length);
    for (const handler of this.#built) handler.resize(share);
  }

  close(): void {
    for (const handler of this.#built) handler.close();
  }

  /** Built now, if nobody has asked for the site before. The other sites make room for it. */
  #handlerOf(site: LazySite): ClosableHandler {
    if (site.handler !== undefined) return site.handler;
    const share = shareOf(this.#bounds, this.#built.length + 1);
    const context = { ...this.#context, ...share, site: site.options, siteName: site.host };
    const built = bounded(this.#build(context), context, site.exchangeNumber);
    const handler = counted(built, site.number, this.#context.tally);
    site.handler = handler;
    for (const other of this.#built) other.resize(share);
    this.#built.push(handler);
    return handler;
  }

  #siteOf(authority: string): LazySite {
    // Most requests name the host as the options do.
    const named = this.#sites.get(authority);
    if (named !== undefined) return this.#chosen(authority, named);
    const host = hostOf(authority);
    const exact = this.#sites.get(host);
    if (exact !== undefined) return this.#chosen(host, exact);
    // The longest name that fits: "a.b.example.com" is below "*.b.example.com" before it is below "*.example.com".
    for (let dot = host.indexOf("."); dot >= 0; dot = host.indexOf(".", dot + 1)) {
      const wildcard = `*${host.slice(dot)}`;
      const site = this.#sites.get(wildcard);
      if (site !== undefined) return this.#chosen(wildcard, site);
    }
    return this.#chosen(undefined, this.#fallback);
  }

  #chosen(host: string | undefined, site: LazySite): LazySite {
    this.#steps?.site(host);
    return site;
  }
}

interface LazySite {
  /** "" for every host that is not named. */
  readonly host: string;
  readonly options: ResolvedSite;
  /** For the tally. */
  readonly number: number;
  readonly exchangeNumber: number;
  /** Undefined until somebody asks for the site. */
  handler: ClosableHandler | undefined;
}

function shareOf({ cacheLimitBytes, encodedLimitBytes, openFileLimitCount }: SiteBounds, count: number): SiteBounds {
  return {
    cacheLimitBytes: Math.floor(cacheLimitBytes / count),
    encodedLimitBytes: Math.floor(encodedLimitBytes / count),
    openFileLimitCount: Math.ceil(openFileLimitCount / count),
  };
}

/** Without the port, in lower case, and without the dot that may end a name: RFC 3986 §3.2.2. */
function hostOf(authority: string): string {
  return authority.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}

function checked(host: string): string {
  if (/^(?:\*\.)?[a-z\d_-]+(?:\.[a-z\d_-]+)*$/.test(host) || /^\[[\da-f:.]+\]$/.test(host)) return host;
  throw new TypeError(`not a host: ${JSON.stringify(host)} (wanted "example.com" or "*.example.com", in lower case)`);
}
