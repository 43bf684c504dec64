// The tree of a whole pattern, with the groups that URLPattern makes of it (https://urlpattern.spec.whatwg.org/,
// "generate a regular expression and name list"). Expects tokens that URLPattern takes.
import { ANYTHING, NOT_SLASH, type Node, readExpression, textNode } from "./expression.ts";
import type { Token } from "./syntax.ts";

interface Part {
  /** Text that is repeated, or left out, together with the group. */
  prefix: string;
  suffix: string;
  group?: { readonly name: string; readonly node: Node };
  modifier?: string;
}

/** @returns undefined for a pattern with an expression that `readExpression` does not read */
export function patternTree(tokens: readonly Token[]): Node | undefined {
  const parts = partsOf(tokens);
  return parts === undefined ? undefined : { kind: "sequence", nodes: parts.map(partNode) };
}

function partsOf(tokens: readonly Token[]): Part[] | undefined {
  const parts: Part[] = [];
  let unnamedCount = 0;
  let braced: Part | undefined;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    switch (token.kind) {
      case "literal":
        if (braced === undefined) parts.push({ prefix: token.text, suffix: "" });
        else if (braced.group === undefined) braced.prefix += token.text;
        else braced.suffix += token.text;
        break;
      case "open":
        braced = { prefix: "", suffix: "" };
        parts.push(braced);
        break;
      case "close":
        braced = undefined;
        break;
      case "modifier":
        parts.at(-1)!.modifier = token.text;
        break;
      case "name":
      case "star":
      case "expression": {
        const next = token.kind === "name" ? tokens[index + 1] : undefined;
        if (next?.kind === "expression") index++;
        const node = nodeOf(next?.kind === "expression" ? next : token);
        if (node === undefined) return undefined;
        const group = { name: token.kind === "name" ? token.name : String(unnamedCount++), node };
        if (braced !== undefined) braced.group = group;
        else parts.push({ prefix: takeSlash(parts), suffix: "", group });
        break;
      }
      default:
        token satisfies never;
    }
  }
  return parts;
}

function nodeOf(token: Token): Node | undefined {
  if (token.kind === "expression") return readExpression(token.text.slice(1, -1));
  if (token.kind === "star")
    return { kind: "repeat", node: ANYTHING, least: 0, most: Number.POSITIVE_INFINITY, isLazy: false };
  return { kind: "repeat", node: NOT_SLASH, least: 1, most: Number.POSITIVE_INFINITY, isLazy: true };
}

/** A slash right before a group belongs to it: in "/a/:b?" both may be missing. */
function takeSlash(parts: Part[]): string {
  const last = parts.at(-1);
  if (last === undefined || last.group !== undefined || last.modifier !== undefined || !last.prefix.endsWith("/"))
    return "";
  last.prefix = last.prefix.slice(0, -1);
  return "/";
}

function partNode({ prefix, suffix, group, modifier }: Part): Node {
  const before = textNode(prefix);
  const after = textNode(suffix);
  const isRepeated = modifier === "*" || modifier === "+";
  const isOptional = modifier === "?" || modifier === "*";
  if (group === undefined) return isRepeated || isOptional ? repeated(before, modifier) : before;
  const again = sequence(after, before, group.node);
  const node = isRepeated ? sequence(group.node, repeated(again, "*")) : group.node;
  const whole = sequence(before, { kind: "group", name: group.name, node }, after);
  return isOptional ? repeated(whole, "?") : whole;
}

function sequence(...nodes: readonly Node[]): Node {
  return { kind: "sequence", nodes };
}

function repeated(node: Node, modifier = "?"): Node {
  const most = modifier === "?" ? 1 : Number.POSITIVE_INFINITY;
  return { kind: "repeat", node, least: modifier === "+" ? 1 : 0, most, isLazy: false };
}
