// Where a site sends requests: to another address (redirects), or to another of its paths (rewrites). The path alone
// decides both, so they are part of its plan.

import { fillTarget } from "./patterns/pattern.ts";
import { PatternIndex } from "./patterns/rule-index.ts";

export interface RouteOptions {
  /** The first rule whose `from` matches answers, before any file is looked for. */
  readonly redirects?: readonly RedirectRule[];
  /** The first rule whose `from` matches decides which path is looked for. */
  readonly rewrites?: readonly RewriteRule[];
  /** Page that navigations to missing paths get, with 200: for single-page applications. */
  readonly fallback?: string;
}

/** Sends visitors of some paths to another address. */
export interface RedirectRule {
  /** Paths, as `URLPattern` writes them: "/blog/:year/*". */
  readonly from: string;
  /**
   * Path or address; `:name`, `*` and `:splat` stand for what matched: in "{:year}s", braces end the name. The query goes
   * along, except names that the query of the target has, too.
   */
  readonly to: string;
  /** 301 and 308 are for good, and browsers keep them; 302, 303 and 307 are for now. @default 308 */
  readonly status?: 301 | 302 | 303 | 307 | 308;
  /** Only where no file is found, as in Netlify's `_redirects`. @default false */
  readonly onlyMissing?: boolean;
}

/** Answers some paths with the file of another path. */
export interface RewriteRule {
  /** Paths, as in `from` of a redirect. */
  readonly from: string;
  /** Path that is answered in its place, without the visitor noticing. */
  readonly to: string;
  /** Only where no file is found, as in Netlify's `_redirects`. @default false */
  readonly onlyMissing?: boolean;
}

export interface ResolvedRoutes {
  readonly redirects: readonly ResolvedRedirect[];
  readonly rewrites: readonly ResolvedRewrite[];
  /** Undefined where navigations to missing paths get the error page. */
  readonly fallback: string | undefined;
}

/** A rule of a site: one that was given, or one of a file in its root. */
export interface SiteRedirectRule extends RedirectRule {
  /**
   * Paths that begin with this are led nowhere, nor by a later rule, as in Netlify's `_redirects`: "/* /en/:splat" would never
   * end.
   */
  readonly except?: string;
  /** Where `to` has a query, it takes the place of the visitor's, as in Cloudflare's `_redirects`. @default both go along */
  readonly query?: "replace";
}

export type ResolvedRedirect = Required<RedirectRule> & SiteRedirectRule;
/** A rewrite of a site, likewise. */
export interface SiteRewriteRule extends RewriteRule {
  /** Whether the fallback page may answer a path of the rule, where the target is missing. @default true */
  readonly hasFallback?: boolean;
}

export type ResolvedRewrite = Required<RewriteRule> & SiteRewriteRule;

export interface Redirect {
  readonly status: number;
  /** Path or address, without the query of the request. */
  readonly location: string;
  /** Whether the query of the request goes along. */
  readonly takesQuery: boolean;
  /** The pattern of the rule that decided. */
  readonly from: string;
}

export interface Rewrite {
  /** The path to look for instead. */
  readonly to: string;
  /** The pattern of the rule that decided. */
  readonly from: string;
  readonly onlyMissing: boolean;
}

/**
 * A browser notices redirects that go round in a circle. A circle of rewrites would be ours: one is enough for every
 * site.
 */
export class Routes {
  readonly #redirects: PhasedRules<ResolvedRedirect>;
  readonly #rewrites: PhasedRules<ResolvedRewrite>;
  readonly #hasExceptions: boolean;
  readonly #canonical: (path: string) => string;

  /**
   * @param canonical the one way to write a path to which a rewrite leads
   * @throws {TypeError} for a pattern that is malformed, and for a target that is neither a path nor an address
   */
  constructor(
    { redirects, rewrites }: Pick<ResolvedRoutes, "redirects" | "rewrites">,
    canonical: (path: string) => string,
  ) {
    this.#redirects = new PhasedRules(redirects);
    this.#rewrites = new PhasedRules(rewrites);
    this.#hasExceptions = redirects.some(({ except }) => except !== undefined);
    this.#canonical = canonical;
    for (const { to } of redirects) {
      if (!to.startsWith("/") && !/^https?:\/\//i.test(to)) throw new TypeError(`neither a path nor an address: ${to}`);
    }
    for (const { to } of rewrites) if (!to.startsWith("/")) throw new TypeError(`a path begins with a slash: ${to}`);
  }

  /** @param isMissing whether no file was found: then the rules with `onlyMissing` are asked, otherwise all others */
  redirect(path: string, isMissing: boolean): Redirect | undefined {
    const found = this.#redirects.first(path, isMissing);
    // A rule that matches its own target would send the browser round in circles.
    if (found === undefined || this.#canonical(found.target) === path) return undefined;
    const { rule, target } = found;
    if (isExcepted(rule, path)) return undefined;
    const takesQuery = rule.query !== "replace" || !/^[^#]*\?/.test(target);
    return { status: rule.status, location: target, takesQuery, from: rule.from };
  }

  rewrite(path: string, isMissing: boolean): Rewrite | undefined {
    const found = this.#rewrites.first(path, isMissing);
    if (found === undefined || found.target === path || this.#isExcepted(path, isMissing)) return undefined;
    return { to: this.#canonical(found.target), from: found.rule.from, onlyMissing: isMissing };
  }

  /** Whether the fallback page may answer a path that is missing: a rule may be the last that is asked about it. */
  hasFallback(path: string): boolean {
    if (this.#isExcepted(path, false) || this.#isExcepted(path, true)) return false;
    const rules = [this.#rewrites.first(path, false), this.#rewrites.first(path, true)];
    return rules.every((found) => found?.rule.hasFallback !== false);
  }

  /** Whether the rule for a path is a redirect that leaves it where it is. */
  #isExcepted(path: string, isMissing: boolean): boolean {
    if (!this.#hasExceptions) return false;
    const found = this.#redirects.first(path, isMissing);
    return found !== undefined && isExcepted(found.rule, path);
  }

  /** Whether a rule leads away from a path. */
  leads(path: string, isMissing: boolean): boolean {
    return this.redirect(path, isMissing) !== undefined || this.rewrite(path, isMissing) !== undefined;
  }
}

function isExcepted({ except }: SiteRedirectRule, path: string): boolean {
  return except !== undefined && path.startsWith(except);
}

/** Rules for every path, and rules for paths at which no file was found. */
class PhasedRules<R extends ResolvedRewrite> {
  /** Undefined for no rules: most sites have none, and every path that is planned is asked about. */
  readonly #always: PatternIndex<{ rule: R; to: string }> | undefined;
  readonly #missing: PatternIndex<{ rule: R; to: string }> | undefined;

  constructor(rules: readonly R[]) {
    this.#always = indexOf(rules.filter(({ onlyMissing }) => !onlyMissing));
    this.#missing = indexOf(rules.filter(({ onlyMissing }) => onlyMissing));
  }

  first(path: string, isMissing: boolean): { rule: R; target: string } | undefined {
    const found = (isMissing ? this.#missing : this.#always)?.first(path);
    if (found === undefined) return undefined;
    const { rule, to } = found.rule;
    return { rule, target: visible(fillTarget(to, found.groups)) };
  }
}

function indexOf<R extends ResolvedRewrite>(rules: readonly R[]): PatternIndex<{ rule: R; to: string }> | undefined {
  if (rules.length === 0) return undefined;
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
