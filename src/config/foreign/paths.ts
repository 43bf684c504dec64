// Paths and targets as `_headers` and `_redirects` write them ("/blog/*", "/:year/:month", "/news/:splat") -> those
// of features/pattern.ts. What other files write is in globs.ts; both use the small pieces here.
import { pathPattern } from "../../features/pattern.ts";
import { type Dialect, Unhonoured } from "./foreign.ts";

const NAME = /:[A-Za-z_]\w*/;

/** What URLPattern would take for syntax; braces are not among them, for no request has them (`encode` below). */
const SYNTAX = /[:*+?()\\]/;

/**
 * One pattern, or two where Netlify takes "/a" and "/a/" for one path: two plain paths are compared as strings, which
 * is a hundred times as quick as a pattern with an optional slash.
 * @throws {Unhonoured} for what cannot be matched here
 */
export function hostPatterns(source: string, dialect: Dialect): readonly string[] {
  refuseSource(source);
  const pattern = encode(source).replace(/:[A-Za-z_]\w*|\*+|[:+?()\\]/g, (found, offset: number, whole: string) => {
    if (found.startsWith("*")) return isBehindName(whole, offset) ? "{*}" : "*";
    return NAME.test(found) ? found : `\\${found}`;
  });
  const patterns = dialect === "netlify" ? withOptionalSlash(pattern) : [pattern];
  for (const each of patterns) checkPattern(each);
  return patterns;
}

/** `pattern` for both spellings of a path, "/a" and "/a/"; a splat at the end may be missing with its slash. */
export function withOptionalSlash(pattern: string): readonly string[] {
  if (pattern === "/" || pattern === "/*") return [pattern];
  if (pattern.endsWith("/*")) return [`${pattern.slice(0, -2)}{/*}?`];
  if (pattern.endsWith("*")) return [pattern];
  // "/post.php/" is nobody's.
  if (/\.\w+$/.test(pattern)) return [pattern];
  const bare = pattern.replace(/\/$/, "");
  if (/[:*{}()\\]/.test(bare)) return [`${bare}{/}?`];
  return bare === pattern ? [bare, `${bare}/`] : [pattern, bare];
}

/** @throws {Unhonoured} for what URLPattern cannot read */
export function checkPattern(pattern: string): string {
  try {
    pathPattern(pattern);
    return pattern;
  } catch (cause) {
    throw new Unhonoured(`URLPattern cannot say it: ${pattern}`, { cause });
  }
}

/** Literal text of a pattern: as requests write it, and without meaning to URLPattern. */
export function literal(text: string): string {
  return encode(text).replace(new RegExp(SYNTAX, "g"), "\\$&");
}

/**
 * Where a rule sends: a path, or an address with `isAddressAllowed`. `*` means nothing there.
 * @throws {Unhonoured} for anything else
 */
export function targetOf(to: string, isAddressAllowed: boolean): string {
  const isAddress = /^https?:\/\//i.test(to);
  if (isAddress && !isAddressAllowed) throw new Unhonoured("a proxy to another server: this one serves files only");
  if (isAddress && !/^https?:\/\/[!-.0->@-~]+(?:[/?#]|$)/i.test(to))
    throw new Unhonoured("the host must be in ASCII (punycode)");
  if (!isAddress && !to.startsWith("/")) throw new Unhonoured("the target must be a path or an http(s) address");
  if (/^\/[/\\]/.test(to)) throw new Unhonoured("a target without scheme, which browsers take for another host");
  if (to.startsWith("/.netlify/")) throw new Unhonoured("Netlify's own services do not exist here");
  return encode(to).replaceAll("*", "%2A");
}

/** A rewrite looks for a file, and no file has a query. */
export function rewriteTarget(to: string): string {
  return targetOf(to, false).replace(/[?#].*$/, "");
}

/** @throws {Unhonoured} for a redirect whose target it would take again, for ever */
export function refuseLoop(patterns: readonly string[], to: string): void {
  const [path = ""] = to.split(/[?#]/);
  if (!to.includes(":") && patterns.some((pattern) => pathPattern(pattern).match(path) !== undefined)) {
    throw new Unhonoured("it would redirect to itself; slashes at the end are what trailingSlash is for");
  }
}

/** What `meets` and `covers` compare; they ask no pattern, for files have thousands of rules to be compared. */
export type Segments = readonly string[];

export function segmentsOf(source: string): Segments {
  return encode(source).slice(1).split("/");
}

/** Whether a path may be of both: yes where that is hard to tell. */
export function meets(first: Segments, second: Segments): boolean {
  for (let index = 0; index < Math.max(first.length, second.length); index++) {
    const [one, other] = [first[index], second[index]];
    // "/a/*" is also about "/a".
    if (one === undefined || other === undefined) return (one ?? other) === "*";
    if (one.includes("*") || other.includes("*")) return true;
    if (one !== other && !one.includes(":") && !other.includes(":")) return false;
  }
  return true;
}

/** Whether every path of `narrow` is one of `wide`: no where that is hard to tell. */
export function covers(wide: Segments, narrow: Segments): boolean {
  for (const [index, segment] of narrow.entries()) {
    const other = wide[index];
    if (other === "*" && index === wide.length - 1) return true;
    if (other !== segment && !(other !== undefined && /^:\w+$/.test(other) && !segment.includes("*"))) return false;
  }
  return wide.length === narrow.length;
}

/** As browsers send it (WHATWG URL, path percent-encode set); what is encoded already keeps its meaning. */
export function encode(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^!#-;=?-\]_a-z|~]/gu, (character) => encodeURIComponent(character))
    .replace(/%[\da-f]{2}/gi, (triplet) => triplet.toUpperCase());
}

function refuseSource(source: string): void {
  if (/^[a-z]+:\/\//i.test(source)) throw new Unhonoured("a rule for one host only: rules here are for the whole site");
  if (!source.startsWith("/")) throw new Unhonoured("a path must begin with a slash");
  if (source.startsWith("/.netlify/")) throw new Unhonoured("Netlify's own services do not exist here");
  if (/[?#]/.test(source)) throw new Unhonoured("only paths are matched, not queries or fragments");
  if ((source.match(/\*+/g) ?? []).length > 1) throw new Unhonoured("only one * can stand in a path");
}

/** There `*` would say how often the name may stand, to URLPattern. */
function isBehindName(whole: string, offset: number): boolean {
  return /:[A-Za-z_]\w*$/.test(whole.slice(0, offset));
}
