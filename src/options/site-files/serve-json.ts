// Reads `serve.json` of Vercel's serve as options of a site. Keys: https://github.com/vercel/serve-handler#options, and
// src/index.js there for the rest: files win over rewrites but not over redirects, redirects have status 301 by default,
// and clean URLs are on by default. Searches the text for the line of a warning, since JSON.parse does not report it.
import type { HeaderRule } from "../../features/fields/header-rules.ts";
import { pathPattern } from "../../features/patterns/pattern.ts";
import type { RedirectRule, RewriteRule } from "../../features/routes.ts";
import { explainJson } from "../sources/json-mistake.ts";
import {
  checkField,
  type ForeignOptions,
  type ForeignSite,
  isRedirectStatus,
  LINE_LIMIT_LENGTH,
  type Line,
  Notes,
  RULE_LIMIT_COUNT,
  Unhonoured,
} from "./foreign.ts";
import { globPattern, slashed } from "./globs.ts";
import { refuseLoop, rewriteTarget, targetOf } from "./paths.ts";
import { serveRoutes } from "./serve-routes.ts";

type Json = Readonly<Record<string, unknown>>;
type SiteDraft = { -readonly [Key in keyof ForeignOptions]?: ForeignOptions[Key] };

/** A reader for each key; any other key gets a warning. */
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

/** `site.root`, if set, is relative to the folder of the file. */
export function readServeJson(text: string, file = "serve.json"): ForeignSite {
  const notes = new Notes(file);
  if (!notes.isReadable(text)) return { site: {}, notes: notes.list };
  const parsed = parse(text.replace(/^\ufeff/, ""), notes);
  if (parsed === undefined) return { site: {}, notes: notes.list };
  const reading = new Reading(text, notes);
  for (const [key, value] of Object.entries(parsed)) {
    const read = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    notes.attempt(reading.line(key, value), () => {
      if (read === undefined) throw new Unhonoured("serve has no such option");
      read(reading, value);
    });
  }
  return { site: reading.site(), notes: notes.list };
}

class Reading {
  readonly #text: string;
  readonly #notes: Notes;
  // The default of serve.
  readonly #draft: SiteDraft = { cleanUrls: true };
  readonly #redirects: RedirectRule[] = [];
  readonly #rewrites: RewriteRule[] = [];
  readonly #headers: HeaderRule[] = [];
  #ruleCount = 0;

  constructor(text: string, notes: Notes) {
    this.#text = text;
    this.#notes = notes;
  }

  site(): ForeignOptions {
    return {
      ...this.#draft,
      ...(this.#redirects.length > 0 && { redirects: this.#redirects }),
      ...(this.#rewrites.length > 0 && { rewrites: this.#rewrites }),
      ...(this.#headers.length > 0 && { headers: this.#headers }),
    };
  }

  /** The line of a key, or of a source after it, with the text to show. */
  line(key: string, value: unknown, source?: string): Line {
    const keyAt = Math.max(this.#text.indexOf(JSON.stringify(key)), 0);
    const sourceAt = source === undefined ? keyAt : this.#text.indexOf(JSON.stringify(source), keyAt);
    const number = this.#text.slice(0, sourceAt < 0 ? keyAt : sourceAt).split("\n").length;
    return { number, text: source === undefined ? `${key}: ${JSON.stringify(value)}` : JSON.stringify(value) };
  }

  each(key: string, items: unknown, take: (item: Json) => void): void {
    if (!Array.isArray(items)) throw new Unhonoured("wanted a list");
    for (const item of items) {
      const source = isObject(item) && typeof item["source"] === "string" ? item["source"] : "";
      const line = this.line(key, item, source);
      if (++this.#ruleCount > RULE_LIMIT_COUNT) {
        this.#notes.add(line, `only the first ${RULE_LIMIT_COUNT} rules are read`);
        return;
      }
      this.#notes.attempt(line, () => take(asObject(item)));
    }
  }

  root(value: unknown): void {
    if (typeof value !== "string" || value === "") throw new Unhonoured("wanted a folder");
    this.#draft.root = value;
  }

  redirect(item: Json): void {
    const { type = 301 } = item;
    if (!isRedirectStatus(type)) throw new Unhonoured("wanted the type 301, 302, 303, 307 or 308");
    const routes = serveRoutes(sourceOf(item), destinationOf(item)).map(({ from, to }) => ({
      from,
      to: targetOf(to, true),
    }));
    // A pattern leaves its own target alone (features/routes.ts).
    for (const { from, to } of routes) if (pathPattern(from).exact !== undefined) refuseLoop([from], to);
    for (const { from, to } of routes) this.#redirects.push({ from, to, status: type });
  }

  rewrite(item: Json): void {
    if (this.#draft.fallback !== undefined)
      throw new Unhonoured("never used: an earlier rewrite already matches every path");
    const routes = serveRoutes(sourceOf(item), destinationOf(item)).map(({ from, to }) => ({
      from,
      to: rewriteTarget(to),
    }));
    const [{ from, to } = { from: "", to: "" }] = routes;
    if (from === "/*" && !to.includes(":")) {
      this.#draft.fallback = to.endsWith("/") ? `${to}index.html` : to;
      return;
    }
    for (const route of routes) this.#rewrites.push({ ...route, onlyMissing: true });
  }

  headers(item: Json): void {
    const source = sourceOf(item);
    const pattern = globPattern(source);
    if (pattern === undefined) throw new Unhonoured("serve finds no file for a path that ends with a slash");
    const set = new Map<string, string | null>();
    const fields = item["headers"];
    if (!Array.isArray(fields)) throw new Unhonoured("wanted a list of headers");
    for (const field of fields) {
      this.#notes.attempt(this.line("headers", field, source), () => set.set(...fieldOf(field)));
    }
    if (set.size > 0) this.#headers.push({ for: pattern, set: Object.fromEntries(set) });
  }

  cleanUrls(value: unknown): void {
    this.#draft.cleanUrls = typeof value === "boolean" ? value : isEverything(value) || asGlobs(value).length > 0;
    if (Array.isArray(value) && !isEverything(value))
      throw new Unhonoured("clean URLs apply to the whole site, not to single paths");
  }

  /** serve lists folders by default; here, a site has to ask for it. */
  listing(value: unknown): void {
    this.#draft.listing = value === true || isEverything(value);
    if (asGlobs(value).length > 0 && !isEverything(value))
      throw new Unhonoured("listings apply to the whole site, so they stay off");
  }

  unlisted(value: unknown): void {
    // Names with a dot are never listed and never served, so the rest is left.
    const names = asGlobs(value).filter((name) => !/^\/?\.[^/]*$/.test(name));
    if (names.length > 0)
      throw new Unhonoured("listings show every served file; only names that begin with a dot are hidden");
  }

  trailingSlash(value: unknown): void {
    if (typeof value !== "boolean") throw new Unhonoured("wanted true or false");
    this.#draft.trailingSlash = value ? "folders" : "never";
    if (value) throw new Unhonoured("only folders get a slash at the end; pages do not");
  }

  renderSingle(value: unknown): void {
    if (value !== false)
      throw new Unhonoured("not supported: the only file of a folder is not served in place of the folder");
  }

  symlinks(value: unknown): void {
    throw new Unhonoured(
      value === true
        ? "links inside the root are followed, but links out of it are not"
        : "links inside the root are always followed",
    );
  }

  etag(value: unknown): void {
    if (typeof value !== "boolean") throw new Unhonoured("wanted true or false");
    if (!value) throw new Unhonoured("ETag is always sent, and Last-Modified, too");
    this.#draft.etag = "content";
  }
}

/** Undefined for a file of which nothing can be read, with the reason in the notes. */
function parse(text: string, notes: Notes): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isObject(parsed)) return parsed;
    notes.add({ number: 1, text: "" }, "the file is not a JSON object, so nothing of it is read");
  } catch (error) {
    const { line, reason } = explainJson(text, error as Error);
    notes.add({ number: line, text: "" }, `the file is not valid JSON, so nothing of it is read: ${reason}`);
  }
  return undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asObject(value: unknown): Json {
  if (isObject(value)) return value;
  throw new Unhonoured("wanted an object");
}

function sourceOf({ source }: Json): string {
  if (typeof source !== "string" || source === "") throw new Unhonoured("a source was expected");
  return ofALine(source);
}

/** Limits the length: reading a pattern of a megabyte takes minutes. */
function ofALine(text: string): string {
  if (text.length <= LINE_LIMIT_LENGTH) return text;
  throw new Unhonoured(`the pattern is longer than ${LINE_LIMIT_LENGTH} characters`);
}

/** A path, or an address. The colon of a port is text, which serve takes for a `:name` and fails. */
function destinationOf({ destination }: Json): string {
  if (typeof destination !== "string" || destination === "") throw new Unhonoured("wanted a destination");
  const [, origin, path = ""] = /^([a-z][a-z\d+.-]*:\/\/[^/?#]*)?(.*)$/is.exec(ofALine(destination))!;
  return origin === undefined ? slashed(path) : origin.replace(/(?<!\\):(?=\d)/g, "\\:") + path;
}

function fieldOf(field: unknown): [name: string, value: string | null] {
  const { key, value } = asObject(field);
  if (typeof key !== "string") throw new Unhonoured("wanted a key");
  if (typeof value !== "string" && value !== null) throw new Unhonoured("wanted a string or null as the value");
  checkField(key, value);
  return [key, value];
}

function asGlobs(value: unknown): readonly string[] {
  if (typeof value === "boolean") return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new Unhonoured("wanted true, false or a list of globs");
}

function isEverything(value: unknown): boolean {
  return Array.isArray(value) && value.some((glob) => /^\/?\*\*(\/\*)?$/.test(String(glob)));
}
