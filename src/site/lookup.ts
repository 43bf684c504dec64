// The cold way of a request, taken where no plan of its path can be used as it is. It reads downward:
//
//   1. redirect    by a rule for every path
//   2. rewrite     by a rule for every path: another path is looked for
//   3. folder      what the root, or the folder mounted there, has: a file, a listing, a redirect to the right slash
//   4. redirect    by a rule for missing paths
//   5. rewrite     by a rule for missing paths, once: what the folder has at the other path
//   6. fallback    the page of the application, for navigations
//   7. error page  the site's own, or the server's
//
// The plan that answers is kept under the path that was asked for, so the next request goes the hot way (handler.ts). But a
// file to which a rule for missing paths leads is not: a deployment may bring a file to the path itself.
import { answer } from "../content/answer.ts";
import { HeldPlan } from "../content/plans/held-plan.ts";
import { type FilePlan, type Plan, planRedirect, type RefusalPlan } from "../content/plans/plan.ts";
import { canonicalOrHiddenPath, canonicalPath, type ResolvedPath, resolvePath, writePath } from "../content/resolve.ts";
import { settled, type Task } from "../content/task.ts";
import { isNavigation } from "../features/navigation.ts";
import type { Redirect } from "../features/routes.ts";
import type { Reply, Request } from "../http/message.ts";
import { pathOf } from "../http/query.ts";
import { Alternates, isNegotiated, type NegotiatedPlan } from "./alternates.ts";
import type { Asking } from "./asking.ts";
import { Dictionaries } from "./dictionaries.ts";
import type { EarlyHinting } from "./early-hints.ts";
import { FolderListings } from "./folder-listings.ts";
import type { Site, SiteContext } from "./site.ts";
import type { FallbackOutcome, Steps } from "./steps.ts";

export class Lookup {
  readonly #site: Site;
  readonly #listings: FolderListings;
  readonly #dictionaries: Dictionaries;
  readonly #hinting: EarlyHinting | undefined;
  readonly #alternates: Alternates;
  readonly #now: () => number;
  readonly #steps: Steps | undefined;

  constructor(site: Site, { site: { cors }, now, onError, steps }: SiteContext, hinting: EarlyHinting | undefined) {
    this.#site = site;
    this.#hinting = hinting;
    this.#dictionaries = new Dictionaries(site, cors, now, steps);
    this.#alternates = new Alternates(site, now, steps);
    this.#listings = new FolderListings(site, now, onError);
    this.#now = now;
    this.#steps = steps;
  }

  /**
   * @param path as it was sent, without the query
   */
  *find(path: string, asking: Asking): Task<Reply> {
    const { routes } = this.#site;
    this.#steps?.path(path);
    const asked = canonicalOrHiddenPath(path);
    if (asked === undefined) return yield* this.#refuse(path);

    // 1. redirect
    const redirect = routes.redirect(asked, false);
    if (redirect !== undefined) return this.#redirect(asked, redirect, asking);

    // 2. rewrite
    const rewrite = routes.rewrite(asked, false);
    if (rewrite !== undefined) this.#steps?.rewritten(rewrite);

    // 3. folder
    const place = rewrite?.to ?? asked;
    using found = yield* this.#take(asked, place);
    if (found !== undefined && !isMissing(found.plan)) return yield* this.#answerFound(asked, found, asking);

    // 4. redirect for missing paths
    const missing = found?.url ?? place;
    const missingRedirect = routes.redirect(missing, true);
    if (missingRedirect !== undefined) return this.#redirect(asked, missingRedirect, asking);

    // 5. rewrite for missing paths
    const missingRewrite = routes.rewrite(missing, true);
    if (missingRewrite === undefined) {
      return yield* found === undefined ? this.#refuse(path) : this.#answerFound(asked, found, asking);
    }
    this.#steps?.rewritten(missingRewrite);
    using last = yield* this.#take(asked, missingRewrite.to);
    if (last === undefined) return yield* settled(this.#site.error(404, path));
    return yield* this.answer(last.plan, asking);
  }

  /** From a plan that may have to be waited for. */
  *answer(plan: Plan, asking: Asking): Task<Reply> {
    if (plan.kind === "listing") return yield* settled(this.#listings.reply(plan, asking.request.retain()));
    if (plan.kind === "refusal") return yield* this.#answerMissing(plan, asking);
    if (plan.kind === "redirect") return answer(plan, asking.request, this.#now());
    return yield* isNegotiated(plan) ? this.#answerNegotiated(plan, asking) : this.#answerFile(plan, asking);
  }

  /** With an alternate, or as it is. */
  *#answerNegotiated(plan: NegotiatedPlan, asking: Asking): Task<Reply> {
    // The cache may drop the file while its alternates are looked for.
    using _held = new HeldPlan(plan, "");
    return (yield* this.#alternates.answer(plan, asking)) ?? (yield* this.#answerFile(plan, asking));
  }

  *#answerFile(plan: FilePlan, asking: Asking): Task<Reply> {
    this.#hinting?.note(plan, asking.request);
    if (plan.policy.dictionary !== undefined) return yield* this.#dictionaries.answer(plan, asking);
    return answer(plan, asking.request, this.#now());
  }

  close(): void {
    this.#listings.close();
  }

  /** A path that no file can have, or one below a hidden folder: a hidden file is answered as a missing one. */
  #refuse(path: string): Task<Reply> {
    const resolved = resolvePath(path);
    const { status, code } = resolved.kind === "refused" ? resolved : { status: 404, code: undefined };
    return settled(this.#site.error(status, path, "", code));
  }

  /** The planner keeps the plan under its own path; a rewrite leads there from another. */
  #answerFound(asked: string, { url, plan }: HeldPlan, asking: Asking): Task<Reply> {
    if (asked !== url) this.#site.plans.keep(Buffer.from(asked, "latin1"), plan);
    return this.answer(plan, asking);
  }

  /** What a folder has for `asked` at `url`; undefined where no file can have that path, or it is hidden. */
  *#take(asked: string, url: string): Task<HeldPlan | undefined> {
    const { mounts } = this.#site;
    const { planner, path, folder, prefix } = mounts.find(url);
    if (path === undefined) return undefined;
    const held = yield* planner.task(path, url, asked === url ? undefined : asked);
    const { plan } = held;
    // "/index.html" for "/", or a folder without its slash: a visitor must not notice a rewrite.
    if (plan.kind === "redirect" && asked !== url && isSamePage(plan.location, url)) {
      held[Symbol.dispose]();
      return yield* this.#take(asked, plan.location);
    }
    this.#steps?.planned(plan, { asked, url, folder, prefix });
    return held;
  }

  *#answerMissing(plan: RefusalPlan, asking: Asking): Task<Reply> {
    // 6. fallback
    const page = this.#fallbackFor(plan, asking.request);
    if (page !== undefined) {
      const asked = canonicalPath(pathOf(asking.request.target));
      using found = yield* this.#site.mounts.takePage(page, asked);
      if (found.plan.kind === "file") {
        this.#hinting?.note(found.plan, asking.request);
        return answer(found.plan, asking.request, this.#now());
      }
      this.#steps?.fellBack("missing");
    }
    // 7. error page
    this.#steps?.refused(plan);
    return answer(plan, asking.request, this.#now());
  }

  /** A navigation to a missing path gets the page of the application, which knows what the path is about. */
  #fallbackFor({ status }: RefusalPlan, request: Request): ResolvedPath | undefined {
    const { fallback } = this.#site;
    if (fallback === undefined || status !== 404) return undefined;
    const outcome = this.#fallbackOutcome(fallback, request);
    this.#steps?.fellBack(outcome);
    return outcome === "used" ? fallback : undefined;
  }

  #fallbackOutcome(fallback: ResolvedPath, request: Request): FallbackOutcome {
    if (!isNavigation(request)) return "no-navigation";
    if (!this.#site.routes.hasFallback(canonicalPath(pathOf(request.target)) ?? "")) return "ruled-out";
    return this.#mayHave(fallback, request) ? "used" : "protected";
  }

  /** A page that needs a password must not be had under a path that needs none. */
  #mayHave({ path, isFolder }: ResolvedPath, request: Request): boolean {
    if (!this.#site.protection.protects(writePath(path, isFolder))) return true;
    return this.#site.asksForPassword(pathOf(request.target));
  }

  #redirect(asked: string, redirect: Redirect, { request }: Asking): Reply {
    this.#steps?.redirected(redirect);
    const { plans, policies } = this.#site;
    const nowMs = this.#now();
    const plan = planRedirect(redirect.location, nowMs, policies.of(asked), redirect.status, redirect.takesQuery);
    plans.keep(Buffer.from(asked, "latin1"), plan);
    return answer(plan, request, nowMs);
  }
}

function isMissing(plan: Plan): boolean {
  return plan.kind === "refusal" && plan.status === 404;
}

/** Whether two paths lead to one page, apart from the slash, the name of the index and the extension. */
function isSamePage(one: string, other: string): boolean {
  const bare = (url: string): string => url.replace(/(?:\/index)?(?:\.html)?$|\/$/, "");
  return bare(one) === bare(other);
}
