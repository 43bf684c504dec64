// Options that are short for header rules: they have a type, so a mistake is found when the server starts.
import type { SiteHeaderRule } from "./header-rules.ts";

/** What a browser deletes of all that it keeps of the site (W3C Clear Site Data, and Chromium's additions to it). */
export const SITE_DATA = [
  "cache",
  "cookies",
  "storage",
  "executionContexts",
  "clientHints",
  "prefetchCache",
  "prerenderCache",
  "*",
] as const;

/** Paths at which browsers delete what they keep of the site. */
export interface ClearSiteDataRule {
  /** Paths as visitors ask for them, as in `from` of a redirect: "/logout". */
  readonly for: string;
  /** What is deleted; "*" is everything. */
  readonly clear: readonly (typeof SITE_DATA)[number][];
}

export interface RuleOptions {
  readonly speculationRules: readonly string[];
  readonly clearSiteData: readonly ClearSiteDataRule[];
}

/** The rules of a site: those that options stand for, and behind them its own, which have the last word. */
export function allHeaderRules({
  speculationRules,
  clearSiteData,
  headers,
}: RuleOptions & { readonly headers: readonly SiteHeaderRule[] }): readonly SiteHeaderRule[] {
  return [...rulesOfSpeculation(speculationRules), ...clearSiteData.map(ruleOfClearing), ...headers];
}

/** HTML Standard, "Speculation-Rules": a list of strings, each the URL of a file that has this type and no other. */
function rulesOfSpeculation(files: readonly string[]): SiteHeaderRule[] {
  if (files.length === 0) return [];
  const list = files.map((file) => `"${file}"`).join(", ");
  const ofFiles = files.map((file) => ({ for: file, set: { "Content-Type": "application/speculationrules+json" } }));
  return [{ for: "/*.html", set: { "Speculation-Rules": list } }, ...ofFiles];
}

/** Not at another path from which a rewrite leads to the same file. */
function ruleOfClearing({ for: asked, clear }: ClearSiteDataRule): SiteHeaderRule {
  const list = clear.map((type) => `"${type}"`).join(", ");
  return { for: asked, set: { "Clear-Site-Data": list }, compares: "asked" };
}
