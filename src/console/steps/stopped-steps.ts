// The decisions of the handler in the words of `heddle explain`, and a stop where the plan of a path is known.
import type { Plan } from "../../content/plans/plan.ts";
import { StepsInWords } from "../../explain/describe.ts";
import type { ResolvedHostSite, ResolvedSite } from "../../options/resolved-options.ts";
import type { PlannedPlace } from "../../site/steps.ts";
import type { Lesson } from "./lesson.ts";

export class StoppedSteps extends StepsInWords {
  readonly #lesson: Lesson;

  constructor(site: ResolvedSite, sites: readonly Pick<ResolvedHostSite, "host" | "site">[], lesson: Lesson) {
    super(site, sites, (step, what) => lesson.say(step, what));
    this.#lesson = lesson;
  }

  override planned(plan: Plan, place: PlannedPlace): void {
    super.planned(plan, place);
    this.#lesson.planned(plan);
  }
}
