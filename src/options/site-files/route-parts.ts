// Reads a path of path-to-regexp 3 (https://github.com/pillarjs/path-to-regexp/tree/v3.3.0) as text and groups: `:name`,
// `:name(\d+)` and `(.*)`, each with `?`, `*` or `+`. The character before a group belongs to it, whatever it is: it is
// left out together with the group, stands between its repetitions, and is no part of what a plain `:name` stands for.

export interface RouteGroup {
  /** A number from 0 for a group without a name. */
  readonly name: string | number;
  readonly prefix: string;
  /** Between repetitions. */
  readonly delimiter: string;
  readonly isOptional: boolean;
  readonly isRepeated: boolean;
  /** Of decoded characters, without captures. */
  readonly expression: string;
}

export type RoutePart = string | RouteGroup;

const SYNTAX = /(\\.)|(?::(\w+)(?:\(((?:\\.|[^\\()])+)\))?|\(((?:\\.|[^\\()])+)\))([+*?])?/g;

export function readRoute(path: string): readonly RoutePart[] {
  const parts: RoutePart[] = [];
  let text = "";
  let isEscaped = false;
  let offset = 0;
  let unnamedCount = 0;
  for (const found of path.matchAll(SYNTAX)) {
    text += path.slice(offset, found.index);
    offset = found.index + found[0].length;
    const [, escapedText, name, named, unnamed, modifier = ""] = found;
    if (escapedText !== undefined) {
      text += escapedText[1];
      isEscaped = true;
      continue;
    }
    const prefix = isEscaped ? "" : text.slice(-1);
    text = text.slice(0, text.length - prefix.length);
    if (text !== "") parts.push(text);
    const before = prefix || lastText(parts);
    const group = named ?? unnamed;
    parts.push({
      name: name ?? unnamedCount++,
      prefix,
      delimiter: prefix || "/",
      isOptional: modifier === "?" || modifier === "*",
      isRepeated: modifier === "+" || modifier === "*",
      // Groups hold no groups, and none of their beginnings: "(?:a)" is no expression.
      expression: group?.replace(/[=!:$/()]/g, "\\$&") ?? plainExpression(prefix || "/", before),
    });
    text = "";
    isEscaped = false;
  }
  text += path.slice(offset);
  if (text !== "") parts.push(text);
  return parts;
}

export function isGroup(part: RoutePart | undefined): part is RouteGroup {
  return typeof part === "object";
}

function lastText(parts: readonly RoutePart[]): string {
  const last = parts.at(-1);
  return typeof last === "string" ? last : "";
}

/** What `:name` stands for: characters other than the slash and the delimiter, and not the text before it once more. */
function plainExpression(delimiter: string, before: string): string {
  const character = delimiter === "/" ? "[^/]" : `[^${escaped(delimiter)}/]`;
  if (before === "" || before.includes(delimiter) || before.includes("/")) return `${character}+?`;
  const text = escaped(before);
  return `${text}|(?:(?!${text})${character})+?`;
}

function escaped(text: string): string {
  return text.replace(/[^\w]/g, "\\$&");
}
