// The paths to which a rule applies, as `URLPattern` writes them ("/blog/:year/*"), and where a rule sends a match.
// Paths are compared as `canonicalPath` writes them, percent-encoded.
import { automatonOf } from "./automaton.ts";
import { linearMatch, type Step } from "./linear-match.ts";
import { patternTree } from "./pattern-tree.ts";
import { readPattern, type Token, writePattern } from "./syntax.ts";

export interface PathPattern {
  /** What the pattern's groups stand for in this path, percent-encoded; undefined where it does not match. */
  match(path: string): Groups | undefined;
  /** The only path that matches. */
  readonly exact: string | undefined;
  /** All paths that match begin with this … */
  readonly beginning: string;
  /** … and end with this. */
  readonly ending: string;
  /** Whether the time that `match` takes is at most linear in the path, for any path. */
  readonly isLinear: boolean;
}

export type Groups = Readonly<Record<string, string>>;

/**
 * `*` and `:name` in a pattern are groups; the first `*` is also called "splat", as in Netlify's files.
 * @throws {TypeError} for a malformed pattern
 */
export function pathPattern(source: string): PathPattern {
  if (!source.startsWith("/")) throw new TypeError(`a path begins with a slash: ${JSON.stringify(source)}`);
  const tokens = readPattern(source);
  const [first, second] = tokens;
  // Most rules are for one path: those need no matching.
  if (first?.kind === "literal" && second === undefined) return exactPattern(first.text);
  const urlPattern = newUrlPattern(writePattern(tokens));
  const beginning = first?.kind === "literal" ? first.text : "";
  const last = tokens.at(-1);
  const linear = matcher(tokens) ?? expressionMatcher(tokens);
  return {
    match: linear ?? ((path) => named(urlPattern.exec({ pathname: path })?.pathname.groups)),
    isLinear: linear !== undefined,
    exact: undefined,
    // In "/a/:b?" the second slash is as optional as the name.
    beginning: second?.kind === "open" ? beginning : beginning.replace(/\/$/, ""),
    ending: last?.kind === "literal" ? last.text : "",
  };
}

/**
 * A target with `:name` and `*` replaced by what they stand for; names that the pattern does not have stay. Braces end a
 * name: "{:year}s". No request can turn a path of this site into the address of another: "//host" has one slash. So has
 * "/a//b", where a group is empty, because no page has a path with two.
 */
export function fillTarget(template: string, groups: Groups): string {
  const filled = template.replace(/\{:([a-z_]\w*)\}|:([a-z_]\w*)|\*/gi, (whole, braced, bare) => {
    const name: string = braced ?? bare ?? "0";
    return Object.hasOwn(groups, name) ? groups[name]! : whole;
  });
  return template.startsWith("/") ? filled.replace(/^[^?#]*/, (path) => path.replace(/[/\\]{2,}/g, "/")) : filled;
}

function exactPattern(text: string): PathPattern {
  const none: Groups = {};
  return {
    match: (path) => (path === text ? none : undefined),
    exact: text,
    beginning: text,
    ending: text,
    isLinear: true,
  };
}

function newUrlPattern(pathname: string): URLPattern {
  try {
    return new URLPattern({ pathname });
  } catch (cause) {
    throw new TypeError("URLPattern cannot read it: a name twice, a brace or an expression that is not closed", {
      cause,
    });
  }
}

/**
 * The patterns that nearly everyone writes: URLPattern takes 3 us for a path that does not match, our regular
 * expression 0.05. Undefined for one that has more than text, `:name`, `*` and text that may be missing, as in "/a{/}?"
 * and "/a{/*}?".
 */
function matcher(tokens: readonly Token[]): PathPattern["match"] | undefined {
  const steps = stepsOf(tokens);
  if (steps === undefined) return undefined;
  const names = steps.flatMap((step) => ("name" in step ? [step.name] : []));
  const none = Object.fromEntries(names.map((name) => [name, ""]));
  if (!isSharedOutOneWay(steps)) {
    return (path) => {
      const found = linearMatch(steps, path);
      return found === undefined ? undefined : named({ ...none, ...found });
    };
  }
  const compiled = new RegExp(`^${expressionOf(steps)}$`);
  return (path) => {
    const found = compiled.exec(path);
    return found === null ? undefined : named(Object.fromEntries(names.map((name, index) => [name, found[index + 1]])));
  };
}

/** Patterns with expressions and modifiers. Undefined for the few that an automaton cannot run. */
function expressionMatcher(tokens: readonly Token[]): PathPattern["match"] | undefined {
  const tree = patternTree(tokens);
  const automaton = tree === undefined ? undefined : automatonOf(tree);
  return automaton && ((path) => named(automaton.match(path)));
}

function stepsOf(tokens: readonly Token[]): Step[] | undefined {
  const steps: Step[] = [];
  let starCount = 0;
  let openedAt: number | undefined;
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    switch (token.kind) {
      case "literal":
        steps.push({ kind: "text", text: token.text });
        break;
      case "name": {
        const isGreedy = isGreedyName(next);
        const modifier = isGreedy ? tokens[index + 2] : next;
        if (openedAt !== undefined || modifier?.kind === "modifier") return undefined;
        steps.push({ kind: "name", name: token.name, isGreedy });
        break;
      }
      case "star":
        if (next?.kind === "modifier") return undefined;
        steps.push({ kind: "star", name: String(starCount++) });
        break;
      case "open":
        if (openedAt !== undefined) return undefined;
        openedAt = steps.push({ kind: "maybe", to: steps.length + 1 }) - 1;
        break;
      case "close":
        if (openedAt === undefined) return undefined;
        // Braces alone make nothing optional.
        if (next?.kind !== "modifier") steps[openedAt] = { kind: "text", text: "" };
        else if (next.text === "?") steps[openedAt] = { kind: "maybe", to: steps.length };
        else return undefined;
        openedAt = undefined;
        break;
      case "modifier":
        break;
      case "expression":
        if (!isGreedyName(token) || tokens[index - 1]?.kind !== "name") return undefined;
        break;
      default:
        token satisfies never;
    }
  }
  return steps;
}

/** `:name([^\/]+)` takes as much of its segment as it can, and `:name` as little: it matters with two groups in a segment. */
function isGreedyName(token: Token | undefined): boolean {
  return token?.kind === "expression" && token.text === "([^\\/]+)";
}

/** Whether every group but the last can only end at one place, a slash: then no regular expression takes long. */
function isSharedOutOneWay(steps: readonly Step[]): boolean {
  const last = steps.findLastIndex((step) => "name" in step);
  return steps.slice(0, Math.max(last, 0)).every((step, index) => {
    const next = steps[index + 1];
    return !("name" in step) || (step.kind === "name" && next?.kind === "text" && next.text.startsWith("/"));
  });
}

function expressionOf(steps: readonly Step[]): string {
  const closesBefore = new Set(steps.flatMap((step) => (step.kind === "maybe" ? [step.to] : [])));
  const parts = steps.map((step, index) => (closesBefore.has(index) ? ")?" : "") + expressionOfStep(step));
  return parts.join("") + (closesBefore.has(steps.length) ? ")?" : "");
}

function expressionOfStep(step: Step): string {
  switch (step.kind) {
    case "text":
      return step.text.replace(/[^\w/%~-]/g, "\\$&");
    case "name":
      return step.isGreedy ? "([^/]+)" : "([^/]+?)";
    case "star":
      return "(.*)";
    case "maybe":
      return "(?:";
    default:
      return step satisfies never;
  }
}

function named(found: Readonly<Record<string, string | undefined>> | undefined): Groups | undefined {
  if (found === undefined) return undefined;
  const groups: Record<string, string> = {};
  for (const [name, value] of Object.entries(found)) groups[name] = value ?? "";
  if (groups["0"] !== undefined) groups["splat"] ??= groups["0"];
  return groups;
}
