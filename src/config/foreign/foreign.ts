// What the readers of other servers' files share: their answer, their bounds, and how a line comes to be named.
// They are pure, text in and rules out; which files there are is asked by whoever gives the text (read-foreign.ts).
import { headerRules } from "../../features/header-rules.ts";
import type { RedirectRule, SiteOptions } from "../../features/site-options.ts";

/** Something in a file that is not done, or not as it was meant where it comes from. */
export interface ForeignNote {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line, or the part of it that is meant, cut where it is long. Never a password. */
  readonly text: string;
  readonly reason: string;
}

export interface ForeignSite {
  /** Only what the file speaks of. */
  readonly site: Partial<SiteOptions>;
  readonly notes: readonly ForeignNote[];
}

/**
 * Whose rules `_headers` and `_redirects` follow where their inventors disagree: Netlify lets existing files win,
 * redirects with 301 and takes "/a" and "/a/" for one path; Cloudflare does none of these.
 */
export type Dialect = "netlify" | "cloudflare";

export type RedirectStatus = NonNullable<RedirectRule["status"]>;

/** Ten times what Cloudflare takes (100 KB); files are read at once and whole. */
export const TEXT_LIMIT_BYTES = 1_048_576;
/** Cloudflare's for `_headers`; a content security policy of a large site has some 1,500. */
export const LINE_LIMIT_LENGTH = 2000;
/** Cloudflare's for redirects. Rules that are all alike are all asked for a new path, which is time that any peer can make us spend. */
export const RULE_LIMIT_COUNT = 2000;
/** Header blocks have a path and some lines each. */
export const HEADER_LINE_LIMIT_COUNT = 10_000;
/** What of a line stands in a note. */
const SHOWN_LENGTH = 200;

/** Why a rule is not taken: thrown where it is found, caught by `Notes.attempt`, which names the line. */
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

  /** Does it, unless it throws `Unhonoured`: then the line is named. */
  attempt<T>(line: Line, act: () => T): T | undefined {
    try {
      return act();
    } catch (cause) {
      if (!(cause instanceof Unhonoured)) throw cause;
      this.add(line, cause.message);
      return undefined;
    }
  }

  /** False, and named, where a file is too large to be read. */
  isReadable(text: string): boolean {
    const isReadable = Buffer.byteLength(text) <= TEXT_LIMIT_BYTES;
    if (!isReadable) this.add({ number: 1, text: "" }, "the file is larger than 1 MiB: none of it is read");
    return isReadable;
  }
}

/** The lines that say something, `limitCount` of them at most; comments and empty ones are left out. */
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
      notes.add(line, `only ${limitCount} lines are read: this one and those behind it are not`);
      return;
    }
    if (line.text.length <= LINE_LIMIT_LENGTH) yield line;
    else notes.add(line, `longer than ${LINE_LIMIT_LENGTH} characters`);
  }
}

export function isRedirectStatus(status: unknown): status is RedirectStatus {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** @throws {Unhonoured} for what header-rules.ts would refuse when the server starts */
export function checkField(name: string, value: string | null): void {
  try {
    headerRules([{ for: "/", set: Object.fromEntries([[name, value]]) }]);
  } catch (cause) {
    throw new Unhonoured((cause as Error).message, { cause });
  }
}

/** Notes end in logs: passwords, which Netlify has in `_headers`, do not. */
function shown(text: string): string {
  if (/^basic-auth\s*:/i.test(text)) return "Basic-Auth: …";
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
