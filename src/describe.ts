// What decided a reply, in words, for `heddle explain`: of a path and of the plan that it has. It is only asked where a
// plan is made, which is never on the way of hot replies; nothing here decides anything.
import { errorReply } from "./content/error-page.ts";
import { hasFingerprint } from "./content/fingerprint.ts";
import type { FilePlan, Plan, RefusalPlan } from "./content/plan.ts";
import { canonicalPath, PATH_REFUSALS, resolvePath, writePath } from "./content/resolve.ts";
import { type HeaderRule, rulesFor } from "./features/header-rules.ts";
import { pathPattern } from "./features/pattern.ts";
import { isConfigFile, isSiteFile } from "./features/site-files.ts";
import type { SiteOptions } from "./features/site-options.ts";

export type OnStep = (step: string, what: string) => void;

/** The path as it is looked for, or why it is not. @param path as it was sent, without the query */
export function describePath(path: string): string {
  const resolved = resolvePath(path);
  if (resolved.kind === "path") return canonicalPath(path)!;
  const [status, why] = PATH_REFUSALS[resolved.code];
  return `${path} (${status === 404 ? "hidden" : "refused"}: ${why[0]!.toLowerCase()}${why.slice(1, -1)})`;
}

/** @param url the path that is asked for, or that was missing */
export function describeRewrite(
  url: string,
  target: string,
  { rewrites = [] }: SiteOptions,
  isMissing: boolean,
): string {
  const rule = rewrites.find(
    ({ from, onlyMissing = false }) => onlyMissing === isMissing && pathPattern(from).match(url) !== undefined,
  );
  return `${target} (from ${rule?.from}${isMissing ? ", only for what is missing" : ""})`;
}

/** Of a missing path, in a site that has a page for these. */
export function describeFallback({ fallback }: SiteOptions, isNavigation: boolean): string {
  if (isNavigation) return `${fallback} (a navigation)`;
  return `not ${fallback}, which navigations get: with Sec-Fetch-Mode: navigate, or text/html in Accept`;
}

/** Which page says that there is no file. */
export function describeErrorPage({ status, page }: RefusalPlan): string {
  return page.reply === errorReply(status) ? "the server's own" : `the site's own for ${status} (errorPages)`;
}

/**
 * @param url the path that is answered, as it is written canonically
 * @param prefix where the folder is mounted that the plan is of
 */
export function describePlan(plan: Plan, url: string, prefix: string, site: SiteOptions, onStep: OnStep): void {
  const file = plan.kind === "file" ? [prefix + writePath(plan.path, false)] : [];
  const rules = rulesFor(site.headers ?? [], url, ...file);
  if (site.securityHeaders) onStep("fields", "the protective ones (securityHeaders)");
  if (site.cors) onStep("fields", "those that let other origins read it (cors)");
  for (const rule of rules) onStep("fields", `${Object.keys(rule.set).join(", ")} (for ${rule.for})`);
  switch (plan.kind) {
    case "listing":
      return onStep("listing", `of ${plan.path === "" ? "the root" : plan.path}`);
    case "redirect":
      return onStep("redirect", `${plan.status} to ${plan.location}`);
    case "refusal":
      return onStep("file", plan.status === 404 ? `none${whyNone(url, site)}` : `cannot be served: ${plan.status}`);
    case "file":
      return describeFile(plan, rules, url, onStep);
    default:
      plan satisfies never;
  }
}

/** As far as the path tells. */
function whyNone(url: string, { listing = false, siteFiles = "none" }: SiteOptions): string {
  if (isConfigFile(url.slice(1))) return ": it configures the server, and is hidden";
  if (siteFiles !== "none" && isSiteFile(url.slice(1))) return ": it configures the site, and is hidden (siteFiles)";
  if (!url.endsWith("/")) return "";
  return listing ? ": there is no such folder" : ": no index.html is here, and folders are not listed (listing)";
}

function describeFile(plan: FilePlan, rules: readonly HeaderRule[], url: string, onStep: OnStep): void {
  onStep("file", `${plan.path} (${plan.sizeBytes} bytes, ${plan.mediaType})`);
  if (plan.isNegotiated) {
    const codings = plan.coded.map(({ coding, sizeBytes }) => `${coding} (${sizeBytes} bytes)`);
    onStep("codings", ["identity", ...codings].join(", "));
    for (const { path, stat } of plan.surroundings.sidecars) {
      if (stat.mtimeNs < plan.stat.mtimeNs) onStep("codings", `not ${path}: it is older than ${plan.path}`);
    }
  }
  const { cacheControl } = plan.policy;
  const isSet = rules.some(({ set }) => Object.keys(set).some((name) => name.toLowerCase() === "cache-control"));
  const isImmutable = cacheControl.includes("immutable") && hasFingerprint(url.slice(1));
  onStep("caching", isSet ? "by a header rule" : `${cacheControl}${isImmutable ? " (by its name)" : ""}`);
}
