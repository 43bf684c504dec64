// One site: where the answer to a path comes from when no plan of it can be used as it is. Rules are asked where to
// look, folders what is there; what is missing may become a redirect, another path or the page of an application.
// Whatever is found is kept as a plan. Who may come in, and how hot plans are found, is handler.ts.
import { answer } from "./content/answer.ts";
import { createOpener } from "./content/containment.ts";
import type { Encoder } from "./content/encoder.ts";
import { Encodings } from "./content/encodings.ts";
import { errorReply, errorReplyWith } from "./content/error-page.ts";
import { hasFingerprint } from "./content/fingerprint.ts";
import { Folders } from "./content/folders.ts";
import type { Listings } from "./content/listing/listings.ts";
import { completed, type ListingPlan, planRedirect, type RedirectPlan, type RefusalPlan } from "./content/plan.ts";
import { PlanCache } from "./content/plan-cache.ts";
import type { Planner } from "./content/planner.ts";
import { DEFAULT_POLICY } from "./content/representation.ts";
import { canonicalPath, type ResolvedPath, resolvePage, resolvePath, writePath } from "./content/resolve.ts";
import { describeErrorPage, describeFallback, describePath, describePlan, describeRewrite } from "./describe.ts";
import { protectedPaths } from "./features/guard.ts";
import { isNavigation } from "./features/navigation.ts";
import { createPolicies, type PolicyOf } from "./features/policies.ts";
import { createRoutes, type Redirect, type Routes } from "./features/routes.ts";
import { isConfigFile, isSiteFile } from "./features/site-files.ts";
import type { SiteOptions } from "./features/site-options.ts";
import { spellings } from "./features/spellings.ts";
import type { Opener } from "./http/file.ts";
import type { Reply, Request } from "./http/message.ts";
import { Lasting } from "./lasting.ts";

export interface SiteContext {
  /** What is served; its folders absolute. They may be links that are swapped while we run. */
  readonly site: SiteOptions;
  /** How files below a folder are opened; by default in the way that works on every system. */
  readonly openerFor?: ((root: string) => Opener) | undefined;
  /** A file is looked at again at most this often, in ms; 0 looks for every request. */
  readonly revalidateMs: number;
  /** Large files that are kept open, for this handler alone. @default 128 */
  readonly openFileLimitCount?: number;
  /** Memory for the contents of small files, in bytes, for this handler alone; 0 keeps none. */
  readonly cacheLimitBytes: number;
  /** Encodes for requests to come; without one, only sidecars are coded. */
  readonly encoder?: Encoder;
  /** Memory for what it encodes, in bytes, for this handler alone; 0 encodes nothing. @default `cacheLimitBytes` */
  readonly encodedLimitBytes?: number;
  /** What outlives this site, and is shared with others of the thread. @default nothing */
  readonly lasting?: Lasting;
  /** Wall clock, in ms since the epoch. */
  readonly now: () => number;
  /** Told why a request got a 500 or 503; the peer is told nothing. */
  readonly onError: (error: Error) => void;
  /** Told what decided a reply, for `heddle explain`: only where a plan has to be made, which is never on the way of hot replies. */
  readonly onStep?: ((step: string, what: string) => void) | undefined;
}

const DEFAULT_ERROR_PAGES: Readonly<Record<string, string>> = { 404: "/404.html" };

export class Site {
  /** All plans of the site, by the path that they answer. */
  readonly plans: PlanCache;
  readonly planner: Planner;
  readonly hasFallback: boolean;
  readonly #context: SiteContext;
  readonly #policyOf: PolicyOf;
  readonly #routes: Routes;
  readonly #folders: Folders;
  readonly #asksAt: (path: string) => boolean;
  readonly #isProtected: (url: string) => boolean;
  readonly #fallback: ResolvedPath | undefined;
  /** Loaded with the first folder that is listed. */
  #listings: Promise<Listings> | undefined;

  /**
   * @param corsFields of every reply, each line ended by CRLF
   * @throws {TypeError} for what the features of the site cannot use
   */
  constructor(context: SiteContext, corsFields: string) {
    const { site, encoder, now, encodedLimitBytes = context.cacheLimitBytes, openerFor = createOpener } = context;
    const { contentTags, releases } = context.lasting ?? new Lasting();
    const canEncode = encoder !== undefined && encodedLimitBytes > 0 && (site.compress ?? true);
    this.#context = context;
    this.#asksAt = protectedPaths(site.auth);
    // Asked for every entry of a listing: where nothing needs a password, this must cost nothing.
    this.#isProtected =
      site.auth === undefined ? () => false : (url) => spellings(url, site.cleanUrls ?? false).some(this.#asksAt);
    this.#policyOf = createPolicies(site, DEFAULT_POLICY, corsFields, hasFingerprint, this.#isProtected);
    this.#routes = createRoutes(site.redirects ?? [], site.rewrites ?? []);
    this.plans = new PlanCache(context.cacheLimitBytes, context.openFileLimitCount);
    this.#folders = new Folders({
      root: site.root,
      mounts: site.mounts ?? {},
      openerFor,
      keepPreviousMs: (site.keepPreviousSeconds ?? 0) * 1000,
      isKept: hasFingerprint,
      releases,
      isHidden: isConfigFile,
      isHiddenInRoot:
        (site.siteFiles ?? "none") === "none" ? isConfigFile : (path) => isConfigFile(path) || isSiteFile(path),
      cache: this.plans,
      revalidateMs: context.revalidateMs,
      now,
      onError: context.onError,
      policyOf: this.#policyOf,
      errorPages: pagesOf(site.errorPages ?? DEFAULT_ERROR_PAGES),
      encodings: canEncode ? new Encodings(encoder, encodedLimitBytes, now) : undefined,
      contentTags: site.etag === "content" ? contentTags : undefined,
      hasListing: site.listing,
      hasCleanUrls: site.cleanUrls ?? false,
      trailingSlash: site.trailingSlash ?? "folders",
    });
    this.planner = this.#folders.root;
    this.#fallback = site.fallback === undefined ? undefined : resolvePage(site.fallback);
    this.hasFallback = this.#fallback !== undefined;
  }

  /**
   * The reply to a request whose path has no plan that is current.
   * @param path as it was sent, without the query
   * @param request retained
   */
  async look(path: string, request: Request): Promise<Reply> {
    const url = canonicalPath(path);
    this.#context.onStep?.("path", describePath(path));
    if (url === undefined) return this.error(statusOf(path), path);
    const redirect = this.#routes.redirect(url, false);
    if (redirect !== undefined) return this.#redirect(url, redirect, request);
    const rewritten = this.#rewrite(url, false);
    const { onStep, site } = this.#context;
    if (rewritten !== undefined) onStep?.("rewrite", describeRewrite(url, rewritten, site, false));
    return this.#lookFor(url, rewritten ?? url, request, false);
  }

  /**
   * The paths by which a file may be meant that answers a request: the one that is asked for, other spellings of it, and
   * where a rewrite leads. What is asked of one of them is asked of all.
   * @param path as it was sent, without the query
   */
  *pathsOf(path: string): Generator<string> {
    const url = canonicalPath(path);
    if (url === undefined) return;
    const { cleanUrls = false } = this.#context.site;
    yield* spellings(url, cleanUrls);
    // As `#lookFor` goes: where a rewrite leads, what is missing may lead on, by whichever of its spellings.
    for (const place of spellings(this.#rewrite(url, false) ?? url, cleanUrls)) {
      yield place;
      const last = this.#rewrite(place, true);
      if (last !== undefined) yield* spellings(last, cleanUrls);
    }
  }

  /** A navigation to what is not there gets the page of the application, which knows what it is about. */
  async answerMissing(plan: RefusalPlan, request: Request): Promise<Reply> {
    const page = plan.status === 404 && isNavigation(request) ? this.#fallback : undefined;
    const { onStep, site } = this.#context;
    if (plan.status === 404 && this.hasFallback) onStep?.("fallback", describeFallback(site, page !== undefined));
    const isKept = page !== undefined && !this.#mayHave(page, request);
    if (isKept) this.#step("fallback", "not for this path, since the page asks for a password that the path does not");
    if (page === undefined || isKept) {
      onStep?.("page", describeErrorPage(plan));
      return answer(plan, request, this.#now());
    }
    return this.#folders.usePage(page, (found) => {
      if (found.kind === "file") return answer(found, request, this.#now());
      this.#step("fallback", "there is no such page");
      return answer(plan, request, this.#now());
    });
  }

  /** Whoever was not asked for a password must not get the page that asks for one under another path. */
  #mayHave({ path, isFolder }: ResolvedPath, request: Request): boolean {
    if (!this.#isProtected(writePath(path, isFolder))) return true;
    return this.pathsOf(request.target.replace(/\?.*/, "")).some(this.#asksAt);
  }

  async list({ url, path, opener, policy }: ListingPlan, request: Request): Promise<Reply> {
    const asked = canonicalPath(request.target.replace(/\?.*/, "")) ?? "";
    const isServed = (below: string, kind: "file" | "folder"): boolean =>
      this.#isServed(`${url.slice(0, -1)}${writePath(below, kind === "folder")}`, url, asked);
    const name = decodeURIComponent(url.split("/").at(-2) ?? "") || "root";
    const hasCleanUrls = this.#context.site.cleanUrls ?? false;
    this.#listings ??= this.#loadListings();
    const listings = await this.#listings;
    return listings.reply({ path, opener, policy, isServed, name, hasCleanUrls }, request, this.#now());
  }

  /** What is shown while the site is closed: its page for that, if it has one that is in memory. */
  maintenance(path: string, fields: string): Reply | Promise<Reply> {
    const { maintenance } = this.#context.site;
    const page = typeof maintenance === "object" && maintenance.page ? resolvePage(maintenance.page) : undefined;
    if (page === undefined) return this.error(503, path, fields);
    return this.#folders.usePage(page, (plan): Reply | Promise<Reply> => {
      if (plan.kind !== "file" || !Buffer.isBuffer(plan.source)) return this.error(503, path, fields);
      const about = `Content-Type: ${plan.mediaType}\r\nCache-Control: no-store\r\n`;
      return this.complete({ status: 503, fields: about + fields, content: plan.whole.content }, path);
    });
  }

  /**
   * The reply for what is decided before anything is looked for: the page that the site has for a status, or the server's.
   * @param path as it was sent; undefined for a request that has none
   * @param fields lines of its own
   */
  error(status: number, path: string | undefined, fields = ""): Reply | Promise<Reply> {
    const policy = this.#policyOf(path === undefined ? undefined : canonicalPath(path));
    const { errorPages } = this.#folders;
    if (!errorPages.isFor(status)) return completed(errorReplyWith(status, fields), policy);
    return errorPages.look(status).then(({ reply }) => {
      const { content } = reply;
      return completed(fields === "" ? reply : { status, fields: reply.fields + fields, content }, policy);
    });
  }

  /** With the fields that the site has for a path, where it is no file's reply. */
  complete(reply: Reply, path: string): Reply {
    return completed(reply, this.#policyOf(canonicalPath(path)));
  }

  /** The same with the server's own page, for what may not wait. */
  ownError(status: number): Reply {
    return completed(errorReply(status), this.#policyOf(undefined));
  }

  close(): void {
    void this.#listings?.then((listings) => listings.close());
    this.plans.close();
  }

  async #loadListings(): Promise<Listings> {
    const { Listings } = await import("./content/listing/listings.ts");
    return new Listings(this.#context.site.zip ?? false, this.#context.onError);
  }

  /**
   * Whether whoever may see the listing of a folder would get this file or listing from the same place: no rule leads
   * away from it, no other folder is mounted there, and it asks for no password that the folder does not ask for.
   */
  #isServed(url: string, folderUrl: string, asked: string): boolean {
    if (this.#isProtected(url) && !this.#isProtected(asked)) return false;
    if (this.#routes.redirect(url, false) !== undefined || this.#routes.rewrite(url, false) !== undefined) return false;
    return this.#folders.find(url).prefix === this.#folders.find(folderUrl).prefix;
  }

  /**
   * @param asked the path that was asked for, as it is written canonically
   * @param url the path that answers it
   * @param isLast whether rules for what is missing were asked already
   */
  async #lookFor(asked: string, url: string, request: Request, isLast: boolean): Promise<Reply> {
    const { planner, path, folder, prefix } = this.#folders.find(url);
    if (path === undefined) return this.error(404, url);
    let missing: RefusalPlan | undefined;
    let spelling: string | undefined;
    const reply = await planner.use(path, (plan): Reply | Promise<Reply> | undefined => {
      // "/index.html" for "/", or a folder without its slash: whoever was rewritten must not notice.
      if (plan.kind === "redirect" && asked !== url && isSamePage(plan.location, url)) {
        spelling = plan.location;
        return undefined;
      }
      this.#step("folder", prefix === "" ? folder : `${folder} (mounted at ${prefix})`);
      // The planner keeps it under its own path; a rewrite leads there from another.
      if (asked !== url) this.plans.keep(Buffer.from(asked, "latin1"), plan);
      const { onStep, site } = this.#context;
      if (onStep !== undefined) describePlan(plan, url, prefix, site, onStep);
      if (plan.kind === "refusal") missing = plan;
      if (plan.kind === "listing") return this.list(plan, request);
      return plan.kind === "refusal" ? undefined : answer(plan, request, this.#now());
    });
    if (reply !== undefined) return reply;
    if (spelling !== undefined) return this.#lookFor(asked, spelling, request, isLast);
    if (missing!.status === 404 && !isLast) {
      const redirect = this.#routes.redirect(url, true);
      if (redirect !== undefined) return this.#redirect(asked, redirect, request);
      const rewrite = this.#rewrite(url, true);
      if (rewrite !== undefined) {
        const { onStep, site } = this.#context;
        onStep?.("rewrite", describeRewrite(url, rewrite, site, true));
        return this.#lookFor(asked, rewrite, request, true);
      }
    }
    return this.answerMissing(missing!, request);
  }

  #rewrite(url: string, isMissing: boolean): string | undefined {
    const target = this.#routes.rewrite(url, isMissing);
    return target && (canonicalPath(target) ?? target);
  }

  #redirect(url: string, { status, location, from }: Redirect, request: Request): Reply {
    this.#step("redirect", `${status} to ${location} (from ${from})`);
    const plan: RedirectPlan = planRedirect(location, this.#now(), this.#policyOf(url), status);
    this.plans.keep(Buffer.from(url, "latin1"), plan);
    return answer(plan, request, this.#now());
  }

  #now(): number {
    return this.#context.now();
  }

  #step(step: string, what: string): void {
    this.#context.onStep?.(step, what);
  }
}

/** Of a path that nothing can be at: what is hidden is answered as what is missing. */
function statusOf(path: string): number {
  const resolved = resolvePath(path);
  return resolved.kind === "refused" ? resolved.status : 404;
}

/** Whether two paths are of one page, but for the slash, the name of the index or the extension. */
function isSamePage(one: string, other: string): boolean {
  const bare = (url: string): string => url.replace(/(?:\/index)?(?:\.html)?$|\/$/, "");
  return bare(one) === bare(other);
}

function pagesOf(errorPages: Readonly<Record<string, string>>): Map<number, ResolvedPath> {
  const pages = new Map<number, ResolvedPath>();
  for (const [status, url] of Object.entries(errorPages)) {
    const resolved = resolvePage(url);
    if (resolved !== undefined) pages.set(Number(status), resolved);
  }
  return pages;
}
