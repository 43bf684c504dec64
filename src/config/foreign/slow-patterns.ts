// Which patterns of serve.json would take too long for a path that is made for them. A regular expression tries every way
// to share out a text, and whoever may write into one root must not stop the threads that serve the others. What is left
// takes at most the square of a path's length; what says so by text, `:name` and `*` alone never takes long (features/).
import { readPattern, type Token } from "../../features/pattern-syntax.ts";
import { Unhonoured } from "./foreign.ts";

/** Of one name, beyond what anyone writes. */
const NAME_LIMIT_LENGTH = 500;
/** Parts that can be long or short: two of them take 30 ms for a path of 8 KB, three take minutes. */
const OPEN_LIMIT_COUNT = 2;
/** Parts that are one of several, or missing: each multiplies the ways. */
const CHOICE_LIMIT_COUNT = 3;

const REASON = "too many parts that may be long or short, or repeated choices: too slow for paths made to be slow";

/** @throws {Unhonoured} for one segment of a glob */
export function refuseSlowSegment(segment: string): void {
  const openCount = count(segment, /\*|\+(?=\()/g);
  const choiceCount = count(segment, /[?@]\(|\{/g);
  const repeated = [...segment.matchAll(/[*+]\(([^)]*)/g)].map(([, alternatives = ""]) => alternatives.split("|"));
  if (
    openCount > OPEN_LIMIT_COUNT ||
    choiceCount > CHOICE_LIMIT_COUNT ||
    segment.length > NAME_LIMIT_LENGTH ||
    !repeated.every(isOneWay)
  ) {
    throw new Unhonoured(REASON);
  }
}

/** @throws {Unhonoured} for a glob as it is split at its slashes */
export function refuseSlowGlob(segments: readonly string[]): void {
  const openCount = segments.slice(0, -1).filter((segment) => segment === "**").length;
  if (openCount > OPEN_LIMIT_COUNT && segments.some((segment) => segment !== "**" && /[*?[{(]/.test(segment))) {
    throw new Unhonoured(REASON);
  }
}

/** @throws {Unhonoured} for a pattern with expressions, or with names that may be missing or come often */
export function refuseSlowPattern(pattern: string): void {
  const tokens = readPattern(pattern);
  if (!tokens.some(({ kind }) => kind === "expression" || kind === "modifier")) return;
  const openCount = tokens.reduce((sum, _, index) => sum + openCountOf(tokens, index), 0);
  if (openCount > OPEN_LIMIT_COUNT) throw new Unhonoured(REASON);
}

/** Alternatives of which none is the beginning of another: a text is made of them in one way. */
function isOneWay(alternatives: readonly string[]): boolean {
  const [first = ""] = alternatives;
  return (
    alternatives.every((one) => /^[\w-]+$/.test(one) && one.length === first.length) &&
    new Set(alternatives).size === alternatives.length
  );
}

function openCountOf(tokens: readonly Token[], index: number): number {
  const token = tokens[index]!;
  if (token.kind === "star") return 1;
  if (token.kind !== "name" && token.kind !== "expression") return 0;
  const next = tokens[index + 1];
  const isRepeated = next?.kind === "modifier" && next.text !== "?";
  if (token.kind === "name") {
    if (next?.kind === "expression") return 0;
    return isRepeated || !endsAtSlash(tokens, index) ? 1 : 0;
  }
  if (isRepeated) throw new Unhonoured(REASON);
  // `(\d+)/` is as long as the name is.
  if (/^\((?:\\[dw]|\[[\w-]+\])[+*]?\)$/.test(token.text) && endsAtSlash(tokens, index)) return 0;
  return openCountOfExpression(token.text.slice(1, -1));
}

function openCountOfExpression(text: string): number {
  const bare = text.replace(/\\./gs, "x").replace(/\[[^\]]*\]/g, "x");
  const optionalCount = count(bare, /(?<!\()\?|\(/g);
  if (/\)[*+?{]/.test(bare) || optionalCount > CHOICE_LIMIT_COUNT) throw new Unhonoured(REASON);
  return count(bare, /[*+]|\{\d+,\d*\}/g);
}

function endsAtSlash(tokens: readonly Token[], index: number): boolean {
  const next = tokens.slice(index + 1).find(({ kind }) => kind !== "modifier" && kind !== "open" && kind !== "close");
  return next === undefined || (next.kind === "literal" && next.text.startsWith("/"));
}

function count(text: string, expression: RegExp): number {
  return text.match(expression)?.length ?? 0;
}
