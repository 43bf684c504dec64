// The files of other servers that lie in a root, merged into one answer: `_redirects` and `_headers` (Netlify,
// Cloudflare) and `serve.json` (serve). How a file is read is the caller's business, and so is what wins over all of
// these: the configuration of this server does.
import type { SiteFileName } from "../../features/site-files.ts";
import type { SiteOptions } from "../../features/site-options.ts";
import type { Dialect, ForeignNote, ForeignSite } from "./foreign.ts";
import { readNetlifyHeaders } from "./netlify-headers.ts";
import { readNetlifyRedirects } from "./netlify-redirects.ts";
import { readServeJson } from "./serve-json.ts";

export interface ForeignSites extends ForeignSite {
  /** Names of the files that were there, in the order in which they were asked for. */
  readonly found: readonly string[];
}

/** By name; in a list of rules the first file's come first, and of single options the first file's counts. */
const READERS: Readonly<Record<SiteFileName, (text: string, dialect: Dialect) => ForeignSite>> = {
  _redirects: readNetlifyRedirects,
  _headers: readNetlifyHeaders,
  "serve.json": (text) => readServeJson(text),
};

/** @param read the text of a file in the root, by its name; undefined when there is none */
export function readForeign(read: (name: string) => string | undefined, dialect: Dialect = "netlify"): ForeignSites {
  let site: Partial<SiteOptions> = {};
  const notes: ForeignNote[] = [];
  const found: string[] = [];
  for (const [name, reader] of Object.entries(READERS)) {
    const text = read(name);
    if (text === undefined) continue;
    const one = reader(text, dialect);
    found.push(name);
    notes.push(...one.notes, ...overruled(name, site, one.site));
    site = merge(site, one.site);
  }
  return { site, notes, found };
}

function merge(first: Partial<SiteOptions>, second: Partial<SiteOptions>): Partial<SiteOptions> {
  return {
    ...second,
    ...first,
    ...joined("redirects", first, second),
    ...joined("rewrites", first, second),
    ...joined("headers", first, second),
  };
}

function joined<Key extends "redirects" | "rewrites" | "headers">(
  key: Key,
  first: Partial<SiteOptions>,
  second: Partial<SiteOptions>,
): Partial<SiteOptions> {
  const rules = [...(first[key] ?? []), ...(second[key] ?? [])];
  return rules.length > 0 ? { [key]: rules } : {};
}

/** Both files may name a page for missing paths; there is one. */
function overruled(file: string, first: Partial<SiteOptions>, second: Partial<SiteOptions>): readonly ForeignNote[] {
  if (first.fallback === undefined || second.fallback === undefined || first.fallback === second.fallback) return [];
  return [{ file, line: 1, text: second.fallback, reason: `_redirects has a fallback already: ${first.fallback}` }];
}
