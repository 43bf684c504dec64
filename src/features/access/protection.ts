// Who needs a password for a path? One file may have many URLs, and on some file systems many spellings: a superfluous
// one costs a comparison, a missing one gives away a protected file.
//
//   patterns    the paths of `auth.for`, and the same without case and composition: "/PRIVATE" may be "/private"
//   URLs        all that lead to the same file: with and without slash, index.html, .html, .br/.gz/.zst/.dcb
//   rewrites    a request is also for the file to which a rewrite leads
import { type PathPattern, pathPattern } from "../patterns/pattern.ts";
import type { ResolvedAccess } from "./access-options.ts";

export interface ProtectionOptions {
  readonly auth: ResolvedAccess["auth"];
  /** Whether "/a" is also a URL of "/a.html". */
  readonly hasCleanUrls: boolean;
  readonly routes: Rewrites;
}

/** The rewrites of the site, whose targets are canonically written. */
interface Rewrites {
  rewrite(url: string, isMissing: boolean): { readonly to: string } | undefined;
}

export class Protection {
  readonly #patterns: readonly PathPattern[];
  readonly #hasCleanUrls: boolean;
  readonly #routes: Rewrites;

  /** @throws {TypeError} for a pattern that is malformed */
  constructor({ auth, hasCleanUrls, routes }: ProtectionOptions) {
    const sources = auth === undefined ? [] : auth.for;
    // In an expression the case has a meaning: \D is not \d.
    const caseless = sources.filter((source) => !/[\\(]/.test(source)).map(folded);
    this.#patterns = [...sources, ...caseless].map(pathPattern);
    this.#hasCleanUrls = hasCleanUrls;
    this.#routes = routes;
  }

  /**
   * Whether a request for a path needs a password: it does if any path needs one by which the file may be meant.
   * @param url the path, canonically written: "/%70rivate/a" needs a password as "/private/a" does
   */
  asksAt(url: string): boolean {
    if (this.#patterns.length === 0) return false;
    for (const path of this.#pathsOf(url)) if (this.#matches(path)) return true;
    return false;
  }

  /** Whether the file at this URL needs a password, by one of its URLs. Asked for every entry of a listing. */
  protects(url: string): boolean {
    if (this.#patterns.length === 0) return false;
    return urlsOf(url, this.#hasCleanUrls).some((path) => this.#matches(path));
  }

  /**
   * Whether a visitor who may see a folder may see an entry of it: the entry needs no password, or the folder needs
   * one, too.
   */
  covers(entry: string, folder: string): boolean {
    return !this.protects(entry) || this.protects(folder);
  }

  /** The paths by which the file may be meant that answers a request: its URLs, and where a rewrite leads. */
  *#pathsOf(url: string): Generator<string> {
    yield* urlsOf(url, this.#hasCleanUrls);
    // As a lookup goes (site/lookup.ts): from the target of a rewrite, by any of its URLs, a rule for missing paths may
    // lead on.
    const target = this.#routes.rewrite(url, false)?.to ?? url;
    for (const place of urlsOf(target, this.#hasCleanUrls)) {
      yield place;
      const last = this.#routes.rewrite(place, true);
      if (last !== undefined) yield* urlsOf(last.to, this.#hasCleanUrls);
    }
  }

  #matches(path: string): boolean {
    const alike = folded(path);
    return this.#matchesAsWritten(path) || (alike !== path && this.#matchesAsWritten(alike));
  }

  #matchesAsWritten(path: string): boolean {
    return this.#patterns.some((pattern) => pattern.match(path) !== undefined);
  }
}

const CODED = /\.(?:br|gz|zst|[\da-f]{64}\.dc[bz])$/i;
const INDEX = /\/(?:index\.html)?$/i;
const PAGE = /\.html$/i;

/**
 * Every URL that can lead to the same file.
 * @param url a path, canonically written, which is among them
 */
function urlsOf(url: string, hasCleanUrls: boolean): readonly string[] {
  const found = new Set([url]);
  // "/a.html.br" has all that "/a.html" has.
  for (const file of CODED.test(url) ? [url, url.replace(CODED, "")] : [url]) {
    const bare = file.replace(INDEX, "");
    found.add(file);
    addFolder(found, bare);
    if (!hasCleanUrls) continue;
    const clean = bare.replace(PAGE, "");
    addFolder(found, clean);
    found.add(`${clean}.html`);
  }
  return [...found];
}

/** A folder, its slash, its index page. */
function addFolder(found: Set<string>, bare: string): void {
  found
    .add(bare === "" ? "/" : bare)
    .add(`${bare}/`)
    .add(`${bare}/index.html`);
}

const ENCODED_BEYOND_ASCII = /(?:%[89A-F][\dA-F])+/gi;

/**
 * One text for all names that some file system takes for the same: without case, and beyond ASCII however accents are
 * composed and whatever invisible characters stand between (APFS, and ext4 with `casefold`).
 */
function folded(path: string): string {
  // Most paths are their own: a request that needs no password should not wait for this.
  if (/^[^%A-Z\x80-\uffff]*$/.test(path)) return path;
  const visible = path
    .toWellFormed()
    .replace(ENCODED_BEYOND_ASCII, decodedOr)
    .normalize("NFD")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  return visible
    .replace(/%[\dA-F]{2}|[^%]+/gi, (part) => (part.startsWith("%") ? part : part.toUpperCase().toLowerCase()))
    .normalize("NFC")
    .replace(/[^\0-\x7f]+/g, encodeURIComponent);
}

function decodedOr(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
