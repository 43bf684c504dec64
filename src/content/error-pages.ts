// The pages that a site has for its errors, by status: files of its root, for all of its folders. Many targets share
// one, so each is kept in a place of its own, where it may change under those that point to it.
import type { Reply } from "../http/message.ts";
import { errorReply } from "./error-page.ts";
import { type FilePlan, type Plan, pageReply } from "./plan.ts";
import type { ResolvedPath } from "./resolve.ts";

/** Gives `use` the plan for a path of the root: `Planner.use`. */
type UsePlan = (path: ResolvedPath, use: (plan: Plan) => void) => Promise<void>;

interface Page {
  reply: Reply;
  plan: Plan | undefined;
}

export class ErrorPages {
  readonly #paths: ReadonlyMap<number, ResolvedPath>;
  readonly #use: UsePlan;
  readonly #pages = new Map<number, Page>();

  constructor(paths: ReadonlyMap<number, ResolvedPath>, use: UsePlan) {
    this.#paths = paths;
    this.#use = use;
  }

  /** Whether the site has named a page for a status. */
  isFor(status: number): boolean {
    return this.#paths.has(status);
  }

  /** Whether a file of the root is a page: one that is missing itself must not be looked for again. */
  has(path: string): boolean {
    return [...this.#paths.values()].some((page) => page.path === path);
  }

  /** Where the page of a status is, looked at now: the site's own if that is a file that fits into memory. */
  async look(status: number): Promise<{ readonly reply: Reply }> {
    const page = this.#page(status);
    const path = this.#paths.get(status);
    if (path === undefined) return page;
    await this.#use(path, (plan) => {
      if (plan === page.plan) return;
      page.plan = plan;
      page.reply = isPage(plan) ? pageReply(status, plan) : errorReply(status);
    });
    return page;
  }

  #page(status: number): Page {
    let page = this.#pages.get(status);
    if (page === undefined) {
      page = { reply: errorReply(status), plan: undefined };
      this.#pages.set(status, page);
    }
    return page;
  }
}

function isPage(plan: Plan): plan is FilePlan {
  return plan.kind === "file" && Buffer.isBuffer(plan.source);
}
