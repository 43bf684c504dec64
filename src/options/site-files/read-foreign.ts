// Merges the files of other servers in a root: `_redirects` and `_headers` (Netlify, Cloudflare) and `serve.json` (serve).
// The caller reads the files, and lets the configuration of this server override them.
import type { SiteFileName } from "../../features/private-files.ts";
import { readCloudflareHeaders } from "./cloudflare-headers.ts";
import { readCloudflareRedirects } from "./cloudflare-redirects.ts";
import type { Dialect, ForeignNote, ForeignOptions, ForeignSite } from "./foreign.ts";
import { readNetlifyHeaders } from "./netlify-headers.ts";
import { readNetlifyRedirects } from "./netlify-redirects.ts";
import { readServeJson } from "./serve-json.ts";

export interface ForeignSites extends ForeignSite {
  /** Names of the files that exist, in the order of `READERS`. */
  readonly found: readonly string[];
}

/** By name. In a list, the rules of the first file come first; for a single option, the first file wins. */
const READERS: Readonly<Record<SiteFileName, (text: string, dialect: Dialect) => ForeignSite>> = {
  _redirects: (text, dialect) =>
    dialect === "cloudflare" ? readCloudflareRedirects(text) : readNetlifyRedirects(text),
  _headers: (text, dialect) => (dialect === "cloudflare" ? readCloudflareHeaders(text) : readNetlifyHeaders(text)),
  "serve.json": (text) => readServeJson(text),
};

/** @param read returns the text of a file in the root, or undefined without such a file */
export function readForeign(read: (name: string) => string | undefined, dialect: Dialect = "netlify"): ForeignSites {
  let site: ForeignOptions = {};
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
  // `serve.json` says which, and the others need both: rules and pages of sites on Netlify and Cloudflare lead to "/about".
  if (found.length > 0 && site.cleanUrls === undefined) site = { ...site, cleanUrls: "both" };
  return { site, notes, found };
}

function merge(first: ForeignOptions, second: ForeignOptions): ForeignOptions {
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
  first: ForeignOptions,
  second: ForeignOptions,
): ForeignOptions {
  const rules = [...(first[key] ?? []), ...(second[key] ?? [])];
  return rules.length > 0 ? { [key]: rules } : {};
}

/** Both files may set the fallback page, and only one can apply. */
function overruled(file: string, first: ForeignOptions, second: ForeignOptions): readonly ForeignNote[] {
  if (first.fallback === undefined || second.fallback === undefined || first.fallback === second.fallback) return [];
  return [{ file, line: 1, text: second.fallback, reason: `_redirects already sets the fallback ${first.fallback}` }];
}
