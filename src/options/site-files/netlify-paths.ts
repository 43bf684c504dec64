// Translates paths and targets of Netlify's `_redirects` and `_headers` to those of features/patterns/pattern.ts. What Netlify
// does was tried with its own matcher, netlify-redirector 0.5.0, and with @netlify/headers-parser 10.1.1. In `_redirects` a
// placeholder is a whole segment, whatever its name has in it, and `*` is a segment or the end of one; a slash at the end
// makes no difference. Placeholders are replaced as text, one after the other, in the order of the path.
import { pathPattern } from "../../features/patterns/pattern.ts";
import { Unhonoured } from "./foreign.ts";
import { checkPattern, encode, literal, type Segments } from "./paths.ts";

export interface NetlifyPath {
  /** With a slash at its beginning, and none at its end. */
  readonly path: string;
  /** Any of them matches; a plain path has two, because texts are compared a hundred times as fast as patterns. */
  readonly patterns: readonly string[];
  readonly segments: Segments;
  readonly groups: readonly Group[];
  /** What the author of the file may not expect of a placeholder or a star. */
  readonly remarks: readonly string[];
}

export interface Group {
  /** As paths and targets have it behind the colon, percent-encoded: "slug.html". */
  readonly name: string;
  /** As the pattern has it. */
  readonly id: string;
}

interface Segment {
  readonly pattern: string;
  /** How `meets` and `covers` compare it. */
  readonly compared: string;
}

/** More are no path that anyone writes, and each is a step for every request. */
const GROUP_LIMIT_COUNT = 20;

/**
 * @param to the target of the rule
 * @throws {Unhonoured} for a path that no request has
 */
export function netlifyPath(source: string, to: string): NetlifyPath {
  const reader = new PathReader(to);
  const path = cleanPath(source);
  const segments = withoutRepeatedStars(path.slice(1).split("/")).map((text) => reader.segment(text));
  const { groups, remarks } = reader;
  return { path, patterns: patternsOf(segments), segments: segments.map(({ compared }) => compared), groups, remarks };
}

/** A target, as `targetOf` writes it, as a template for `fillTarget`. */
export function netlifyTemplate(target: string, groups: readonly Group[]): string {
  let pieces: readonly (string | Group)[] = [target];
  for (const group of groups) {
    pieces = pieces.flatMap((piece) => {
      if (typeof piece !== "string") return [piece];
      return piece.split(`:${group.name}`).flatMap((text, index) => (index === 0 ? [text] : [group, text]));
    });
  }
  return pieces
    .map((piece, index) => {
      if (typeof piece === "string") return piece;
      const after = pieces[index + 1];
      return typeof after === "string" && /^\w/.test(after) ? `{:${piece.id}}` : `:${piece.id}`;
    })
    .join("");
}

/**
 * The beginning of the paths that a redirect with a star is not for, so that "/* /en/:splat" and "/* /soon.html" end: those
 * of its target, if that is a path that the rule itself matches.
 * @param to as `targetOf` writes it
 * @throws {Unhonoured} for a rule that is for no path
 */
export function netlifyException({ path, patterns }: NetlifyPath, to: string): string | undefined {
  if (!path.includes("*") || !/^\/[^?#]*$/.test(to)) return undefined;
  const target = exactPath(to);
  if (!patterns.some((pattern) => pathPattern(pattern).match(target) !== undefined)) return undefined;
  const except = exactPath(to.replace(/\/:splat$/, ""));
  if (except === "") return undefined;
  const [beginning = ""] = path.split(/\/:|\*/);
  if (exactPath(beginning).startsWith(except))
    throw new Unhonoured("never used, as on Netlify: all paths of the rule begin as its target does");
  return except;
}

/** As paths are compared. */
function exactPath(text: string): string {
  return text === "" ? "" : pathPattern(literal(text)).exact!;
}

/**
 * The patterns of a path of `_headers`, where a star may stand anywhere in a segment.
 * @throws {Unhonoured} for a path that no request has
 */
export function netlifyHeaderPatterns(source: string): readonly string[] {
  // Netlify drops empty segments.
  const texts = source.split("/").filter((text) => text !== "");
  const ids: string[] = [];
  const segments = withoutRepeatedStars(texts).map((text): Segment => {
    if (text === "*") return STAR;
    if (!text.startsWith(":")) return { pattern: text.split(/\*+/).map(literal).join("*"), compared: text };
    ids.push(idOf(text.slice(1), ids));
    return { pattern: `:${ids.at(-1)}`, compared: text };
  });
  if ((source.match(/\*+|\/:/g) ?? []).length > GROUP_LIMIT_COUNT) throw new Unhonoured(TOO_MANY);
  return patternsOf(segments);
}

const TOO_MANY = `a path can have only ${GROUP_LIMIT_COUNT} placeholders and stars`;
/** A star that is a segment. */
const STAR: Segment = { pattern: "*", compared: "*" };

/** @throws {Unhonoured} for a path that no request has */
function cleanPath(source: string): string {
  if (/^https?:\/\//i.test(source))
    throw new Unhonoured("rules for one host are not supported: a rule applies to the whole site");
  const path = `${source.startsWith("/") ? "" : "/"}${source}`;
  if (path.startsWith("/.netlify")) throw new Unhonoured("services of Netlify are not supported");
  if (/[?#]/.test(path)) throw new Unhonoured("a rule matches only a path, not a query or a fragment");
  if (/\/\.\.?(?:\/|$)/.test(path)) throw new Unhonoured("never used: requests have no dot segments");
  if (path.includes("//")) throw new Unhonoured("never used: a path with two slashes side by side is 404 here");
  if (/\\|%5c|%2f/i.test(path)) throw new Unhonoured("never used: no path here has a backslash or an encoded slash");
  return path.length > 1 ? path.replace(/\/$/, "") : path;
}

/** The first of several takes all. */
function withoutRepeatedStars(texts: readonly string[]): readonly string[] {
  return texts.filter((text, index) => text !== "*" || texts[index - 1] !== "*");
}

/** Reads the segments of one path, from the first to the last. */
class PathReader {
  readonly groups: Group[] = [];
  readonly remarks: string[] = [];
  readonly #to: string;
  #groupCount = 0;

  constructor(to: string) {
    this.#to = to;
  }

  segment(text: string): Segment {
    if (text.startsWith(":") && text.length > 1) return this.#placeholder(text);
    const isStar = text.endsWith("*");
    const before = isStar ? text.slice(0, -1) : text;
    if (before.includes("*"))
      this.remarks.push("a * stands for other text only at the end of a name, also on Netlify: here it is a character");
    if (!isStar) return { pattern: literal(text), compared: encode(text) };
    this.#count();
    // Later stars match, and fill nothing.
    if (!this.groups.some(({ id }) => id === "splat")) this.groups.push({ name: "splat", id: "splat" });
    if (before === "") return STAR;
    return { pattern: `${literal(before)}{/}?*`, compared: `${encode(before)}*` };
  }

  #placeholder(text: string): Segment {
    const name = text.slice(1);
    const mixed = this.#mixed(text);
    if (mixed !== undefined) return mixed;
    if (!/^[\p{L}\p{N}_-]+$/u.test(name))
      this.remarks.push(`a placeholder is a whole name, as on Netlify: ${text} matches every one`);
    return { pattern: `:${this.#group(name)}`, compared: ":name" };
  }

  /**
   * For Netlify "/:slug.html /:slug" leads every name to the text "/:slug", which nobody wants: here `:slug` is what stands
   * before ".html".
   */
  #mixed(text: string): Segment | undefined {
    const names = text.match(/:[A-Za-z_]\w*/g) ?? [];
    if (/[^\w.~:-]/.test(text) || names.join("") === text || this.#to.includes(text)) return undefined;
    if (!names.some((name) => this.#to.includes(name))) return undefined;
    this.remarks.push(
      `Netlify takes ${text} for one name, which every name matches and which its target does not have: here, ${names.join(" and ")} is a part of it`,
    );
    const pattern = text.replace(/:[A-Za-z_]\w*|:/g, (found) =>
      found === ":" ? literal(found) : `:${this.#group(found.slice(1))}`,
    );
    return { pattern, compared: text };
  }

  /** @returns the name of the group in the pattern */
  #group(name: string): string {
    this.#count();
    const written = encode(name).replaceAll("*", "%2A");
    const id = idOf(name, ["splat", ...this.groups.map((group) => group.id)]);
    this.groups.push({ name: written, id });
    return id;
  }

  #count(): void {
    if (++this.#groupCount > GROUP_LIMIT_COUNT) throw new Unhonoured(TOO_MANY);
  }
}

/** Another name where a pattern cannot have this one, or has it already. */
function idOf(name: string, taken: readonly string[]): string {
  return /^[A-Za-z_]\w*$/.test(name) && !taken.includes(name) ? name : `_${taken.length}`;
}

/** A star that is a segment may match no segment at all. */
function patternsOf(segments: readonly Segment[]): readonly string[] {
  const last = segments.length - 1;
  const pattern = segments
    .map((segment, index) => {
      // The pattern of a star ends in the slash.
      if (segment !== STAR) return (segments[index - 1] === STAR ? "" : "/") + segment.pattern;
      if (index < last) return "/{*/}?";
      return index === 0 ? "/*" : "{/*}?";
    })
    .join("");
  return withEnd(pattern, segments[last]).map(checkPattern);
}

/** With and without a slash at the end, which a star takes as well. */
function withEnd(pattern: string, last: Segment | undefined): readonly string[] {
  if (pattern === "" || pattern === "/") return ["/"];
  if (last === undefined || last.pattern.endsWith("*")) return [pattern];
  return /[:*{}()\\]/.test(pattern) ? [`${pattern}{/}?`] : [pattern, `${pattern}/`];
}
