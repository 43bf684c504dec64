// The option `markdown: "negotiate"`: a client that would like Markdown gets "page.md" for "page.html", with its own tag. What
// lies beside a page is looked for only when a client asks for it, so all pages of the site have `Vary: Accept`, also
// those without.
import { answer } from "../content/answer.ts";
import type { FilePlan, Plan } from "../content/plans/plan.ts";
import { canonicalPath } from "../content/resolve.ts";
import type { Task } from "../content/task.ts";
import { changedReply } from "../http/changed-reply.ts";
import type { Reply, Request } from "../http/message.ts";
import { prefersNamed } from "../http/negotiation.ts";
import { pathOf } from "../http/query.ts";
import type { Asking } from "./asking.ts";
import type { Site } from "./site.ts";
import type { MarkdownOutcome, Steps } from "./steps.ts";

/** A page for which Accept decides. */
export type NegotiatedPage = FilePlan & { readonly policy: { readonly markdown: string } };

export function isNegotiatedPage(plan: Plan): plan is NegotiatedPage {
  return plan.kind === "file" && plan.policy.markdown !== undefined;
}

/** Among equals the Markdown: only a client that can use it names it, and no browser does. */
export function wantsMarkdown(request: Pick<Request, "field">): boolean {
  const accept = request.field("accept");
  // Browsers are told apart by this alone.
  if (accept === undefined || !/text\/markdown/i.test(accept)) return false;
  return prefersNamed(accept, "text/markdown;charset=utf-8", "text/html;charset=utf-8");
}

export class Markdown {
  readonly #site: Site;
  readonly #now: () => number;
  readonly #steps: Steps | undefined;

  constructor(site: Site, now: () => number, steps: Steps | undefined) {
    this.#site = site;
    this.#now = now;
    this.#steps = steps;
  }

  /** Undefined where the page is to be sent. */
  *answer(page: NegotiatedPage, asking: Asking): Task<Reply | undefined> {
    if (!wantsMarkdown(asking.request)) return this.#say("not-preferred");
    const url = page.policy.markdown;
    if (!this.#mayHave(url, asking.request)) return this.#say("protected");
    const { mounts, routes } = this.#site;
    const { planner, path } = mounts.find(url);
    if (path === undefined || routes.leads(url, false)) return this.#say("missing");
    // With the fields that a rewrite to it would have.
    using found = yield* planner.task(path, url, canonicalPath(pathOf(asking.request.target)));
    const { plan } = found;
    // With clean URLs, "page.md" may be page.md.html.
    if (plan.kind !== "file" || plan.path !== path.path) return this.#say("missing");
    this.#steps?.markdown({ path: plan.path, sizeBytes: plan.sizeBytes });
    return negotiated(answer(plan, asking.request, this.#now()), url);
  }

  /** What needs a password must not be had under a path that needs none. */
  #mayHave(url: string, request: Request): boolean {
    return !this.#site.protection.protects(url) || this.#site.asksForPassword(pathOf(request.target));
  }

  #say(outcome: Extract<MarkdownOutcome, string>): undefined {
    this.#steps?.markdown(outcome);
  }
}

const VARY = /^Vary: [^\r]*/im;

/** RFC 9110 §12.5.5, §8.7: what decided, and where this alone is found. */
function negotiated(reply: Reply, url: string): Reply {
  const { fields, content } = reply;
  const varied = VARY.test(fields) ? fields.replace(VARY, "$&, Accept") : `${fields}Vary: Accept\r\n`;
  return changedReply(reply, `${varied}Content-Location: ${url}\r\n`, content);
}
