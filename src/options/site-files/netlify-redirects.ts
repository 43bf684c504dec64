// Reads `_redirects` of Netlify and Cloudflare as redirects, rewrites, fallback and error page. Grammars:
// https://docs.netlify.com/manage/routing/redirects/overview/ and .../redirect-options/ (`from [query] to [status[!]]
// [conditions]`, 301 by default, existing files win unless "!"), and
// https://developers.cloudflare.com/pages/configuration/redirects/ (`source destination [code]`, 302 by default,
// redirects win). On both, the first matching line applies.
import type { RedirectRule, RewriteRule } from "../../features/routes.ts";
import {
  type Dialect,
  type ForeignOptions,
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
  /** As the file has it. */
  readonly from: string;
  readonly segments: Segments;
  readonly patterns: readonly string[];
  readonly to: string;
  readonly status: number;
  /** Applies even when a file exists. */
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
  /** The rewrites so far. Here, all redirects apply before all rewrites; on Netlify and Cloudflare, lines apply in order. */
  readonly #rewritten: Rule[] = [];
  #fallback: string | undefined;
  #notFoundPage: string | undefined;
  /** The line that matches every path, so that later lines have no effect. */
  #lastLine: number | undefined;

  constructor(notes: Notes) {
    this.notes = notes;
  }

  take(rule: Rule): void {
    if (this.#lastLine !== undefined)
      throw new Unhonoured(`never used: line ${this.#lastLine} already matches every path`);
    const { status } = rule;
    if (isRedirectStatus(status)) this.#redirect(rule, status);
    else if (status === 200) this.#rewrite(rule);
    else if (status === 404) this.#showNotFound(rule);
    else throw new Unhonoured(`the status ${status} is not supported`);
    if (rule.from === "/*") this.#lastLine = rule.line.number;
  }

  site(): ForeignOptions {
    return {
      ...(this.#redirects.length > 0 && { redirects: this.#redirects }),
      ...(this.#rewrites.length > 0 && { rewrites: this.#rewrites }),
      ...(this.#fallback !== undefined && { fallback: this.#fallback }),
      ...(this.#notFoundPage !== undefined && { errorPages: { "404": this.#notFoundPage } }),
    };
  }

  #redirect(rule: Rule, status: RedirectStatus): void {
    const to = targetOf(rule.to, true);
    // A splat that applies only without a file may lead to an existing file that it matches.
    if (rule.isForced || !/[:*]/.test(rule.from)) refuseLoop(rule.patterns, to);
    this.#compareWithRewrites(rule);
    for (const from of rule.patterns) {
      this.#redirects.push({ from, to, status, ...(!rule.isForced && { onlyMissing: true }) });
    }
  }

  #rewrite(rule: Rule): void {
    const to = rewriteTarget(rule.to);
    if (/[?#]/.test(rule.to))
      this.notes.add(rule.line, "the query of the target is ignored, because a rewrite leads to a file");
    if (rule.from === "/*" && !rule.isForced && !to.includes(":")) {
      this.#fallback = to.endsWith("/") ? `${to}index.html` : to;
      return;
    }
    for (const from of rule.patterns) this.#rewrites.push({ from, to, ...(!rule.isForced && { onlyMissing: true }) });
    this.#rewritten.push(rule);
  }

  #showNotFound(rule: Rule): void {
    if (rule.from !== "/*")
      throw new Unhonoured("the status 404 is supported only for /*, because an error page applies to the whole site");
    if (rule.isForced) throw new Unhonoured("404! is not supported: existing files are always served");
    const page = rewriteTarget(rule.to);
    if (page.includes(":")) throw new Unhonoured("an error page must be one file, without placeholders");
    this.#notFoundPage = page;
  }

  /** @throws {Unhonoured} when an earlier rewrite matches all paths of the rule; warns when it matches some */
  #compareWithRewrites(rule: Rule): void {
    for (const { segments, line } of this.#rewritten) {
      if (covers(segments, rule.segments))
        throw new Unhonoured(`never used: line ${line.number} already matches its paths`);
      if (!meets(segments, rule.segments)) continue;
      this.notes.add(rule.line, `redirects apply before rewrites: this one also takes paths of line ${line.number}`);
      return;
    }
  }
}

function parseRule(line: Line, dialect: Dialect): Rule {
  const [from = "", ...others] = wordsOf(line.text);
  const toAt = others.findIndex((word) => word.startsWith("/") || /^https?:\/\//i.test(word));
  const [to, statusWord = dialect === "netlify" ? "301" : "302!", ...conditions] = others.slice(Math.max(toAt, 0));
  if (to === undefined || toAt < 0) throw new Unhonoured("found no target, wanted a path or an http(s) address");
  // "/store id=:id /blog/:id"
  if (toAt > 0) throw new Unhonoured(`a rule matches only a path, not a query (${others.slice(0, toAt).join(" ")})`);
  const [, digits, force] = /^(\d{3})(!?)$/.exec(statusWord) ?? [];
  if (digits === undefined) throw new Unhonoured(`found the status ${statusWord}, wanted three digits`);
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

/** A word that begins with "#" starts a comment on both servers; "/a#b" does not. */
function wordsOf(text: string): readonly string[] {
  const words = text.split(/\s+/);
  const commentAt = words.findIndex((word) => word.startsWith("#"));
  return commentAt < 0 ? words : words.slice(0, commentAt);
}

function conditionReason(conditions: readonly string[]): string {
  const names = conditions.map((condition) => condition.split("=")[0]);
  return `conditions are not supported (${names.join(", ")}): a rule applies to all visitors`;
}
