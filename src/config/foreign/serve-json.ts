// `serve.json` of Vercel's serve -> options of a site. Its keys: https://github.com/vercel/serve-handler#options (and
// src/index.js there for what the words leave open: rewrites give way to files, redirects do not, 301 by default,
// clean URLs unless told otherwise). The line of a note is looked for in the text, since JSON.parse forgets it.
import type { HeaderRule } from "../../features/header-rules.ts";
import type { RedirectRule, RewriteRule, SiteOptions } from "../../features/site-options.ts";
import {
  checkField,
  type ForeignSite,
  isRedirectStatus,
  LINE_LIMIT_LENGTH,
  type Line,
  Notes,
  RULE_LIMIT_COUNT,
  Unhonoured,
} from "./foreign.ts";
import { globPattern, routePatterns, slashed } from "./globs.ts";
import { refuseLoop, rewriteTarget, targetOf } from "./paths.ts";

type Json = Readonly<Record<string, unknown>>;
type SiteDraft = { -readonly [Key in keyof SiteOptions]?: SiteOptions[Key] };

/** What each key comes to; a key that is not here is named. */
const KEYS: Readonly<Record<string, (reading: Reading, value: unknown) => void>> = {
  $schema: () => undefined,
  public: (reading, value) => reading.root(value),
  cleanUrls: (reading, value) => reading.cleanUrls(value),
  redirects: (reading, value) => reading.each("redirects", value, (item) => reading.redirect(item)),
  rewrites: (reading, value) => reading.each("rewrites", value, (item) => reading.rewrite(item)),
  headers: (reading, value) => reading.each("headers", value, (item) => reading.headers(item)),
  directoryListing: (reading, value) => reading.listing(value),
  unlisted: (reading, value) => reading.unlisted(value),
  trailingSlash: (reading, value) => reading.trailingSlash(value),
  renderSingle: (reading, value) => reading.renderSingle(value),
  symlinks: (reading, value) => reading.symlinks(value),
  etag: (reading, value) => reading.etag(value),
};

/** `site.root`, if there is one, is a folder relative to that of the file. */
export function readServeJson(text: string, file = "serve.json"): ForeignSite {
  const notes = new Notes(file);
  if (!notes.isReadable(text)) return { site: {}, notes: notes.list };
  const parsed = parse(text.replace(/^\ufeff/, ""));
  if (!isObject(parsed)) {
    notes.add({ number: 1, text: "" }, typeof parsed === "string" ? parsed : "not a JSON object: none of it is read");
    return { site: {}, notes: notes.list };
  }
  const reading = new Reading(text, notes);
  for (const [key, value] of Object.entries(parsed)) {
    const read = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    notes.attempt(reading.line(key, value), () => {
      if (read === undefined) throw new Unhonoured("not an option of serve");
      read(reading, value);
    });
  }
  return { site: reading.site(), notes: notes.list };
}

class Reading {
  readonly #text: string;
  readonly #notes: Notes;
  // What serve does when it is not told otherwise.
  readonly #draft: SiteDraft = { cleanUrls: true };
  readonly #redirects: RedirectRule[] = [];
  readonly #rewrites: RewriteRule[] = [];
  readonly #headers: HeaderRule[] = [];
  #ruleCount = 0;

  constructor(text: string, notes: Notes) {
    this.#text = text;
    this.#notes = notes;
  }

  site(): Partial<SiteOptions> {
    return {
      ...this.#draft,
      ...(this.#redirects.length > 0 && { redirects: this.#redirects }),
      ...(this.#rewrites.length > 0 && { rewrites: this.#rewrites }),
      ...(this.#headers.length > 0 && { headers: this.#headers }),
    };
  }

  /** Where a key stands, or behind it a source, and what is shown of it. */
  line(key: string, value: unknown, source?: string): Line {
    const keyAt = Math.max(this.#text.indexOf(JSON.stringify(key)), 0);
    const sourceAt = source === undefined ? keyAt : this.#text.indexOf(JSON.stringify(source), keyAt);
    const number = this.#text.slice(0, sourceAt < 0 ? keyAt : sourceAt).split("\n").length;
    return { number, text: source === undefined ? `${key}: ${JSON.stringify(value)}` : JSON.stringify(value) };
  }

  each(key: string, items: unknown, take: (item: Json) => void): void {
    if (!Array.isArray(items)) throw new Unhonoured("a list was expected");
    for (const item of items) {
      const source = isObject(item) && typeof item["source"] === "string" ? item["source"] : "";
      const line = this.line(key, item, source);
      if (++this.#ruleCount > RULE_LIMIT_COUNT) {
        this.#notes.add(line, `only ${RULE_LIMIT_COUNT} rules are read: this one and those behind it are not`);
        return;
      }
      this.#notes.attempt(line, () => take(asObject(item)));
    }
  }

  root(value: unknown): void {
    if (typeof value !== "string" || value === "") throw new Unhonoured("a folder was expected");
    this.#draft.root = value;
  }

  redirect(item: Json): void {
    const { type = 301 } = item;
    if (!isRedirectStatus(type)) throw new Unhonoured("the type of a redirect is 301, 302, 303, 307 or 308");
    const to = targetOf(destinationOf(item), true);
    const patterns = routePatterns(sourceOf(item));
    refuseLoop(patterns, to);
    for (const from of patterns) this.#redirects.push({ from, to, status: type });
  }

  rewrite(item: Json): void {
    if (this.#draft.fallback !== undefined) throw new Unhonoured("never reached: an earlier rewrite takes every path");
    const to = rewriteTarget(destinationOf(item));
    const patterns = routePatterns(sourceOf(item));
    if (patterns[0] === "/*" && !to.includes(":")) {
      this.#draft.fallback = to.endsWith("/") ? `${to}index.html` : to;
      return;
    }
    for (const from of patterns) this.#rewrites.push({ from, to, onlyMissing: true });
  }

  headers(item: Json): void {
    const source = sourceOf(item);
    const pattern = globPattern(source);
    const set = new Map<string, string | null>();
    const fields = item["headers"];
    if (!Array.isArray(fields)) throw new Unhonoured("a list of headers was expected");
    for (const field of fields) {
      this.#notes.attempt(this.line("headers", field, source), () => set.set(...fieldOf(field)));
    }
    if (set.size > 0) this.#headers.push({ for: pattern, set: Object.fromEntries(set) });
  }

  cleanUrls(value: unknown): void {
    this.#draft.cleanUrls = typeof value === "boolean" ? value : isEverything(value) || asGlobs(value).length > 0;
    if (Array.isArray(value) && !isEverything(value))
      throw new Unhonoured("taken for the whole site, or for none of it");
  }

  /** serve lists folders unless it is told not to; here who wants that has to say so. */
  listing(value: unknown): void {
    this.#draft.listing = value === true || isEverything(value);
    if (asGlobs(value).length > 0 && !isEverything(value))
      throw new Unhonoured("listings are for a whole site: none here");
  }

  unlisted(value: unknown): void {
    // Those are never listed, and never served.
    const names = asGlobs(value).filter((name) => !/^\/?\.[^/]*$/.test(name));
    if (names.length > 0)
      throw new Unhonoured("listings show all that is served; only names with a dot in front are hidden");
  }

  trailingSlash(value: unknown): void {
    if (typeof value !== "boolean") throw new Unhonoured("true or false was expected");
    this.#draft.trailingSlash = value ? "folders" : "never";
    if (value) throw new Unhonoured("only folders get a slash at the end, pages do not");
  }

  renderSingle(value: unknown): void {
    if (value !== false) throw new Unhonoured("a folder's only file is not shown in its place");
  }

  symlinks(value: unknown): void {
    throw new Unhonoured(
      value === true ? "links are followed inside the root, never out of it" : "links inside the root are followed",
    );
  }

  etag(value: unknown): void {
    if (typeof value !== "boolean") throw new Unhonoured("true or false was expected");
    if (!value) throw new Unhonoured("ETag and Last-Modified are both sent");
    this.#draft.etag = "content";
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return `not JSON, none of it is read: ${(cause as Error).message}`;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asObject(value: unknown): Json {
  if (isObject(value)) return value;
  throw new Unhonoured("an object was expected");
}

function sourceOf({ source }: Json): string {
  if (typeof source !== "string" || source === "") throw new Unhonoured("a source was expected");
  return ofALine(source);
}

/** A pattern of a megabyte takes minutes to be read. */
function ofALine(text: string): string {
  if (text.length <= LINE_LIMIT_LENGTH) return text;
  throw new Unhonoured(`longer than ${LINE_LIMIT_LENGTH} characters`);
}

/**
 * Names as `:name`; with what may follow them in path-to-regexp they would be something else here. What has a backslash
 * before it there is text, as the colon of a port has to be: "http://localhost\\:3000/".
 */
function destinationOf({ destination }: Json): string {
  if (typeof destination !== "string" || destination === "") throw new Unhonoured("a destination was expected");
  ofALine(destination);
  const [, origin, path = ""] = /^([a-z][a-z\d+.-]*:\/\/[^/?#]*)?(.*)$/is.exec(destination)!;
  if (/(?<!\\):(?:\w+[?*+(]|\d)/.test(path)) throw new Unhonoured("a destination can hold :names only");
  const text = path.replace(/\\(.)/gsu, (_, character: string) => (character === ":" ? "%3A" : character));
  return origin === undefined ? slashed(text) : origin.replaceAll("\\", "") + text;
}

function fieldOf(field: unknown): [name: string, value: string | null] {
  const { key, value } = asObject(field);
  if (typeof key !== "string") throw new Unhonoured("a key was expected");
  if (typeof value !== "string" && value !== null) throw new Unhonoured("the value must be a string, or null");
  checkField(key, value);
  return [key, value];
}

function asGlobs(value: unknown): readonly string[] {
  if (typeof value === "boolean") return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new Unhonoured("true, false or a list of globs was expected");
}

function isEverything(value: unknown): boolean {
  return Array.isArray(value) && value.some((glob) => /^\/?\*\*(\/\*)?$/.test(String(glob)));
}
