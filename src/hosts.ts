// Several sites at one address (RFC 9110 §7.2): the host that a request is for decides whose it is. Each has a handler
// of its own, with its share of the memory, so that no site can push another's files out.
import type { SiteOptions } from "./features/site-options.ts";
import { createHandler } from "./handler.ts";
import type { Handler, Request } from "./http/message.ts";
import type { SiteContext } from "./site.ts";

export interface HostSite {
  /** A name ("example.com"), or all names below one ("*.example.com"). */
  readonly host: string;
  readonly site: SiteOptions;
}

/**
 * @param options of the site that answers for every other host
 * @throws {TypeError} as `createHandler` does, and for a host that is none
 */
export function createHosts(options: SiteContext, sites: readonly HostSite[]): Handler & { close(): void } {
  // The usual case costs no look at the host.
  if (sites.length === 0) return createHandler(options);
  const count = sites.length + 1;
  const shared: SiteContext = {
    ...options,
    cacheLimitBytes: Math.floor(options.cacheLimitBytes / count),
    ...(options.encodedLimitBytes !== undefined && {
      encodedLimitBytes: Math.floor(options.encodedLimitBytes / count),
    }),
    ...(options.openFileLimitCount && { openFileLimitCount: Math.ceil(options.openFileLimitCount / count) }),
  };
  const fallback = createHandler(shared);
  const handlers = new Map(sites.map(({ host, site }) => [checked(host), createHandler({ ...shared, site })]));

  function handlerOf(request: Request): Handler {
    const host = hostOf(request.authority);
    const exact = handlers.get(host);
    if (exact !== undefined) return chosen(host, exact);
    // The longest name that fits: "a.b.example.com" is below "*.b.example.com" before it is below "*.example.com".
    for (let dot = host.indexOf("."); dot >= 0; dot = host.indexOf(".", dot + 1)) {
      const wild = handlers.get(`*${host.slice(dot)}`);
      if (wild !== undefined) return chosen(`*${host.slice(dot)}`, wild);
    }
    return chosen("the default, since no other is for this host", fallback);
  }

  function chosen(name: string, handler: Handler): Handler {
    options.onStep?.("site", name);
    return handler;
  }

  return {
    handle: (request, peer) => handlerOf(request).handle(request, peer),
    refuse: (rejection) => fallback.refuse(rejection),
    close() {
      fallback.close();
      for (const handler of handlers.values()) handler.close();
    },
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
