// Translates the globs of serve.json to patterns of features/patterns/pattern.ts. Their meaning is that of minimatch 3
// (https://github.com/isaacs/minimatch) for decoded paths without a slash at the end, as serve-handler asks it: its braces
// are written out (braces.ts), each name is an expression (glob-names.ts), and `**` stands for any number of names.
import { posix } from "node:path";
import { expandBraces } from "./braces.ts";
import { encodedExpression, writtenText } from "./encoded-expression.ts";
import { globName } from "./glob-names.ts";
import { checkLinear } from "./linear.ts";
import { literal } from "./paths.ts";

/** A wildcard at the beginning of a name takes no dot, and no name is empty. */
const VISIBLE = "(?![.\\x2f]|$)";
const SLASH = "\\x2f";
/** `**` in front of other names. */
const ANY_NAMES = `(?:${SLASH}.*)?`;

/** A name, or any number of them, with the slash before it. */
interface Piece {
  /** In a pattern. */
  readonly pattern: string;
  /** In an expression of a pattern. */
  readonly expression: string;
}

/**
 * @param withSlash whether paths with a slash at the end are asked for, too: serve takes it off
 * @returns undefined for a glob that matches nothing
 * @throws {Unhonoured} for a glob that no pattern can express
 */
export function globPattern(source: string, withSlash = false): string | undefined {
  const isNegated = source.startsWith("!");
  const globs = expandBraces(slashed(isNegated ? source.slice(1) : source).trimEnd());
  const all = globs.map((glob) => glob.split(/\/+/).slice(1)).filter(isReachable);
  if (isNegated) return checkLinear(complement(all, withSlash));
  if (all.length === 0) return undefined;
  const pattern = joined(all.map((names) => pieces(names, withSlash)));
  // "/*" already takes the slash.
  return checkLinear(withSlash && !/^\/\*?$/.test(pattern) ? `${pattern}{/}?` : pattern);
}

/** Whether something has another meaning in a glob than in a path. */
export function isGlob(source: string): boolean {
  return /[*?[{\\]|[@!+]\(|^!/.test(source);
}

/** Adds the first slash, and removes "." and "..", as serve does: "**" is "/**". */
export function slashed(path: string): string {
  return posix.normalize(posix.join("/", path));
}

/** Not for "/a/": the paths that are asked for have no slash at the end. */
function isReachable(names: readonly string[]): boolean {
  return names.at(-1) !== "" || names.length === 1;
}

function complement(all: readonly (readonly string[])[], withSlash: boolean): string {
  const paths = all.map((names) =>
    pieces(names, withSlash)
      .map(({ expression }) => expression)
      .join(""),
  );
  const end = withSlash ? `${SLASH}?$` : "$";
  return `/((?!(?:${paths.map(behindSlash).join("|")})${end}).*)`;
}

/** Without the slash at the beginning, which stands in front of the expression. */
function behindSlash(path: string): string {
  return path.startsWith(ANY_NAMES) ? path.replace(ANY_NAMES + SLASH, `(?:.*${SLASH})?`) : path.slice(SLASH.length);
}

function pieces(names: readonly string[], withSlash: boolean): readonly Piece[] {
  const found: Piece[] = [];
  for (const [index, name] of names.entries()) {
    const isLast = index === names.length - 1;
    if (name !== "**") found.push(namePiece(name));
    else if (!isLast) {
      if (names[index + 1] !== "**") found.push({ pattern: "/*?", expression: ANY_NAMES });
    } else if (names.length === 1) found.push({ pattern: "/*", expression: `${SLASH}.*` });
    else found.push({ pattern: withSlash ? "/(.+)" : "/*", expression: withSlash ? `${SLASH}.+` : `${SLASH}.*` });
  }
  return found;
}

function namePiece(glob: string): Piece {
  const name = globName(glob);
  if (name.kind === "text") {
    return { pattern: `/${literalText(name.text)}`, expression: SLASH + writtenText(name.text) };
  }
  const expression = (name.isVisible ? VISIBLE : "") + encodedExpression(name.expression, "name");
  return { pattern: `/(${expression})`, expression: SLASH + expression };
}

/** Text of a decoded path, in which a "%" is one. */
export function literalText(text: string): string {
  return literal(text.replaceAll("%", "%25"));
}

/** One pattern for all: what they have in common at both ends is written once. */
function joined(all: readonly (readonly Piece[])[]): string {
  const [first = [], ...others] = uniqueBy(all, (one) => one.map(({ pattern }) => pattern).join(""));
  const least = Math.min(first.length, ...others.map(({ length }) => length));
  const isCommon = (at: number): boolean => others.every((one) => one.at(at)?.pattern === first.at(at)?.pattern);
  let before = 0;
  while (before < least && isCommon(before)) before++;
  let after = 0;
  // A pattern begins with a slash: where nothing is common there, each choice has one.
  while (after < least - Math.max(before, 1) && isCommon(-1 - after)) after++;
  const text = (some: readonly Piece[]): string => some.map(({ pattern }) => pattern).join("");
  const between = [first, ...others].map((one) => one.slice(before, one.length - after));
  return text(first.slice(0, before)) + choice(between) + text(first.slice(first.length - after));
}

function choice(all: readonly (readonly Piece[])[]): string {
  const [only = [], second] = all;
  if (second === undefined) return only.map(({ pattern }) => pattern).join("");
  const texts = all.map((one) => one.map(({ expression }) => expression).join(""));
  // The slash in front of every choice stands in front of all.
  return texts.every((text) => text.startsWith(SLASH))
    ? `/(${texts.map((text) => text.slice(SLASH.length)).join("|")})`
    : `{(${texts.join("|")})}`;
}

function uniqueBy<T>(all: readonly T[], key: (one: T) => string): readonly T[] {
  return [...new Map(all.map((one) => [key(one), one])).values()];
}
