// Writes the parts of a route as patterns of features/patterns/pattern.ts. Their syntax is nearly the same, so that plain
// ones stay as they are: "/blog/:year(\\d+)/:slug".
import { encodedExpression } from "./encoded-expression.ts";
import { Unhonoured } from "./foreign.ts";
import { literalText } from "./globs.ts";
import { checkLinear } from "./linear.ts";
import { isGroup, type RouteGroup, type RoutePart } from "./route-parts.ts";

const ANYTHING = ".*";
const NAME = "[^/]+?";
/** An expression that surely takes no slash. */
const SLASHLESS = /^(?:\\[dw.-]|[\w|*+?-]|\[\^[^\]]*\/\]|\[[\w-]*\]|\{[\d,]+\})*$/;

/**
 * The patterns of the paths that match with and without a slash at the end: none where the parts want one, since serve
 * has taken it off.
 * @param labels of the groups whose text is needed
 */
export function routePatterns(
  parts: readonly RoutePart[],
  labels: ReadonlyMap<RouteGroup["name"], string>,
): readonly string[] {
  const last = parts.at(-1);
  if (!parts.some(isGroup)) return textPatterns(parts.join(""));
  if (typeof last === "string" && last.endsWith("/")) return [];
  const pattern = parts
    .map((part, index) => (isGroup(part) ? writtenGroup(part, parts, index, labels) : literalText(part)))
    .join("");
  const takesSlash = isGroup(last) && last.expression === ANYTHING && !labels.has(last.name);
  if (takesSlash) return [checkLinear(pattern)];
  // The slash is no part of the text that is needed, so it is taken off first where it is there.
  const isGreedy =
    isGroup(last) && labels.has(last.name) && last.expression !== ANYTHING && !SLASHLESS.test(last.expression);
  return isGreedy ? [checkLinear(`${pattern}/`), checkLinear(pattern)] : [checkLinear(`${pattern}{/}?`)];
}

/** Comparing two plain paths is a hundred times as fast as a pattern with an optional slash. */
function textPatterns(text: string): readonly string[] {
  if (text === "/" || text === "") return ["/"];
  return text.endsWith("/") ? [] : [literalText(text), `${literalText(text)}/`];
}

function writtenGroup(
  group: RouteGroup,
  parts: readonly RoutePart[],
  index: number,
  labels: ReadonlyMap<RouteGroup["name"], string>,
): string {
  const next = parts[index + 1];
  const isLast = next === undefined;
  const name = labels.get(group.name);
  const after = isGroup(next) ? next.prefix || "(" : (next ?? "").slice(0, 1);
  if (group.expression === ANYTHING && !/[\w(]/.test(after)) return writtenRest(group, index === 0, isLast, name);
  const isWhole = group.prefix === "" && group.isRepeated;
  checkExpression(group.expression);
  const once = encodedExpression(group.expression, "path", /\w/.test(after) ? after : after && `\\${after}`);
  const again = `${encodedExpression(`\\${group.delimiter}`, "path")}(?:${once})`;
  const expression = isWhole ? `(?:${once})(?:${again})*` : once;
  const isPlain = group.expression === NAME && !isWhole && /^[^\w$(]?$/.test(after);
  const known = name ?? (/^[a-z_]\w*$/i.test(String(group.name)) ? group.name : "");
  const written = `${known === "" ? "" : `:${known}`}${isPlain && known !== "" ? "" : `(${expression})`}`;
  const modifier = isWhole ? (group.isOptional ? "?" : "") : modifierOf(group);
  if (modifier === "") return literalText(group.prefix) + written;
  return group.prefix === "/" ? `/${written}${modifier}` : `{${literalText(group.prefix)}${written}}${modifier}`;
}

/** `(.*)`, and with it every star, which takes slashes as well. */
function writtenRest(
  { prefix, isOptional }: RouteGroup,
  isFirst: boolean,
  isLast: boolean,
  name: string | undefined,
): string {
  const before = literalText(prefix);
  // A path has no slash at its end, except "/".
  const isEmptyPossible = prefix !== "/" || isOptional || (isFirst && isLast);
  if (name !== undefined) {
    // The slash at the end of the path is not part of it.
    const group = `:${name}(${isLast ? (isEmptyPossible ? ".*?" : ".+?") : ".*"})`;
    if (!isOptional) return before + group;
    return prefix === "/" ? `/${group}?` : `{${before}${group}}?`;
  }
  if (isOptional) return isFirst ? (isLast ? "/*" : "/*?") : `{${before}*}?`;
  return before + (isLast && !isEmptyPossible ? "(.+)" : "*");
}

function modifierOf({ isOptional, isRepeated }: RouteGroup): string {
  if (isRepeated) return isOptional ? "*" : "+";
  return isOptional ? "?" : "";
}

/** @throws {Unhonoured} for what the platform does not read, at which serve fails for every path */
function checkExpression(expression: string): void {
  try {
    new RegExp(`(${expression})`);
  } catch (cause) {
    throw new Unhonoured(`serve fails: (${expression}) is no regular expression`, { cause });
  }
}
