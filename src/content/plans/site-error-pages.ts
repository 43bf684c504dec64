// The pages that a site has for its errors, by status: files of its root, for all of its folders. Many targets share
// one page, so each page has a cell of its own, whose reply may change under the plans that point to it.
import type { Reply } from "../../http/message.ts";
import { errorReply } from "../error-page.ts";
import type { ResolvedPath } from "../resolve.ts";
import type { Task } from "../task.ts";
import type { FilePlan, Plan, RefusalPlan } from "./plan.ts";
import type { ErrorPageFinder, Planner } from "./planner.ts";
import { pageFields } from "./representation.ts";

interface Page {
  reply: Reply;
  /** What `reply` was made from. */
  plan: Plan | undefined;
}

export class SiteErrorPages implements ErrorPageFinder {
  readonly #paths: ReadonlyMap<number, ResolvedPath>;
  readonly #planner: Planner;
  readonly #pages = new Map<number, Page>();

  /** @param planner of the root, without error pages: a page that is missing itself must not be planned again */
  constructor(paths: ReadonlyMap<number, ResolvedPath>, planner: Planner) {
    this.#paths = paths;
    this.#planner = planner;
  }

  /** Whether the site names a page for a status. */
  isFor(status: number): boolean {
    return this.#paths.has(status);
  }

  /** The page of a status, as it is now: the site's own if that is a file that fits into memory. */
  *find(status: number): Task<RefusalPlan["page"]> {
    const page = this.#pageOf(status);
    const path = this.#paths.get(status);
    if (path === undefined) return page;
    using held = yield* this.#planner.task(path);
    const { plan } = held;
    if (plan !== page.plan) {
      page.plan = plan;
      page.reply = isPage(plan) ? replyOf(status, plan) : errorReply(status);
    }
    return page;
  }

  #pageOf(status: number): Page {
    let page = this.#pages.get(status);
    if (page === undefined) {
      page = { reply: errorReply(status), plan: undefined };
      this.#pages.set(status, page);
    }
    return page;
  }
}

/** The page as it is for every path: without validators, and with a written head of its own. */
export function replyOf(status: number, page: FilePlan): Reply {
  return { status, fields: pageFields(page), content: page.whole.content };
}

/** Whether a page is one that every peer can be given, from memory. */
export function isPage(plan: Plan): plan is FilePlan {
  return plan.kind === "file" && plan.coding === "identity" && Buffer.isBuffer(plan.source);
}
