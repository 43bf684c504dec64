// Translates a redirect or rewrite of serve.json to rules of features/routes.ts. Its source is a path of path-to-regexp
// (route-parts.ts), in which the first star stands for `(.*)`, or else a glob (globs.ts): serve asks both, in this order,
// about the path without the slash at its end (serve-handler, src/index.js, `sourceMatches`). Its destination is a path of
// path-to-regexp, too, so that a `:name?` for which nothing was found is left out with the slash before it.
import { Unhonoured } from "./foreign.ts";
import { globPattern, isGlob, slashed } from "./globs.ts";
import { isGroup, type RouteGroup, type RoutePart, readRoute } from "./route-parts.ts";
import { routePatterns } from "./route-patterns.ts";

export interface ServeRoute {
  readonly from: string;
  readonly to: string;
}

/** What groups of the source are called in patterns and targets, by their name. */
type Labels = ReadonlyMap<RouteGroup["name"], string>;

/** Each optional group of a destination doubles the rules. */
const OPTIONAL_LIMIT_COUNT = 4;

/**
 * @param destination a path, or an address
 * @throws {Unhonoured} for a route that no rule can express, and for one that serve fails to answer
 */
export function serveRoutes(source: string, destination: string): readonly ServeRoute[] {
  const target = readRoute(destination);
  const asked = target.filter(isGroup);
  const routes = source.startsWith("!") ? [] : [...pathRoutes(source, target)];
  // A glob finds no text for the groups of a destination.
  if (isGlob(source) && !isCovered(source) && asked.every(({ isOptional }) => isOptional)) {
    const from = globPattern(source, true);
    if (from !== undefined) routes.push({ from, to: written(target, new Map()) });
  }
  if (routes.length > 0) return routes;
  throw new Unhonoured("serve finds no path for it: it takes the slash off the end of each path, and then compares");
}

/** Whether the path of path-to-regexp matches all that the glob does: one star, which takes slashes there. */
function isCovered(source: string): boolean {
  return /^(?!!)[^*?[{\\]*\*{1,2}[^*?[{\\(]*$/.test(source) && !/[@!+]\(/.test(source);
}

/** A pattern for each way to leave out the groups that the destination leaves out, too. */
function* pathRoutes(source: string, target: readonly RoutePart[]): Generator<ServeRoute> {
  const path = uniquelyNamed(readRoute(slashed(source).replace("*", "(.*)")));
  const byName = new Map(path.filter(isGroup).map((group) => [group.name, group]));
  const asked = target.filter(isGroup);
  const unknown = asked.find(({ name, isOptional }) => !isOptional && !byName.has(name));
  if (unknown !== undefined) {
    throw new Unhonoured(`the destination has ${shown(unknown)}, for which the source finds nothing`);
  }
  const flexible = new Set(asked.filter(({ name, isOptional }) => isOptional && byName.get(name)?.isOptional));
  if (flexible.size > OPTIONAL_LIMIT_COUNT) throw new Unhonoured("too many groups in the destination are optional");
  for (const absent of subsets([...flexible].map(({ name }) => name))) {
    const parts = path
      .filter((part) => !isGroup(part) || !absent.has(part.name))
      .map((part) => (isGroup(part) && asked.some(({ name }) => name === part.name) ? required(part, flexible) : part));
    const labels = new Map(
      asked.filter(({ name }) => byName.has(name) && !absent.has(name)).map(({ name }) => [name, label(name)]),
    );
    for (const from of routePatterns(parts, labels)) yield { from, to: written(target, labels) };
  }
}

/** The fewer names are absent, the earlier: a group is left out only where it cannot be found. */
function subsets<T>(all: readonly T[]): Set<T>[] {
  const count = 2 ** all.length;
  return Array.from({ length: count }, (_, bits) => new Set(all.filter((_one, at) => (bits >> at) & 1)));
}

function required(part: RouteGroup, flexible: ReadonlySet<RouteGroup>): RouteGroup {
  return [...flexible].some(({ name }) => name === part.name) ? { ...part, isOptional: false } : part;
}

/** The last group of a name counts, and the others are only matched. */
function uniquelyNamed(parts: readonly RoutePart[]): readonly RoutePart[] {
  return parts.map((part, index) => {
    const isTaken = isGroup(part) && parts.slice(index + 1).some((other) => isGroup(other) && other.name === part.name);
    return isTaken ? { ...part, name: -1 - index } : part;
  });
}

function label(name: RouteGroup["name"]): string {
  return /^[a-z_]/i.test(String(name)) ? String(name) : `group_${name}`;
}

function written(target: readonly RoutePart[], labels: Labels): string {
  let text = "";
  for (const part of target) {
    const found = isGroup(part) ? labels.get(part.name) : undefined;
    if (isGroup(part) && found === undefined) continue;
    const next = isGroup(part) ? `${part.prefix}:${found}` : part.replace(/:(?=[a-z_])/gi, "%3A");
    if (/:[a-z_]\w*$/i.test(text) && /^\w/.test(next)) {
      throw new Unhonoured(`the destination has "${next[0]}" right after a group, which is not supported`);
    }
    text += next;
  }
  return text;
}

function shown({ name }: RouteGroup): string {
  return typeof name === "string" ? `:${name}` : "a group in parentheses";
}
