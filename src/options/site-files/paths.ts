// What the readers of all rule files need for paths and targets: how text is written in a pattern of
// features/patterns/pattern.ts, which targets are refused, and which paths two rules share. The syntax of each file is in
// netlify-paths.ts, cloudflare-paths.ts and globs.ts.
import { pathPattern } from "../../features/patterns/pattern.ts";
import { Unhonoured } from "./foreign.ts";

/** Characters with a meaning in URLPattern. Braces are left out, since `encode` below replaces them. */
const SYNTAX = /[:*+?()\\]/;

/** `pattern` with and without a slash at the end; "/a/*" also matches "/a". */
export function withOptionalSlash(pattern: string): readonly string[] {
  if (pattern === "/" || pattern === "/*") return [pattern];
  if (pattern.endsWith("/*")) return [`${pattern.slice(0, -2)}{/*}?`];
  if (pattern.endsWith("*")) return [pattern];
  const bare = pattern.replace(/\/$/, "");
  if (/[:*{}()\\]/.test(bare)) return [`${bare}{/}?`];
  return bare === pattern ? [bare, `${bare}/`] : [pattern, bare];
}

/** @throws {Unhonoured} for a pattern that URLPattern cannot read */
export function checkPattern(pattern: string): string {
  try {
    pathPattern(pattern);
    return pattern;
  } catch (cause) {
    throw new Unhonoured(`the path cannot be written as a URLPattern: ${pattern}`, { cause });
  }
}

/** Literal text in a pattern: encoded as in requests, and escaped for URLPattern. */
export function literal(text: string): string {
  return encode(text).replace(new RegExp(SYNTAX, "g"), "\\$&");
}

/**
 * The target of a rule: a path, or an address with `isAddressAllowed`. `*` has no meaning in a target.
 * @throws {Unhonoured} for anything else
 */
export function targetOf(to: string, isAddressAllowed: boolean): string {
  const isAddress = /^https?:\/\//i.test(to);
  if (isAddress && !isAddressAllowed) throw new Unhonoured("proxies are not supported: heddle serves files only");
  if (isAddress && !/^https?:\/\/[!-.0->@-~]+(?:[/?#]|$)/i.test(to))
    throw new Unhonoured("write the host in ASCII (punycode)");
  if (!isAddress && !to.startsWith("/")) throw new Unhonoured("the target must be a path or an http(s) address");
  if (/^\/[/\\]/.test(to))
    throw new Unhonoured("the target begins with two slashes, which browsers read as another host");
  if (to.startsWith("/.netlify/")) throw new Unhonoured("services of Netlify are not supported");
  return encode(to).replaceAll("*", "%2A");
}

/**
 * The target of a rewrite: a file, so without a query.
 * @throws {Unhonoured} for a target that is never served
 */
export function rewriteTarget(to: string): string {
  const path = targetOf(to, false).replace(/[?#].*$/, "");
  if (hasHiddenName(path)) throw new Unhonoured("the target has a name that begins with a dot, which is never served");
  return path;
}

/** A name that begins with a dot is never served, but for /.well-known. */
export function hasHiddenName(path: string): boolean {
  const [, ...names] = path.split("/");
  return names.some((name, index) => /^\.(?!\.?$)/.test(name) && !(index === 0 && name === ".well-known"));
}

/** @throws {Unhonoured} for a redirect that matches its own target, which would never end */
export function refuseLoop(patterns: readonly string[], to: string): void {
  const [path = ""] = to.split(/[?#]/);
  if (!to.includes(":") && patterns.some((pattern) => pathPattern(pattern).match(path) !== undefined)) {
    throw new Unhonoured("the rule redirects to itself; for slashes at the end, use the option trailingSlash");
  }
}

/** A path for `meets` and `covers`, which compare no patterns, because a file may have thousands of rules. */
export type Segments = readonly string[];

export function segmentsOf(source: string): Segments {
  return encode(source).slice(1).split("/");
}

/** Whether one path can match both; true when that is hard to tell. */
export function meets(first: Segments, second: Segments): boolean {
  for (let index = 0; index < Math.max(first.length, second.length); index++) {
    const [one, other] = [first[index], second[index]];
    // "/a/*" also matches "/a".
    if (one === undefined || other === undefined) return (one ?? other) === "*";
    if (one.includes("*") || other.includes("*")) return true;
    if (one !== other && !one.includes(":") && !other.includes(":")) return false;
  }
  return true;
}

/** Whether `wide` matches every path of `narrow`; false when that is hard to tell. */
export function covers(wide: Segments, narrow: Segments): boolean {
  for (const [index, segment] of narrow.entries()) {
    const other = wide[index];
    if (other === "*" && index === wide.length - 1) return true;
    if (other !== segment && !(other !== undefined && /^:\w+$/.test(other) && !segment.includes("*"))) return false;
  }
  return wide.length === narrow.length;
}

/** Encodes a path as browsers do (WHATWG URL, path percent-encode set); existing escapes keep their meaning. */
export function encode(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^!#-;=?-\]_a-z|~]/gu, (character) => encodeURIComponent(character))
    .replace(/%[\da-f]{2}/gi, (triplet) => triplet.toUpperCase());
}
