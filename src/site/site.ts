// What a site is made of, and its own pages. Rules say where a request is sent, mounts what the folders have, policies
// which fields a path has, and the protection who needs a password. Requests come by handler.ts and lookup.ts.
import type { Encoder } from "../content/codings/encoder.ts";
import { completeReply, completeSharedReply, refusedReply } from "../content/complete-reply.ts";
import { errorReply, refusalReply, tooManyReply } from "../content/error-page.ts";
import type { Freshness } from "../content/plans/freshness.ts";
import { Mounts } from "../content/plans/mounts.ts";
import { Encodings } from "../content/plans/on-demand.ts";
import type { PlanCache } from "../content/plans/plan-cache.ts";
import { isPage } from "../content/plans/site-error-pages.ts";
import { canonicalOrHiddenPath, canonicalPath, type ResolvedPath, resolvePage } from "../content/resolve.ts";
import { run, settled, type Task } from "../content/task.ts";
import type { GuardedSite } from "../features/access/guard.ts";
import type { ResolvedBandwidth, ResolvedRateLimit } from "../features/access/limit-options.ts";
import { Protection } from "../features/access/protection.ts";
import type { OverRate } from "../features/access/rate-check.ts";
import type { Cors } from "../features/fields/cors.ts";
import type { PathPolicy } from "../features/fields/path-policy.ts";
import { Policies } from "../features/fields/policies.ts";
import { isConfigFile, isSiteFile } from "../features/private-files.ts";
import { Routes } from "../features/routes.ts";
import { createOpener } from "../files/containment.ts";
import type { Opener } from "../files/opener.ts";
import type { Rejection, Reply } from "../http/message.ts";
import type { SiteRefusalCode } from "../http/site-refusals.ts";
import type { Exchanges } from "../limits/exchanges.ts";
import type { Limiter } from "../limits/limiter.ts";
import type { ResolvedSite } from "../options/resolved-options.ts";
import type { Steps } from "./steps.ts";
import { Survivors } from "./survivors.ts";

/** The bounds of one handler; the sites of a thread share those of the thread (hosts.ts). */
export interface SiteBounds {
  /** Large files that are kept open, for this handler alone. */
  readonly openFileLimitCount: number;
  /** Memory for the contents of small files, in bytes, for this handler alone; 0 keeps no small file. */
  readonly cacheLimitBytes: number;
  /** Memory for encoded content, in bytes, for this handler alone; 0 encodes nothing. */
  readonly encodedLimitBytes: number;
}

/** What a thread counts of its sites. */
export interface SiteTally {
  /** A reply is decided, or a request was refused before it reached a site. @param site its number among all */
  countReply(site: number, method: string, status: number): void;
  /** How the plan of a path was found: it was fresh; it was confirmed, or made again; there was none. */
  countFound(outcome: "hot" | "looked" | "cold"): void;
  /** Something had to make room in memory. */
  countEviction(of: "files" | "encoded"): void;
}

/** What the caches of a site, or of all sites of a thread, hold now. */
export interface SiteUsage {
  readonly cacheBytes: number;
  readonly encodedBytes: number;
  readonly openFileCount: number;
}

export interface SiteContext extends SiteBounds {
  /** The options of the site. Its folders are absolute, and may be links that are swapped while we run. */
  readonly site: ResolvedSite;
  /** The host that the site is for; "" for the site that answers every other host. @default "" */
  readonly siteName?: string;
  /** Opens the files below a folder. @default the opener that works on every system */
  readonly openerFor?: ((root: string) => Opener) | undefined;
  /** A file is checked at most this often, in ms; 0 checks it for every request. */
  readonly revalidateMs: number;
  /** Encodes for later requests; without one, only precompressed files are sent coded. */
  readonly encoder?: Encoder;
  /** Whether every connection of the server is protected by TLS. @default true */
  readonly isSecure?: boolean;
  /** Shared by all sites of the thread, and by the sites that replace them. @default new ones */
  readonly survivors?: Survivors;
  /** Wall clock, in ms since the epoch. */
  readonly now: () => number;
  /** Told why a request got a 500 or 503; the peer is told nothing. */
  readonly onError: (error: Error) => void;
  /** Told which file the server lacks the permission to read. @default nobody is told */
  readonly onForbidden?: ((error: Error) => void) | undefined;
  /** What rates and bandwidth are counted by; undefined where nothing is limited. */
  readonly limits?: SiteLimits | undefined;
  /** What is counted where somebody asks for metrics. */
  readonly tally?: SiteTally | undefined;
  /** Told what decides a reply, for `heddle explain`. */
  readonly steps?: Steps | undefined;
}

/** The limits of a server, as one of its sites uses them. */
export interface SiteLimits {
  readonly limiter: Limiter;
  /** Undefined where they are not counted. */
  readonly exchanges?: Exchanges | undefined;
  /** Of all sites together. */
  readonly serverRateLimit: ResolvedRateLimit | undefined;
  readonly serverBandwidth: ResolvedBandwidth | undefined;
  readonly onOverRate: (over: OverRate) => void;
}

/** What the hot way of a request uses as well. */
export interface SiteParts {
  /** All plans of the site, by the path that they answer. */
  readonly plans: PlanCache;
  readonly freshness: Freshness;
  readonly cors: Cors | undefined;
}

export class Site implements GuardedSite {
  readonly routes: Routes;
  readonly mounts: Mounts;
  readonly protection: Protection;
  readonly policies: Policies;
  readonly plans: PlanCache;
  readonly freshness: Freshness;
  /** The page that navigations to missing paths get. */
  readonly fallback: ResolvedPath | undefined;
  readonly hasCleanUrls: boolean;
  readonly hasZip: boolean;
  /** Undefined where nothing is encoded for later requests, and no dictionaries are used. */
  readonly encodings: Encodings | undefined;
  readonly survivors: Survivors;
  readonly #maintenancePage: ResolvedPath | undefined;

  /** @throws {TypeError} for options that the features of the site cannot use */
  constructor(context: SiteContext, { plans, freshness, cors }: SiteParts) {
    const { site } = context;
    this.hasCleanUrls = site.cleanUrls !== false;
    this.hasZip = site.zip;
    this.routes = new Routes(site, (path) => canonicalPath(path) ?? path);
    this.protection = new Protection({ auth: site.auth, hasCleanUrls: this.hasCleanUrls, routes: this.routes });
    this.policies = new Policies(site, { corsFields: cors?.fields ?? "", protection: this.protection });
    this.plans = plans;
    this.freshness = freshness;
    this.encodings = encodingsOf(context);
    this.survivors = context.survivors ?? new Survivors();
    this.mounts = this.#mount(context, freshness);
    this.fallback = pageOf(site.fallback);
    this.#maintenancePage = pageOf(site.maintenance?.page);
  }

  /** @param path as it was sent, without the query */
  asksForPassword(path: string): boolean {
    const url = canonicalOrHiddenPath(path);
    return url !== undefined && this.protection.asksAt(url);
  }

  /** The page for a closed site: its own page for that, if that is a file in memory. */
  maintenance(path: string, fields: string): Reply | Promise<Reply> {
    const page = this.#maintenancePage;
    return page === undefined ? this.error(503, path, fields) : run(this.#maintenanceFrom(page, path, fields));
  }

  /**
   * The reply where no file is looked for: the page that the site has for a status, or the server's.
   * @param path as it was sent; undefined for a request that has none
   * @param fields further lines
   * @param code why, where that is a refusal
   */
  error(status: number, path: string | undefined, fields = "", code?: string): Reply | Promise<Reply> {
    const reply = this.#errorReply(status, path, fields);
    if (code === undefined) return reply;
    return reply instanceof Promise ? reply.then((late) => refusedReply(late, code)) : refusedReply(reply, code);
  }

  #errorReply(status: number, path: string | undefined, fields: string): Reply | Promise<Reply> {
    const policy = this.policies.of(path === undefined ? undefined : canonicalOrHiddenPath(path));
    if (!this.mounts.errorPages.isFor(status)) return completeSharedReply(errorReply(status, fields), policy);
    return run(this.#errorFrom(status, policy, fields));
  }

  *#errorFrom(status: number, policy: PathPolicy, fields: string): Task<Reply> {
    const { reply } = yield* this.mounts.errorPages.find(status);
    const { content } = reply;
    return completeSharedReply(fields === "" ? reply : { status, fields: reply.fields + fields, content }, policy);
  }

  tooMany(retryAfterSeconds: number): Reply {
    const reply = completeSharedReply(tooManyReply(retryAfterSeconds), this.policies.of(undefined));
    return refusedReply(reply, "RATE_LIMITED" satisfies SiteRefusalCode);
  }

  /** With the fields that the site has for a path. @param isError as `completeReply` has it */
  complete(reply: Reply, path: string, isError?: boolean): Reply {
    return completeReply(reply, this.policies.of(canonicalPath(path)), isError);
  }

  /** The server's own page, for a request whose reply may not wait. */
  refusal(rejection: Rejection): Reply {
    const isPlain = rejection.code === "PLAIN_ON_TLS";
    return completeSharedReply(
      refusalReply(rejection),
      isPlain ? this.policies.unprotected : this.policies.of(undefined),
    );
  }

  *#maintenanceFrom(page: ResolvedPath, path: string, fields: string): Task<Reply> {
    using found = yield* this.mounts.takePage(page);
    const { plan } = found;
    if (!isPage(plan)) return yield* settled(this.error(503, path, fields));
    const about = `Content-Type: ${plan.mediaType}\r\nCache-Control: no-store\r\n`;
    return this.complete({ status: 503, fields: about + fields, content: plan.whole.content }, path);
  }

  #mount(context: SiteContext, freshness: Freshness): Mounts {
    const { site, now, openerFor = createOpener } = context;
    const { hashes, releases } = this.survivors;
    return new Mounts({
      root: site.root,
      mounts: site.mounts,
      openerFor,
      keepPreviousMs: site.keepPreviousSeconds * 1000,
      releases,
      isHidden: isConfigFile,
      isHiddenInRoot: site.siteFiles === "none" ? isConfigFile : (path) => isConfigFile(path) || isSiteFile(path),
      cache: this.plans,
      freshness,
      now,
      onError: context.onError,
      onForbidden: context.onForbidden,
      policies: this.policies,
      isDiverted: (url, isMissing) => this.routes.leads(url, isMissing),
      errorPages: pagesOf(site.errorPages),
      encodings: this.encodings,
      tagHashes: site.etag === "content" ? hashes : undefined,
      hasListing: site.listing,
      hasCleanUrls: this.hasCleanUrls,
      keepsExtensions: site.cleanUrls === "both",
      trailingSlash: site.trailingSlash,
    });
  }
}

function encodingsOf({ site, encoder, encodedLimitBytes, now, tally }: SiteContext): Encodings | undefined {
  const canEncode = encoder !== undefined && encodedLimitBytes > 0 && site.compress;
  const onEvicted = tally && (() => tally.countEviction("encoded"));
  if (!canEncode && site.dictionaries === undefined) return undefined;
  return new Encodings(canEncode ? encoder : undefined, encodedLimitBytes, now, onEvicted);
}

function pageOf(url: string | undefined): ResolvedPath | undefined {
  return url === undefined ? undefined : resolvePage(url);
}

function pagesOf(errorPages: Readonly<Record<string, string>>): Map<number, ResolvedPath> {
  const pages = new Map<number, ResolvedPath>();
  for (const [status, url] of Object.entries(errorPages)) {
    const resolved = resolvePage(url);
    if (resolved !== undefined) pages.set(Number(status), resolved);
  }
  return pages;
}
