// Line breaks in minified code. Node prints the source line of an uncaught error, which would be the whole file. A line
// for each statement costs 3 kB in the package; the spaces of a printer would cost 16 kB.
import { parseSync } from "rolldown/utils";

/** The lists whose items get a line each. A comma, a semicolon or a brace precedes an item, so a break changes nothing. */
const LISTS: Readonly<Record<string, string>> = {
  Program: "body",
  BlockStatement: "body",
  StaticBlock: "body",
  ClassBody: "body",
  SwitchStatement: "cases",
  SwitchCase: "consequent",
  VariableDeclaration: "declarations",
  SequenceExpression: "expressions",
  ObjectExpression: "properties",
};

/** A shorter list stays on one line. */
const SHORT_LENGTH = 120;

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

/** @returns the code, with line breaks between statements, members and the other items of lists */
export function breakLines(file: string, code: string): string {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file} is no JavaScript: ${errors[0]!.message}`);
  const starts = [...new Set(startsOfLines(program as unknown as Node))].sort((a, b) => a - b);
  return [0, ...starts].map((start, index) => code.slice(start, starts[index])).join("\n");
}

function startsOfLines(node: Node): number[] {
  const items = node.end - node.start > SHORT_LENGTH ? node[LISTS[node.type] ?? ""] : undefined;
  // The first item of some lists follows a keyword, after which a break can end the statement: `return` and a sequence.
  const starts = Array.isArray(items) ? items.slice(1).map((item: Node) => item.start) : [];
  const children = Object.values(node).flat().filter(isNode);
  return [...starts, ...children.flatMap(startsOfLines)];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
