// Reads `_redirects` of Netlify as redirects, rewrites, fallback and error page. Grammar:
// https://docs.netlify.com/manage/routing/redirects/overview/ and .../redirect-options/ (`from [query] to [status[!]]
// [conditions]`, 301 by default, existing files win unless "!"). The first matching line applies.
import type { SiteRedirectRule, SiteRewriteRule } from "../../features/routes.ts";
import {
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
import { type Group, netlifyException, netlifyPath, netlifyTemplate } from "./netlify-paths.ts";
import { covers, meets, refuseLoop, rewriteTarget, type Segments, targetOf } from "./paths.ts";

interface Rule {
  readonly line: Line;
  /** With a slash at its beginning, and none at its end. */
  readonly path: string;
  readonly segments: Segments;
  readonly patterns: readonly string[];
  readonly groups: readonly Group[];
  readonly remarks: readonly string[];
  /** As the file has it. */
  readonly to: string;
  readonly status: number;
  /** Applies even when a file exists. */
  readonly isForced: boolean;
}

export function readNetlifyRedirects(text: string, file = "_redirects"): ForeignSite {
  const reading = new Reading(new Notes(file));
  for (const line of linesOf(text, reading.notes, RULE_LIMIT_COUNT)) {
    reading.notes.attempt(line, () => reading.take(parseRule(line)));
  }
  return { site: reading.site(), notes: reading.notes.list };
}

/** Forced redirects apply first here, then forced rewrites, and the others likewise; on Netlify, lines apply in order. */
const PHASE_COUNT = 4;

class Reading {
  readonly notes: Notes;
  readonly #redirects: SiteRedirectRule[] = [];
  readonly #rewrites: SiteRewriteRule[] = [];
  /** The rules so far, by their phase. */
  readonly #taken: readonly Rule[][] = Array.from({ length: PHASE_COUNT }, () => []);
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
    for (const remark of rule.remarks) this.notes.add(rule.line, remark);
    if (rule.path === "/*") this.#lastLine = rule.line.number;
  }

  site(): ForeignOptions {
    return {
      ...(this.#redirects.length > 0 && { redirects: this.#redirects }),
      ...(this.#rewrites.length > 0 && { rewrites: this.#rewrites.map((rule) => this.#beforeFallback(rule)) }),
      ...(this.#fallback !== undefined && { fallback: this.#fallback }),
      ...(this.#notFoundPage !== undefined && { errorPages: { "404": this.#notFoundPage } }),
    };
  }

  /** The first matching line applies: where its target is missing, the line of the fallback does not. */
  #beforeFallback(rule: SiteRewriteRule): SiteRewriteRule {
    return this.#fallback === undefined ? rule : { ...rule, hasFallback: false };
  }

  #redirect(rule: Rule, status: RedirectStatus): void {
    const to = targetOf(rule.to, true);
    const except = netlifyException(rule, to);
    // A placeholder that applies only without a file may lead to an existing file that it matches.
    if (except === undefined && (rule.isForced || !/[:*]/.test(rule.path))) refuseLoop(rule.patterns, to);
    this.#compareWithEarlier(rule, rule.isForced ? 0 : 2);
    const template = netlifyTemplate(to, rule.groups);
    for (const from of rule.patterns) {
      this.#redirects.push({
        from,
        to: template,
        status,
        ...(!rule.isForced && { onlyMissing: true }),
        ...(except !== undefined && { except }),
      });
    }
  }

  #rewrite(rule: Rule): void {
    const to = rewriteTarget(rule.to);
    if (/[?#]/.test(rule.to))
      this.notes.add(rule.line, "the query of the target is ignored, because a rewrite leads to a file");
    if (rule.path === "/*" && !rule.isForced && !to.includes(":")) {
      this.#fallback = to.endsWith("/") ? `${to}index.html` : to;
      return;
    }
    this.#compareWithEarlier(rule, rule.isForced ? 1 : 3);
    const template = netlifyTemplate(to, rule.groups);
    for (const from of rule.patterns)
      this.#rewrites.push({ from, to: template, ...(!rule.isForced && { onlyMissing: true }) });
  }

  #showNotFound(rule: Rule): void {
    if (rule.path !== "/*")
      throw new Unhonoured("the status 404 is supported only for /*, because an error page applies to the whole site");
    if (rule.isForced) throw new Unhonoured("404! is not supported: existing files are always served");
    const page = rewriteTarget(rule.to);
    if (page.includes(":")) throw new Unhonoured("an error page must be one file, without placeholders");
    this.#notFoundPage = page;
  }

  /**
   * Of the earlier lines, those that apply later here. Warns of a rewrite that also matches some paths of a redirect.
   * @throws {Unhonoured} when one matches all paths of the rule
   */
  #compareWithEarlier(rule: Rule, phase: number): void {
    const earlier = this.#taken.slice(phase + 1).flat();
    const covering = earlier.find(({ segments }) => covers(segments, rule.segments));
    if (covering !== undefined)
      throw new Unhonoured(`never used: line ${covering.line.number} already matches its paths`);
    this.#taken[phase]!.push(rule);
    if (!isRedirectStatus(rule.status)) return;
    const met = earlier.find(({ segments, status }) => status === 200 && meets(segments, rule.segments));
    if (met !== undefined)
      this.notes.add(
        rule.line,
        `redirects apply before rewrites: this one also takes paths of line ${met.line.number}`,
      );
  }
}

function parseRule(line: Line): Rule {
  const [from = "", ...words] = wordsOf(line.text);
  const { query, to, statusWord, conditions } = partsOf(from, words);
  // "/store id=:id /blog/:id"
  if (query.length > 0) throw new Unhonoured(`a rule matches only a path, not a query (${query.join(" ")})`);
  const [, digits, force] = /^(\d{3})(!?)$/.exec(statusWord) ?? [];
  if (digits === undefined) throw new Unhonoured(`found the status ${statusWord}, wanted three digits`);
  if (conditions.length > 0) throw new Unhonoured(conditionReason(conditions));
  return { line, ...netlifyPath(from, to), to, status: Number(digits), isForced: force === "!" };
}

interface Parts {
  readonly query: readonly string[];
  readonly to: string;
  readonly statusWord: string;
  readonly conditions: readonly string[];
}

function partsOf(from: string, words: readonly string[]): Parts {
  // "/x/* 200" keeps later lines from these paths: its target is the path itself.
  const [first = ""] = words;
  if (from.endsWith("/*") && /^2\d\d!?$/.test(first)) {
    const [, ...conditions] = words;
    return {
      query: [],
      to: from.replace(/^\/?/, "/").replace(/\*$/, ":splat"),
      statusWord: first.replace("!", ""),
      conditions,
    };
  }
  const toAt = words.findIndex((word) => /^(?:\/|https?:\/\/)/.test(word));
  const [to, statusWord = "301", ...conditions] = words.slice(Math.max(toAt, 0));
  if (to === undefined || toAt < 0) throw new Unhonoured("found no target, wanted a path or an http(s) address");
  return { query: words.slice(0, toAt), to, statusWord, conditions };
}

/** A word that begins with "#" starts a comment; "/a#b" does not. */
function wordsOf(text: string): readonly string[] {
  const words = text.split(/\s+/);
  const commentAt = words.findIndex((word) => word.startsWith("#"));
  return commentAt < 0 ? words : words.slice(0, commentAt);
}

function conditionReason(conditions: readonly string[]): string {
  const names = conditions.map((condition) => condition.split("=")[0]);
  return `conditions are not supported (${names.join(", ")}): a rule applies to all visitors`;
}
