// Translates the paths of serve.json to patterns of features/patterns/pattern.ts. Headers and lists of serve.json are globs
// of minimatch (https://github.com/isaacs/minimatch); sources of redirects and rewrites are path-to-regexp or globs, as it
// fits (serve-handler, src/index.js, `sourceMatches`). Refused, as no pattern can express them: `!(…)`, negation, and
// braces with slashes.
import { posix } from "node:path";
import { Unhonoured } from "./foreign.ts";
import { checkPattern, encode, literal, withOptionalSlash } from "./paths.ts";
import { refuseSlowGlob, refuseSlowPattern, refuseSlowSegment } from "./slow-patterns.ts";

/** Characters of one segment; URLPattern reads groups with the v flag, where a class may not hold a bare slash. */
const NOT_SLASH = "[^\\x2f]";
/** A wildcard at the beginning of a name matches no dot and no empty name. */
const VISIBLE = "(?![.\\x2f]|$)";
const EXTENDED: Readonly<Record<string, string>> = { "@": "", "?": "?", "+": "+", "*": "*" };

/** @throws {Unhonoured} for a glob that no pattern can express */
export function globPattern(source: string): string {
  const segments = slashed(source).slice(1).split("/");
  refuseSlowGlob(segments);
  const last = segments.length - 1;
  const parts = segments.map((segment, index) => {
    if (segment === "**") return index === last ? "*" : segments[index + 1] === "**" ? "" : "{*/}?";
    return segmentPattern(segment) + (index === last ? "" : "/");
  });
  return checkPattern(`/${parts.join("")}`);
}

/**
 * The source of a redirect or rewrite: matches with and without a slash at the end, as in path-to-regexp.
 * @throws {Unhonoured} for a source that no pattern can express
 */
export function routePatterns(source: string): readonly string[] {
  const path = slashed(source);
  // `:id` and groups, but not the groups of a glob: `@(a|b)`.
  if (/:\w|(?<![@!?+*])\(/.test(path)) return withOptionalSlash(segmentsPattern(path)).map(checkPattern);
  // serve also reads the first * as `(.*)`, which matches slashes.
  if (/^[^*?[{]*\*{1,2}[^*?[{(]*$/.test(path) && !path.includes("**/")) {
    const [before = "", after = ""] = path.split(/\*+/);
    const pattern = `${literal(before)}*${literal(after)}`;
    // "/a/**" also matches "/a"; "/a/*" does not.
    return (path.endsWith("/*") && !path.endsWith("**") ? [pattern] : withOptionalSlash(pattern)).map(checkPattern);
  }
  return /[*?[{]|[@!+]\(/.test(path) ? [globPattern(path)] : withOptionalSlash(literal(path)).map(checkPattern);
}

/** Adds the first slash, as serve does: "**" is "/**". */
export function slashed(source: string): string {
  if (source.startsWith("!")) throw new Unhonoured("negation with ! is not supported");
  return posix.normalize(posix.join("/", source));
}

/** path-to-regexp and URLPattern have the same syntax, except the star. */
function segmentsPattern(path: string): string {
  const stars = path.match(/\*+/g) ?? [];
  if (stars.length > 1) throw new Unhonoured("more than one * is not supported together with a :name or a group");
  if (/[{}]/.test(path)) throw new Unhonoured("braces are not supported together with a :name or a group");
  const pattern = encode(path);
  checkPattern(pattern);
  refuseSlowPattern(pattern);
  return /\/\*+$/.test(pattern) ? pattern.replace(/\*+$/, "*") : pattern.replace(/\*+/, "(.*)");
}

function segmentPattern(segment: string): string {
  if (!/[*?[{\\]|[@!+]\(/.test(segment)) return literal(segment);
  refuseSlowSegment(segment);
  return `(${/^([*?[]|[@+]\()/.test(segment) ? VISIBLE : ""}${new SegmentReader(segment).expression()})`;
}

/** Reads one segment of a glob as a regular expression without captures. */
class SegmentReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads up to one of `ends`, which it does not consume, or to the end of the text. */
  expression(ends = ""): string {
    let expression = "";
    while (this.#offset < this.#text.length && !ends.includes(this.#text[this.#offset]!)) expression += this.#next();
    return expression;
  }

  #next(): string {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#offset)!);
    this.#offset += character.length;
    if (this.#text[this.#offset] === "(" && "@?+*!".includes(character)) return this.#choice(character);
    if (character === "*") return `${NOT_SLASH}*`;
    if (character === "?") return NOT_SLASH;
    if (character === "[") return this.#class();
    if (character === "{") return this.#braces();
    if (character === "\\") return this.#escaped();
    return plain(character);
  }

  /** `@(a|b)`, `?(a)`, `+(a)`, `*(a)`. */
  #choice(kind: string): string {
    const quantifier = EXTENDED[kind];
    if (quantifier === undefined) throw new Unhonoured("!(…) is not supported");
    return this.#alternatives("|", ")") + quantifier;
  }

  #braces(): string {
    this.#offset--;
    if (/^\{[^{},]*\}/.test(this.#text.slice(this.#offset))) throw new Unhonoured("write {1..3} as {1,2,3}");
    return this.#alternatives(",", "}");
  }

  /** Reads from the opening character to the closing one, and consumes both. */
  #alternatives(separator: string, close: string): string {
    const found: string[] = [];
    do {
      this.#offset++;
      found.push(this.expression(separator + close));
    } while (this.#text[this.#offset] === separator);
    if (this.#text[this.#offset] !== close)
      throw new Unhonoured("found a choice that is not closed, or that contains a slash");
    this.#offset++;
    return `(?:${found.join("|")})`;
  }

  #class(): string {
    const [whole, negation, members] = /^([!^]?)(\]?[^\]]*)\]/.exec(this.#text.slice(this.#offset)) ?? [];
    if (whole === undefined || members === undefined || members === "" || /[^\x20-\x7e]|\[:|\\/.test(members)) {
      throw new Unhonoured("this class of characters is not supported");
    }
    this.#offset += whole.length;
    const safe = members.replace(/[^\w-]/g, hex).replace(/^-|-$/g, hex);
    return negation === "" ? `[${safe}]` : `[^\\x2f${safe}]`;
  }

  #escaped(): string {
    const character = this.#text[this.#offset++];
    if (character === undefined) throw new Unhonoured("found a backslash at the end");
    return plain(character);
  }
}

/** A character as it is in requests, escaped for a regular expression. */
function plain(character: string): string {
  return encode(character).replace(/[^\w%-]/g, hex);
}

function hex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
