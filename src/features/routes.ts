// Where a site sends requests: away (redirects), or to another of its own paths (rewrites). Both are decided by the
// path alone, so they are part of its plan.
import { fillTarget } from "./pattern.ts";
import { PatternIndex } from "./pattern-index.ts";
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
  const always = indexOf(rules.filter(({ onlyMissing = false }) => !onlyMissing));
  const missing = indexOf(rules.filter(({ onlyMissing = false }) => onlyMissing));
  return (path, isMissing) => {
    const found = (isMissing ? missing : always).first(path);
    if (found === undefined) return undefined;
    const { rule, to } = found.rule;
    return { rule, target: visible(fillTarget(to, found.groups)) };
  };
}

function indexOf<R extends Rule>(rules: readonly R[]): PatternIndex<{ rule: R; to: string }> {
  return new PatternIndex(
    rules.map((rule) => ({ rule, to: normalized(rule.to) })),
    ({ rule }) => rule.from,
  );
}

/** RFC 3986 §6.2.2: so that a rule that leads to its own path is known, however that is written. */
function normalized(target: string): string {
  return target.replace(/%[\da-f]{2}/gi, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : triplet.toUpperCase();
  });
}

/** What a field line and a path can carry: RFC 3986 §2. */
function visible(target: string): string {
  return target.replace(/[^!-~]|["<>\\^`{|}]/g, encodeURIComponent);
}
