// The one way from a request to a reply, for one site:
//
//   1. guard     who may come in: addresses, maintenance, preflight, password; a site without these has none
//   2. method    what files do not have, or what is not about one file, is answered right away
//   3. find      the plan of the path, by its bytes; while it is current nothing waits and no string is built
//   4. look      otherwise rules are asked where to look, and the file system what is there: a new plan, or the old
//                one again
//   5. answer    from plan and request: preconditions, ranges, codings, HEAD; the fallback page for navigations
//
// Anything about a target and its site belongs in a plan, anything about the request in an answer.
import { answer } from "./content/answer.ts";
import { createOpener } from "./content/containment.ts";
import { ContentTags } from "./content/content-tags.ts";
import type { Encoder } from "./content/encoding-queue.ts";
import { ENCODED_LIMIT_BYTES, Encodings } from "./content/encodings.ts";
import { errorReply, errorReplyWith } from "./content/error-page.ts";
import { ErrorPages } from "./content/error-pages.ts";
import { hasFingerprint } from "./content/fingerprint.ts";
import { Lister } from "./content/listing/lister.ts";
import { completed, type Plan, planRedirect, type RedirectPlan, type RefusalPlan } from "./content/plan.ts";
import { PlanCache } from "./content/plan-cache.ts";
import { Planner } from "./content/planner.ts";
import { keepPreviousRelease } from "./content/previous-release.ts";
import { DEFAULT_POLICY } from "./content/representation.ts";
import { type ResolvedPath, resolvePath, writePath } from "./content/resolve.ts";
import { createCors } from "./features/cors.ts";
import { createGuard } from "./features/guard.ts";
import { isNavigation } from "./features/navigation.ts";
import { createPolicies } from "./features/policies.ts";
import { createRoutes, type Redirect } from "./features/routes.ts";
import type { SiteOptions } from "./features/site-options.ts";
import type { Opener } from "./http/file.ts";
import { type Handler, hashTarget, type Peer, type Reply, type Request } from "./http/message.ts";

export interface HandlerOptions {
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
  /** Memory for what it encodes, in bytes, for this handler alone. @default 64 MiB */
  readonly encodedLimitBytes?: number;
  /** Wall clock, in ms since the epoch. */
  readonly now: () => number;
  /** Told why a request got a 500 or 503; the peer is told nothing. */
  readonly onError: (error: Error) => void;
  /** Told what decided a reply, for `heddle explain`: only where a plan has to be made, which is never on the way of hot replies. */
  readonly onStep?: ((step: string, what: string) => void) | undefined;
}

const QUESTION_MARK = 0x3f;

const ALLOW = "Allow: GET, HEAD, OPTIONS\r\n";
const OPTIONS_REPLY: Reply = { status: 204, fields: ALLOW, content: undefined };
const NOT_ALLOWED_REPLY: Reply = errorReplyWith(405, ALLOW);

/** Methods that everybody knows and files do not have (RFC 9110 §9.3, RFC 5789); further ones are 501 (§9.1). */
const OTHER_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE"]);

const DEFAULT_ERROR_PAGES: Readonly<Record<string, string>> = { 404: "/404.html" };

/**
 * `close()` lets go of memory and open files; replies that are being sent keep theirs to the end.
 * @throws {TypeError} for what the features of the site cannot use
 */
export function createHandler(options: HandlerOptions): Handler & { close(): void } {
  const { site, openerFor = createOpener, revalidateMs, now, onError, onStep } = options;
  const cors = site.cors ? createCors(site.cors === true ? { origins: "*" } : site.cors) : undefined;
  const policyOf = createPolicies(site, DEFAULT_POLICY, cors?.fields ?? "", hasFingerprint);
  const sitePolicy = policyOf("");
  const routes = createRoutes(site.redirects ?? [], site.rewrites ?? []);
  const cache = new PlanCache(options.cacheLimitBytes, options.openFileLimitCount);
  const { encoder, encodedLimitBytes = ENCODED_LIMIT_BYTES } = options;
  const encodings = encoder && (site.compress ?? true) ? new Encodings(encoder, encodedLimitBytes, now) : undefined;
  const errorPages = new ErrorPages(pagesOf(site.errorPages ?? DEFAULT_ERROR_PAGES));
  const { cleanUrls: hasCleanUrls = false, trailingSlash = "folders", listing: hasListing } = site;
  const lister = new Lister();
  const contentTags = site.etag === "content" ? new ContentTags() : undefined;
  const shared = {
    cache,
    encodings,
    revalidateMs,
    now,
    onError,
    policyOf,
    contentTags,
    hasListing,
    hasCleanUrls,
    trailingSlash,
  };
  const planner = new Planner({ ...shared, opener: openerOf(site.root), errorPages });
  // The longest first, so that the first that fits is the one that is meant.
  const mounts = Object.entries(site.mounts ?? {})
    .sort(([a], [b]) => b.length - a.length)
    .map(([prefix, root]) => ({ prefix, planner: new Planner({ ...shared, opener: openerOf(root), prefix }) }));
  const guard = createGuard(
    site,
    cors,
    { error: (status, fields) => completed(errorReplyWith(status, fields), sitePolicy), maintenance },
    (request) => canonical(pathOf(request.target)) ?? "",
  );
  const fallback = site.fallback === undefined ? undefined : resolvedPage(site.fallback);

  function openerOf(root: string): Opener {
    const keepMs = (site.keepPreviousSeconds ?? 0) * 1000;
    const opener = openerFor(root);
    return keepMs === 0 ? opener : keepPreviousRelease(root, opener, openerFor, keepMs, hasFingerprint, now);
  }

  function handle(request: Request, peer: Peer): Reply | Promise<Reply> {
    try {
      // 1. guard
      const stopped = guard?.(request, peer);
      if (stopped !== undefined) onStep?.("guard", "addresses, maintenance, preflight or password decide");
      if (stopped === undefined) return withCors(pass(request), request);
      if (!(stopped instanceof Promise)) return stopped;
      // Not awaited before: the bytes of the request are only lent until `handle` returns.
      const kept = request.retain();
      return stopped.then((reply) => reply ?? withCors(pass(kept), kept)).catch(fail);
    } catch (cause) {
      return fail(cause);
    }
  }

  function pass(request: Request): Reply | Promise<Reply> {
    // 2. method
    if (request.method !== "GET" && request.method !== "HEAD")
      return completed(replyToMethod(request.method), sitePolicy);
    // 3. find
    const { memory, targetStart, targetEnd } = request;
    const pathEnd = endOfPath(memory, targetStart, targetEnd);
    const hash = pathEnd === targetEnd ? request.targetHash : hashTarget(memory, targetStart, pathEnd);
    const plan = cache.find(memory, targetStart, pathEnd, hash);
    const nowMs = now();
    // 4. look
    if (plan === undefined || !planner.isCurrent(plan, nowMs)) return look(request, pathEnd).catch(fail);
    // 5. answer
    if (plan.kind === "refusal" && fallback !== undefined) return answerMissing(plan, request.retain()).catch(fail);
    if (plan.kind === "listing") return lister.reply(plan, request.retain(), nowMs).catch(fail);
    return answer(plan, request, nowMs);
  }

  async function look(request: Request, pathEnd: number): Promise<Reply> {
    const path = request.memory.toString("latin1", request.targetStart, pathEnd);
    const kept = request.retain();
    const url = canonical(path);
    onStep?.("path", url ?? `${path} (nothing can be there)`);
    if (url === undefined) return completed(await refusalOf(path), sitePolicy);
    const redirect = routes.redirect(url, false);
    if (redirect !== undefined) return answer(keepRedirect(url, redirect), kept, now());
    const rewritten = routes.rewrite(url, false);
    if (rewritten !== undefined) onStep?.("rewrite", rewritten);
    return lookFor(url, rewritten ?? url, kept, false);
  }

  /**
   * @param asked the path that was asked for, as it is written canonically
   * @param url the path that answers it
   * @param isLast whether rules for what is missing were asked already
   */
  async function lookFor(asked: string, url: string, request: Request, isLast: boolean): Promise<Reply> {
    const [found, resolved] = mountOf(url);
    if (resolved === undefined) return completed(await planner.notFound(), policyOf(url));
    let missing: RefusalPlan | undefined;
    const reply = await found.use(resolved, (plan): Reply | Promise<Reply> | undefined => {
      // The planner keeps it under its own path; a rewrite leads there from another.
      if (asked !== url) cache.keep(Buffer.from(asked, "latin1"), plan);
      if (onStep !== undefined) describe(plan, onStep);
      if (plan.kind === "refusal") missing = plan;
      if (plan.kind === "listing") return lister.reply(plan, request, now());
      return plan.kind === "refusal" ? undefined : answer(plan, request, now());
    });
    if (reply !== undefined) return reply;
    if (missing!.status === 404 && !isLast) {
      const redirect = routes.redirect(url, true);
      if (redirect !== undefined) return answer(keepRedirect(asked, redirect), request, now());
      const rewrite = routes.rewrite(url, true);
      if (rewrite !== undefined) {
        onStep?.("rewrite", `${rewrite} (only for what is missing)`);
        return lookFor(asked, rewrite, request, true);
      }
    }
    return answerMissing(missing!, request);
  }

  /** A navigation to what is not there gets the page of the application, which knows what it is about. */
  async function answerMissing(plan: RefusalPlan, request: Request): Promise<Reply> {
    const isPage = fallback !== undefined && plan.status === 404 && isNavigation(request);
    if (!isPage) return answer(plan, request, now());
    onStep?.("fallback", `${site.fallback} (a navigation)`);
    return usePage(fallback, (page) => answer(page.kind === "file" ? page : plan, request, now()));
  }

  /** A page that the site names by its file may have a clean path. */
  async function usePage<T>(path: ResolvedPath, use: (plan: Plan) => T): Promise<T> {
    const clean = await planner.use(path, (plan) =>
      plan.kind === "redirect" ? resolvedPage(plan.location) : undefined,
    );
    return planner.use(clean ?? path, use);
  }

  function keepRedirect(url: string, { status, location }: Redirect): RedirectPlan {
    onStep?.("redirect", `${status} to ${location}`);
    const plan = planRedirect(location, now(), policyOf(url), status);
    cache.keep(Buffer.from(url, "latin1"), plan);
    return plan;
  }

  function mountOf(url: string): [Planner, ResolvedPath | undefined] {
    const mount = mounts.find(({ prefix }) => url === prefix || url.startsWith(`${prefix}/`));
    onStep?.("folder", mount === undefined ? site.root : `${site.mounts?.[mount.prefix]} (mounted at ${mount.prefix})`);
    if (mount === undefined) return [planner, resolvedPage(url)];
    return [mount.planner, resolvedPage(url.slice(mount.prefix.length) || "/")];
  }

  /** What is hidden is answered as what is missing. */
  async function refusalOf(path: string): Promise<Reply> {
    const resolved = resolvePath(path);
    const status = resolved.kind === "refused" ? resolved.status : 404;
    return status === 404 ? planner.notFound() : errorReply(status);
  }

  function maintenance(fields: string): Reply | Promise<Reply> {
    const page = typeof site.maintenance === "object" ? site.maintenance.page : undefined;
    const own = completed(errorReplyWith(503, fields), sitePolicy);
    if (page === undefined) return own;
    return usePage(resolvedPage(page)!, (plan) => {
      if (plan.kind !== "file" || !Buffer.isBuffer(plan.source)) return own;
      const { content } = plan.whole;
      return {
        status: 503,
        fields: `Content-Type: ${plan.mediaType}\r\nCache-Control: no-store\r\n${fields}`,
        content,
      };
    });
  }

  /** Replies that only some origins may read say so for the origin that asks. */
  function withCors(reply: Reply | Promise<Reply>, request: Request): Reply | Promise<Reply> {
    if (cors?.fieldsFor === undefined) return reply;
    const fields = cors.fieldsFor(request);
    if (fields === "") return reply;
    return reply instanceof Promise ? reply.then((late) => withFields(late, fields)) : withFields(reply, fields);
  }

  /** A mistake of ours; the peer learns no more than that there was one. */
  function fail(cause: unknown): Reply {
    onError(new Error("a request could not be answered", { cause }));
    return errorReply(500);
  }

  return {
    handle,
    refuse: (rejection) => completed(errorReply(rejection.status), sitePolicy),
    close: () => {
      lister.close();
      cache.close();
    },
  };
}

function replyToMethod(method: string): Reply {
  // RFC 9110 §9.3.7: about the server as a whole ("*") it has no more to say than about one file.
  if (method === "OPTIONS") return OPTIONS_REPLY;
  return OTHER_METHODS.has(method) ? NOT_ALLOWED_REPLY : errorReply(501);
}

function describe(plan: Plan, onStep: (step: string, what: string) => void): void {
  if (plan.kind === "listing") return onStep("listing", `of ${plan.path === "" ? "the root" : plan.path}`);
  if (plan.kind === "redirect") return onStep("redirect", `${plan.status} to ${plan.location}`);
  if (plan.kind === "refusal") return onStep("file", plan.status === 404 ? "none" : `cannot be served: ${plan.status}`);
  const codings = plan.coded.map(({ coding, sizeBytes }) => `${coding} (${sizeBytes} bytes)`);
  onStep("file", `${plan.path} (${plan.sizeBytes} bytes, ${plan.mediaType})`);
  if (plan.isNegotiated) onStep("codings", ["identity", ...codings].join(", "));
  onStep("caching", plan.policy.cacheControl);
}

function withFields({ status, fields, content }: Reply, more: string): Reply {
  return { status, fields: fields + more, content };
}

function endOfPath(memory: Buffer, start: number, end: number): number {
  let offset = start;
  while (offset < end && memory[offset] !== QUESTION_MARK) offset++;
  return offset;
}

function pathOf(target: string): string {
  const end = target.indexOf("?");
  return end < 0 ? target : target.slice(0, end);
}

/** The one way to write this path; undefined for one that nothing can be at. */
function canonical(path: string): string | undefined {
  const resolved = resolvePath(path);
  return resolved.kind === "path" ? writePath(resolved.path, resolved.isFolder) : undefined;
}

function resolvedPage(url: string): ResolvedPath | undefined {
  const resolved = resolvePath(pathOf(url));
  return resolved.kind === "path" ? resolved : undefined;
}

function pagesOf(errorPages: Readonly<Record<string, string>>): Map<number, ResolvedPath> {
  const pages = new Map<number, ResolvedPath>();
  for (const [status, url] of Object.entries(errorPages)) {
    const resolved = resolvedPage(url);
    if (resolved !== undefined) pages.set(Number(status), resolved);
  }
  return pages;
}
