// `_redirects` of Netlify and Cloudflare -> redirects, rewrites, fallback and error page. Grammars:
// https://docs.netlify.com/manage/routing/redirects/overview/ and .../redirect-options/ (`from [query] to [status[!]]
// [conditions]`, 301 by default, existing files win unless "!"), and
// https://developers.cloudflare.com/pages/configuration/redirects/ (`source destination [code]`, 302 by default,
// redirects win). Both take the first line that matches.
import type { RedirectRule, RewriteRule, SiteOptions } from "../../features/site-options.ts";
import {
  type Dialect,
  type ForeignSite,
  isRedirectStatus,
  type Line,
  linesOf,
  Notes,
  type RedirectStatus,
  RULE_LIMIT_COUNT,
  Unhonoured,
} from "./foreign.ts";
import {
  covers,
  hostPatterns,
  meets,
  refuseLoop,
  rewriteTarget,
  type Segments,
  segmentsOf,
  targetOf,
} from "./paths.ts";

interface Rule {
  readonly line: Line;
  /** As it is written. */
  readonly from: string;
  readonly segments: Segments;
  readonly patterns: readonly string[];
  readonly to: string;
  readonly status: number;
  /** Where a file exists, too. */
  readonly isForced: boolean;
}

export function readNetlifyRedirects(text: string, dialect: Dialect = "netlify", file = "_redirects"): ForeignSite {
  const reading = new Reading(new Notes(file));
  for (const line of linesOf(text, reading.notes, RULE_LIMIT_COUNT)) {
    reading.notes.attempt(line, () => reading.take(parseRule(line, dialect)));
  }
  return { site: reading.site(), notes: reading.notes.list };
}

class Reading {
  readonly notes: Notes;
  readonly #redirects: RedirectRule[] = [];
  readonly #rewrites: RewriteRule[] = [];
  /** Here all redirects come before all rewrites; there, the first line does. */
  readonly #rewritten: Rule[] = [];
  #fallback: string | undefined;
  #notFoundPage: string | undefined;
  /** The line that takes every path: none behind it is ever reached. */
  #lastLine: number | undefined;

  constructor(notes: Notes) {
    this.notes = notes;
  }

  take(rule: Rule): void {
    if (this.#lastLine !== undefined) throw new Unhonoured(`never reached: line ${this.#lastLine} takes every path`);
    const { status } = rule;
    if (isRedirectStatus(status)) this.#redirect(rule, status);
    else if (status === 200) this.#rewrite(rule);
    else if (status === 404) this.#showNotFound(rule);
    else throw new Unhonoured(`no rule can answer with status ${status}`);
    if (rule.from === "/*") this.#lastLine = rule.line.number;
  }

  site(): Partial<SiteOptions> {
    return {
      ...(this.#redirects.length > 0 && { redirects: this.#redirects }),
      ...(this.#rewrites.length > 0 && { rewrites: this.#rewrites }),
      ...(this.#fallback !== undefined && { fallback: this.#fallback }),
      ...(this.#notFoundPage !== undefined && { errorPages: { "404": this.#notFoundPage } }),
    };
  }

  #redirect(rule: Rule, status: RedirectStatus): void {
    const to = targetOf(rule.to, true);
    // A splat that is only for what is missing may well lead to a file that it covers.
    if (rule.isForced || !/[:*]/.test(rule.from)) refuseLoop(rule.patterns, to);
    this.#compareWithRewrites(rule);
    for (const from of rule.patterns) {
      this.#redirects.push({ from, to, status, ...(!rule.isForced && { onlyMissing: true }) });
    }
  }

  #rewrite(rule: Rule): void {
    const to = rewriteTarget(rule.to);
    if (/[?#]/.test(rule.to)) this.notes.add(rule.line, "files have no query: that of the target is left out");
    if (rule.from === "/*" && !rule.isForced && !to.includes(":")) {
      this.#fallback = to.endsWith("/") ? `${to}index.html` : to;
      return;
    }
    for (const from of rule.patterns) this.#rewrites.push({ from, to, ...(!rule.isForced && { onlyMissing: true }) });
    this.#rewritten.push(rule);
  }

  #showNotFound(rule: Rule): void {
    if (rule.from !== "/*") throw new Unhonoured("error pages are for the whole site: only /* can have status 404");
    if (rule.isForced) throw new Unhonoured("existing files are never answered with 404");
    const page = rewriteTarget(rule.to);
    if (page.includes(":")) throw new Unhonoured("an error page is one file");
    this.#notFoundPage = page;
  }

  /** @throws {Unhonoured} where an earlier rewrite takes all of the paths; some of them are only named */
  #compareWithRewrites(rule: Rule): void {
    for (const { segments, line } of this.#rewritten) {
      if (covers(segments, rule.segments)) throw new Unhonoured(`never reached: line ${line.number} takes its paths`);
      if (!meets(segments, rule.segments)) continue;
      this.notes.add(rule.line, `redirects come before rewrites: this one takes the paths of line ${line.number}, too`);
      return;
    }
  }
}

function parseRule(line: Line, dialect: Dialect): Rule {
  const [from = "", ...others] = wordsOf(line.text);
  const toAt = others.findIndex((word) => word.startsWith("/") || /^https?:\/\//i.test(word));
  const [to, statusWord = dialect === "netlify" ? "301" : "302!", ...conditions] = others.slice(Math.max(toAt, 0));
  if (to === undefined || toAt < 0) throw new Unhonoured("a target is missing: a path or an http(s) address");
  // "/store id=:id /blog/:id"
  if (toAt > 0) throw new Unhonoured(`only paths are matched, not queries (${others.slice(0, toAt).join(" ")})`);
  const [, digits, force] = /^(\d{3})(!?)$/.exec(statusWord) ?? [];
  if (digits === undefined) throw new Unhonoured(`not a status: ${statusWord}`);
  if (conditions.length > 0) throw new Unhonoured(conditionReason(conditions));
  // Cloudflare refuses "/* /index.html 200" as a loop; forced, it would hide every file of the site.
  const isForced = force === "!" || (dialect === "cloudflare" && !(from === "/*" && digits === "200"));
  return {
    line,
    from,
    segments: segmentsOf(from),
    patterns: hostPatterns(from, dialect),
    to,
    status: Number(digits),
    isForced,
  };
}

/** A word that begins with "#" begins a comment, as both have it; "/a#b" is no comment. */
function wordsOf(text: string): readonly string[] {
  const words = text.split(/\s+/);
  const commentAt = words.findIndex((word) => word.startsWith("#"));
  return commentAt < 0 ? words : words.slice(0, commentAt);
}

function conditionReason(conditions: readonly string[]): string {
  const names = conditions.map((condition) => condition.split("=")[0]);
  return `a rule for some visitors only (${names.join(", ")}): rules here are for all`;
}
