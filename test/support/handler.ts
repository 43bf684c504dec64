// The handler of one site on a clock that tests set, over files of a temporary folder, and a way to ask it.
import type { TestContext } from "node:test";
import type { Peer, Reply } from "../../src/http/message.ts";
import { resolveOptions } from "../../src/options/resolve.ts";
import type { ResolvedSite } from "../../src/options/resolved-options.ts";
import type { SiteOptions } from "../../src/options/site-options.ts";
import { type ClosableHandler, createHandler } from "../../src/site/handler.ts";
import type { SiteContext } from "../../src/site/site.ts";
import { makeRequest } from "./request.ts";
import { makeSite } from "./site.ts";

/** An address of TEST-NET-1 (RFC 5737), which no rule of a test is about unless it says so. */
export const PEER: Peer = { address: "192.0.2.1", scheme: "http" };

export interface TestHandler {
  readonly root: string;
  /** An hour after the files were made, so that their modification times can be trusted. */
  readonly clock: { ms: number };
  /** What was told to `onError`, unless the test has its own. */
  readonly errors: Error[];
  readonly handler: ClosableHandler;
  ask(target: string, fields?: Record<string, string>, method?: string, address?: string): Promise<Reply>;
}

/** A site with every default filled in, as threads are given it. */
export function resolvedSite(site: SiteOptions): ResolvedSite {
  return resolveOptions(site).site;
}

/** What a handler is made of: the defaults of a server that has 1 MiB of memory. */
export function siteContext(site: SiteOptions, context: Partial<Omit<SiteContext, "site">> = {}): SiteContext {
  return {
    site: resolvedSite(site),
    revalidateMs: 1000,
    cacheLimitBytes: 2 ** 20,
    encodedLimitBytes: 2 ** 20,
    openFileLimitCount: 128,
    now: Date.now,
    onError: (error) => {
      throw error;
    },
    ...context,
  };
}

export function makeHandler(
  t: TestContext,
  files: Record<string, string | Buffer>,
  { site, ...context }: Partial<Omit<SiteContext, "site">> & { site?: Partial<SiteOptions> } = {},
): TestHandler {
  const root = site?.root ?? makeSite(t, files);
  const clock = { ms: Date.now() + 3_600_000 };
  const errors: Error[] = [];
  const handler = createHandler(
    siteContext({ ...site, root }, { now: () => clock.ms, onError: (error) => errors.push(error), ...context }),
  );
  t.after(() => handler.close());
  const ask: TestHandler["ask"] = async (target, fields = {}, method = "GET", address = PEER.address) =>
    handler.handle(makeRequest(method, target, fields), { ...PEER, address });
  return { root, clock, errors, handler, ask };
}
