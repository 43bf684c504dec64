// The decisions of the handler in the words of `heddle explain`, and a stop where the plan of a path is known.
import type { Plan } from "../../content/plans/plan.ts";
import { StepsInWords } from "../../explain/describe.ts";
import type { ResolvedHostSite, ResolvedSite } from "../../options/resolved-options.ts";
import type { PlannedPlace } from "../../site/steps.ts";
import type { HandlerStops } from "./handler-stops.ts";

export class StoppedSteps extends StepsInWords {
  readonly #stops: HandlerStops;

  constructor(site: ResolvedSite, sites: readonly Pick<ResolvedHostSite, "host" | "site">[], stops: HandlerStops) {
    super(site, sites, (step, what) => stops.say(step, what));
    this.#stops = stops;
  }

  override planned(plan: Plan, place: PlannedPlace): void {
    super.planned(plan, place);
    this.#stops.planned(plan);
  }
}
