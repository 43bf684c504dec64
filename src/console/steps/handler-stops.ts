// The handler of the sites, stopped inside: it is one function, and tells on its way what it has decided. Where it says that
// a plan is looked for, the guard is done, and where it says what the plan is, the answer is next.
import type { Plan } from "../../content/plans/plan.ts";
import type { Handler, Peer, Reply } from "../../http/message.ts";
import type { RequestHead } from "../../http/request-head.ts";
import { PLANS } from "./in-words.ts";
import type { Narrator } from "./narrator.ts";
import type { Step } from "./step.ts";

/** Who asks, as the guard sees it: whoever can connect is on this machine. */
const PEER: Peer = { address: "127.0.0.1", scheme: "http", certificate: undefined };

export class HandlerStops {
  readonly #narrator: Narrator;
  /** What the handler has told since the last step. */
  #words: (readonly [string, string])[] = [];
  /** The step that the handler is in. */
  #at: "guard" | "plan" | "answer" = "answer";

  constructor(narrator: Narrator) {
    this.#narrator = narrator;
  }

  /** @returns the reply, and what has decided it last; the learner has let the answer happen */
  async ask(handler: Handler, head: RequestHead): Promise<{ readonly reply: Reply; readonly words: Step["words"] }> {
    this.#narrator.pass("guard");
    this.#at = "guard";
    this.#words = [];
    const reply = await handler.handle(head, PEER);
    // What has stopped the request, or sent it on, has not said that there is more to come.
    if (this.#at === "guard") this.#endGuard("The request is answered before anything is looked up.", "answer");
    this.#endPlan("A rule decides, and no file is looked for.");
    return { reply, words: this.#takeWords() };
  }

  // What the handler tells.

  say(step: string, what: string): void {
    this.#words.push([step, what]);
  }

  /** The guard has let the request pass, and so has the method: only now is a plan looked for. */
  found(how: "hot" | "looked" | "cold"): void {
    this.#endGuard("Nothing keeps this client from asking, and the method is one that files have.", "plan");
    if (how === "hot") this.#endPlan("The plan of this path is in memory, and fresh: nothing is looked up.");
  }

  planned({ kind }: Plan): void {
    this.#endPlan(PLANS[kind]);
  }

  #endGuard(outcome: string, next: "plan" | "answer"): void {
    if (this.#at === "guard") this.#end("guard", outcome, next);
  }

  #endPlan(outcome: string): void {
    if (this.#at === "plan") this.#end("plan", outcome, "answer");
  }

  #end(name: "guard" | "plan", outcome: string, next: "plan" | "answer"): void {
    this.#narrator.step(name, { outcome, words: this.#takeWords() });
    this.#narrator.pass(next);
    this.#at = next;
  }

  #takeWords(): Step["words"] {
    const words = this.#words;
    this.#words = [];
    return words;
  }
}
