// Reads `_redirects` as Cloudflare's Pages and Workers do (https://developers.cloudflare.com/pages/configuration/redirects/):
// `source destination [code]`, 302 by default; the first line that matches applies, before any file. What is refused was
// tried with the parser of wrangler 4, in its order, since a refused line may still count as the first for its path.
import { type PathPattern, pathPattern } from "../../features/patterns/pattern.ts";
import type { SiteRedirectRule } from "../../features/routes.ts";
import { type CloudflarePath, cloudflarePath, cloudflareTarget } from "./cloudflare-paths.ts";
import {
  type ForeignOptions,
  type ForeignSite,
  isRedirectStatus,
  type Line,
  linesOf,
  Notes,
  RULE_LIMIT_COUNT,
  Unhonoured,
} from "./foreign.ts";
import { covers, hasHiddenName, meets, refuseLoop, type Segments, segmentsOf } from "./paths.ts";

interface Rule extends CloudflarePath {
  readonly line: Line;
  readonly matching: PathPattern;
  readonly segments: Segments;
  readonly to: string;
  readonly status: number;
}

/** Further rules with wildcards that Cloudflare allows. */
const DYNAMIC_LIMIT_COUNT = 100;

export function readCloudflareRedirects(text: string, file = "_redirects"): ForeignSite {
  const reading = new Reading(new Notes(file));
  for (const line of linesOf(text, reading.notes, RULE_LIMIT_COUNT + DYNAMIC_LIMIT_COUNT)) {
    reading.notes.attempt(line, () => reading.take(line));
  }
  return { site: reading.site(), notes: reading.notes.list };
}

class Reading {
  readonly notes: Notes;
  /** By path, the number of the first line for it. */
  readonly #lines = new Map<string, number>();
  /** The rules that are honoured, in their order. */
  readonly #rules: Rule[] = [];
  #fallback: string | undefined;

  constructor(notes: Notes) {
    this.notes = notes;
  }

  take(line: Line): void {
    const [from, target, statusWord] = wordsOf(line);
    if (/^https?:\/\/+[^/]/.test(from))
      throw new Unhonoured("rules for one host are not supported: a rule applies to the whole site");
    const path = cloudflarePath(from);
    const { to, template } = cloudflareTarget(target, path.groups);
    const status = statusOf(statusWord);
    if (isLoop(path.path, to)) return this.#takeLoop(line, path.path, to, status);
    this.#refuseTwice(path.path, line);
    if (path.hasMore) this.notes.add(line, "what follows ? or # in the path is ignored, as by Cloudflare");
    const matching = pathPattern(path.pattern);
    const rule = { ...path, line, matching, segments: segmentsOf(path.path), to: template, status };
    this.#refuseCovered(rule);
    if (status === 200) this.#checkRewrite(rule);
    else refuseLoop([rule.pattern], rule.to);
    this.#rules.push(rule);
  }

  site(): ForeignOptions {
    const redirects = this.#rules.flatMap((rule, index) => this.#redirectsOf(rule, index));
    const rewrites = this.#rules
      .filter(isRewrite)
      .map(({ pattern, to }) => ({ from: pattern, to: to.replace(/[?#].*$/, "") }));
    return {
      ...(redirects.length > 0 && { redirects }),
      ...(rewrites.length > 0 && { rewrites }),
      ...(this.#fallback !== undefined && { fallback: this.#fallback }),
    };
  }

  /** Cloudflare serves /index.html for missing pages without a rule, so this one has the meaning that it was written for. */
  #takeLoop(line: Line, path: string, to: string, status: number): void {
    if (path !== "/*" || to !== "/index.html" || status !== 200)
      throw new Unhonoured(
        "ignored, as by Cloudflare: without the /index that is taken off, the target leads to this line again",
      );
    this.#fallback ??= to;
    this.notes.add(
      line,
      "Cloudflare ignores this line as a loop, and serves /index.html for missing pages if there is no 404.html: here it is the fallback",
    );
  }

  #refuseTwice(path: string, line: Line): void {
    const first = this.#lines.get(path);
    if (first !== undefined) throw new Unhonoured(`ignored, as by Cloudflare: line ${first} is for the same path`);
    this.#lines.set(path, line.number);
  }

  #refuseCovered({ matching, segments }: Rule): void {
    const cover = this.#rules.find((rule) =>
      matching.exact === undefined
        ? covers(rule.segments, segments)
        : rule.matching.match(matching.exact) !== undefined,
    );
    if (cover !== undefined) throw new Unhonoured(`never used: line ${cover.line.number} already matches its paths`);
  }

  #checkRewrite({ line, path, to }: Rule): void {
    if (!to.startsWith("/")) throw new Unhonoured("proxies are not supported: heddle serves files only");
    if (hasHiddenName(to)) throw new Unhonoured("the target has a name that begins with a dot, which is never served");
    if (/[?#]/.test(to)) this.notes.add(line, "the query of the target is ignored, because a rewrite leads to a file");
    if (path === "/*" && !to.includes(":splat"))
      this.notes.add(line, "every path of the site gets this page, also its scripts and images, as on Cloudflare");
  }

  /**
   * Here, all redirects are asked before all rewrites. So a rewrite that stands above a redirect of the same paths is also
   * a redirect of each of its paths to itself, which is none: no later redirect is asked.
   */
  #redirectsOf(rule: Rule, index: number): readonly SiteRedirectRule[] {
    const { pattern, to, status } = rule;
    if (isRedirectStatus(status)) {
      return [{ from: pattern, to, status, ...(/^[^#]*\?/.test(to) && { query: "replace" }) }];
    }
    const isFollowed = this.#rules.slice(index + 1).some((later) => !isRewrite(later) && meet(rule, later));
    return isFollowed ? [{ from: pattern, to: rule.itself }] : [];
  }
}

function isRewrite({ status }: Rule): boolean {
  return status === 200;
}

/** Whether one path can match both; true when that is hard to tell. */
function meet(one: Rule, other: Rule): boolean {
  if (other.matching.exact !== undefined) return one.matching.match(other.matching.exact) !== undefined;
  if (one.matching.exact !== undefined) return other.matching.match(one.matching.exact) !== undefined;
  return meets(one.segments, other.segments);
}

function wordsOf({ text }: Line): readonly [from: string, to: string, status: string] {
  const words = text.replace(/\s+#.*$/, "").split(/\s+/);
  const [from = "", to, status = "302"] = words;
  if (to === undefined)
    throw new Unhonoured("found no target, wanted a path that begins with a slash, or an https:// address");
  if (words.length > 3)
    throw new Unhonoured(
      `found ${words.length} words, wanted a path, a target and perhaps a status: Cloudflare has no conditions`,
    );
  return [from, to, status];
}

function statusOf(word: string): number {
  const status = Number(word);
  if (isRedirectStatus(status) || status === 200) return status;
  throw new Unhonoured(`found the status ${word}, wanted 200, 301, 302, 303, 307 or 308`);
}

/** Cloudflare takes "/index" and ".html" off every path by a redirect, which would end at the same rule. */
function isLoop(path: string, to: string): boolean {
  return /\/\*?$/.test(path) && to.startsWith("/") && /\/index(?:.html)?$/.test(to);
}
