// A plan that stays usable until the end of the block that holds it, although the cache may drop it meanwhile:
// `using held = await planner.take(path)`.
import type { OpenFile } from "../../http/message.ts";
import { openFilesOf, type Plan } from "./plan.ts";

export class HeldPlan implements Disposable {
  readonly plan: Plan;
  /** The path in the site that the plan is of. */
  readonly url: string;
  readonly #files: readonly OpenFile[];

  constructor(plan: Plan, url: string) {
    this.plan = plan;
    this.url = url;
    this.#files = openFilesOf(plan);
    for (const file of this.#files) file.retain();
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file.release();
  }
}
