// Where a site sends requests: away (redirects), or to another of its own paths (rewrites). Both are decided by the
// path alone, so they are part of its plan.
import { fillTarget, pathPattern } from "./pattern.ts";
import type { RedirectRule, RewriteRule } from "./site-options.ts";

export interface Redirect {
  readonly status: number;
  /** Path or address, without the query of the request. */
  readonly location: string;
  /** The pattern of the rule that decided. */
  readonly from: string;
}

/** Redirects that lead nowhere are found by the browser; rewrites by us: one is enough for every site. */
export interface Routes {
  /** @param isMissing whether no file was found: rules that are only for that are asked then, the others before */
  redirect(path: string, isMissing: boolean): Redirect | undefined;
  /** The path to look for instead. */
  rewrite(path: string, isMissing: boolean): string | undefined;
}

const DEFAULT_STATUS = 308;

/** @throws {TypeError} for a pattern that is none, and for a target that is neither a path nor an address */
export function createRoutes(redirects: readonly RedirectRule[], rewrites: readonly RewriteRule[]): Routes {
  const redirectTo = firstMatch(redirects);
  const rewriteTo = firstMatch(rewrites);
  for (const { to } of redirects) {
    if (!to.startsWith("/") && !/^https?:\/\//i.test(to)) throw new TypeError(`neither a path nor an address: ${to}`);
  }
  for (const { to } of rewrites) if (!to.startsWith("/")) throw new TypeError(`a path begins with a slash: ${to}`);
  return {
    redirect(path, isMissing) {
      const found = redirectTo(path, isMissing);
      // A rule that matches its own target would send the browser round in circles.
      if (found === undefined || found.target === path) return undefined;
      return { status: found.rule.status ?? DEFAULT_STATUS, location: found.target, from: found.rule.from };
    },
    rewrite(path, isMissing) {
      const found = rewriteTo(path, isMissing);
      return found === undefined || found.target === path ? undefined : found.target;
    },
  };
}

interface Rule {
  readonly from: string;
  readonly to: string;
  readonly onlyMissing?: boolean;
}

function firstMatch<R extends Rule>(
  rules: readonly R[],
): (path: string, isMissing: boolean) => { rule: R; target: string } | undefined {
  const compiled = rules.map((rule) => ({ rule, pattern: pathPattern(rule.from) }));
  return (path, isMissing) => {
    for (const { rule, pattern } of compiled) {
      if ((rule.onlyMissing ?? false) !== isMissing) continue;
      const groups = pattern.match(path);
      if (groups !== undefined) return { rule, target: visible(fillTarget(rule.to, groups)) };
    }
    return undefined;
  };
}

/** What a field line and a path can carry: RFC 3986 §2. */
function visible(target: string): string {
  return target.replace(/[^!-~]|["<>\\^`{|}]/g, encodeURIComponent);
}
