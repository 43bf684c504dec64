// Shared by the readers of other servers' files: the result, the limits, and the warnings that name a line. The readers
// are pure, text in and rules out; their caller opens the files (site-files.ts).
import { headerRules, type SiteHeaderRule } from "../../features/fields/header-rules.ts";
import type { RedirectRule, SiteRedirectRule, SiteRewriteRule } from "../../features/routes.ts";
import type { ResolvedSite } from "../resolved-options.ts";
import type { SiteOptions } from "../site-options.ts";

/** A line of a file that has no effect here, or another effect than on its own server. */
export interface ForeignNote {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line, or a part of it, shortened when it is long. Never a password. */
  readonly text: string;
  readonly reason: string;
}

/** Options that a file can set. */
export type ForeignOptions = Partial<
  Pick<SiteOptions, "root" | "errorPages" | "fallback" | "trailingSlash" | "listing" | "etag"> & {
    readonly redirects: readonly SiteRedirectRule[];
    readonly rewrites: readonly SiteRewriteRule[];
    readonly headers: readonly SiteHeaderRule[];
    readonly cleanUrls: ResolvedSite["cleanUrls"];
  }
>;

export interface ForeignSite {
  /** Only the options that the file sets. */
  readonly site: ForeignOptions;
  readonly notes: readonly ForeignNote[];
}

/**
 * The server whose rules `_headers` and `_redirects` follow. On Netlify, existing files win, redirects have status 301, and
 * "/a" and "/a/" are one path; on Cloudflare, none of this holds.
 */
export type Dialect = "netlify" | "cloudflare";

export type RedirectStatus = NonNullable<RedirectRule["status"]>;

/** Ten times the limit of Cloudflare (100 KB). A file is read into memory as a whole. */
export const TEXT_LIMIT_BYTES = 1_048_576;
/** The limit of Cloudflare for `_headers`; the content security policy of a large site has some 1,500 characters. */
export const LINE_LIMIT_LENGTH = 2000;
/** The limit of Cloudflare for redirects. A new path may be compared with every rule, and any client can request new paths. */
export const RULE_LIMIT_COUNT = 2000;
/** A block of headers has a path and several lines. */
export const HEADER_LINE_LIMIT_COUNT = 10_000;
/** Characters of a line that a warning shows. */
const SHOWN_LENGTH = 200;

/** The reason to skip a rule. `Notes.attempt` catches it and adds the line. */
export class Unhonoured extends Error {}

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without white space around it. */
  readonly text: string;
}

export class Notes {
  readonly list: ForeignNote[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add({ number, text }: Line, reason: string): void {
    this.list.push({ file: this.#file, line: number, text: shown(text), reason });
  }

  /** Runs `act`; when it throws `Unhonoured`, adds a warning about the line. */
  attempt<T>(line: Line, act: () => T): T | undefined {
    try {
      return act();
    } catch (cause) {
      if (!(cause instanceof Unhonoured)) throw cause;
      this.add(line, cause.message);
      return undefined;
    }
  }

  /** False for a file that is too large, with a warning. */
  isReadable(text: string): boolean {
    const isReadable = Buffer.byteLength(text) <= TEXT_LIMIT_BYTES;
    if (!isReadable) this.add({ number: 1, text: "" }, "the file is larger than 1 MiB, so nothing of it is read");
    return isReadable;
  }
}

/** The first `limitCount` lines, without comments and empty lines. */
export function* linesOf(text: string, notes: Notes, limitCount: number): Generator<Line> {
  if (!notes.isReadable(text)) return;
  let count = 0;
  for (const [index, raw] of text
    .replace(/^\ufeff/, "")
    .split("\n")
    .entries()) {
    const line = { number: index + 1, text: raw.trim() };
    if (line.text === "" || line.text.startsWith("#")) continue;
    if (++count > limitCount) {
      notes.add(line, `only the first ${limitCount} lines are read`);
      return;
    }
    if (line.text.length <= LINE_LIMIT_LENGTH) yield line;
    else notes.add(line, `the line is longer than ${LINE_LIMIT_LENGTH} characters`);
  }
}

export function isRedirectStatus(status: unknown): status is RedirectStatus {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** @throws {Unhonoured} for a field that header-rules.ts would refuse when the server starts */
export function checkField(name: string, value: string | null): void {
  try {
    headerRules([{ for: "/", set: Object.fromEntries([[name, value]]) }]);
  } catch (cause) {
    throw new Unhonoured((cause as Error).message, { cause });
  }
}

/** Hides passwords, which Netlify has in `_headers`, because warnings end up in logs. */
function shown(text: string): string {
  if (/^basic-auth\s*:/i.test(text)) return "Basic-Auth: …";
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
