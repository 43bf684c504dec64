// Whether each option has an effect. An option without one is a warning and no error, because nothing is served wrongly.
import { placeName } from "./mistakes.ts";
import type { ResolvedOptions } from "./resolved-options.ts";

/** @returns a sentence for each option that does nothing without another */
export function optionsWithoutEffect({ site, sites }: Pick<ResolvedOptions, "site" | "sites">): string[] {
  return [{ above: [], site }, ...sites.map((one) => ({ above: ["sites", one.host], site: one.site }))]
    .filter((one) => one.site.zip && !one.site.listing)
    .map(({ above }) => `${placeName([...above, "zip"])} has no effect without listing`);
}
