// Refuses patterns of serve.json that take too long for a path made for the purpose. A regular expression tries every way
// to split a text, and the author of one root must not stop the threads that serve the others. The other patterns take at
// most time in the square of the path's length. Patterns of text, `:name` and `*` alone are always fast (features/).
import { readPattern, type Token } from "../../features/patterns/syntax.ts";
import { Unhonoured } from "./foreign.ts";

/** Length of one name; nobody writes longer ones. */
const NAME_LIMIT_LENGTH = 500;
/** Parts of variable length: two of them take 30 ms for a path of 8 KB, three take minutes. */
const OPEN_LIMIT_COUNT = 2;
/** Choices and optional parts: each multiplies the ways to match. */
const CHOICE_LIMIT_COUNT = 3;

const REASON = "too many wildcards or choices: a request could make the match take very long";

/** @throws {Unhonoured} for a slow segment of a glob */
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

/** @param segments of a glob, split at its slashes; @throws {Unhonoured} for a slow one */
export function refuseSlowGlob(segments: readonly string[]): void {
  const openCount = segments.slice(0, -1).filter((segment) => segment === "**").length;
  if (openCount > OPEN_LIMIT_COUNT && segments.some((segment) => segment !== "**" && /[*?[{(]/.test(segment))) {
    throw new Unhonoured(REASON);
  }
}

/** @throws {Unhonoured} for a slow pattern with expressions, or with optional or repeated names */
export function refuseSlowPattern(pattern: string): void {
  const tokens = readPattern(pattern);
  if (!tokens.some(({ kind }) => kind === "expression" || kind === "modifier")) return;
  const openCount = tokens.reduce((sum, _, index) => sum + openCountOf(tokens, index), 0);
  if (openCount > OPEN_LIMIT_COUNT) throw new Unhonoured(REASON);
}

/** True when no alternative is the beginning of another, so that a text can be split in only one way. */
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
  // `(\d+)/` ends with its name, so its length does not vary.
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
