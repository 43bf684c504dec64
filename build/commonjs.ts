// ES modules -> CommonJS, for the files in dist/ that only other files there load. A thread loads CommonJS with code that V8
// has compiled before, functions included (src/threads/worker/chunk-loader.ts); Node's compile cache has what one thread
// compiled before it ran. Each import becomes a constant, not a property that is looked up on each use.
import { parseSync } from "rolldown/utils";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** How a file that stays an ES module gets the exports of one that does not. */
const REQUIRE = '(import.meta.load??process.getBuiltinModule("node:module").createRequire(import.meta.url))';

/** @returns CommonJS, in which each relative import must be of CommonJS, too */
export function toCommonJs(file: string, code: string): string {
  const program = parse(file, code);
  const exported: string[] = [];
  const edits = [...editsOf(file, program.body, "require", exported), ...dynamicImports(program, code, "require")];
  const body = apply(code, edits).replaceAll(
    "import.meta.url",
    "process.getBuiltinModule(`node:url`).pathToFileURL(__filename).href",
  );
  return `"use strict";${body}${exported.map((one) => `\n${one};`).join("")}\n`;
}

/** @returns an ES module that imports CommonJS without asking which names that exports */
export function requireChunks(file: string, code: string): string {
  const program = parse(file, code);
  const imports = program.body.filter((node) => isRelative(node) && node.type === "ImportDeclaration");
  return apply(code, [...editsOf(file, imports, REQUIRE, []), ...dynamicImports(program, code, REQUIRE)]);
}

function parse(file: string, code: string): { readonly body: readonly Node[] } & Node {
  const { program, errors } = parseSync(file.replace(/\.cjs$/, ".js"), code);
  if (errors.length > 0) throw new Error(`${file} is no JavaScript: ${errors[0]!.message}`);
  return program as never;
}

function editsOf(file: string, body: readonly Node[], require: string, exported: string[]): Edit[] {
  return body.flatMap(({ type, start, end, ...node }): Edit[] => {
    const source = (node["source"] as { value?: string } | undefined)?.value;
    const specifiers = (node["specifiers"] ?? []) as readonly Record<string, never>[];
    const edit = (text: string): Edit[] => [{ start, end, text }];
    if (type === "ImportDeclaration") return edit(importOf(`${require}(${JSON.stringify(source)})`, specifiers));
    if (type === "ExportNamedDeclaration" && node["declaration"] == null) {
      const from = source === undefined ? "" : `require(${JSON.stringify(source)}).`;
      for (const { exported: to, local } of specifiers)
        exported.push(`exports.${nameOf(to!)}=${from}${nameOf(local!)}`);
      return edit("");
    }
    if (type.startsWith("Export")) throw new Error(`${file} has an export that this does not know: ${type}`);
    return [];
  });
}

function importOf(required: string, specifiers: readonly Record<string, never>[]): string {
  const names = specifiers.filter(({ type }) => type === "ImportSpecifier");
  const whole = specifiers.filter(({ type }) => type !== "ImportSpecifier");
  if (whole.length > 0) throw new Error(`${required} has no default export`);
  const targets = names.map(({ imported, local }) => `${nameOf(imported!)}:${nameOf(local!)}`);
  return targets.length === 0 ? `${required};` : `const{${targets.join(",")}}=${required};`;
}

/** `import()` of a file in dist/ or of a module of Node. What users name stays: it may be an ES module. */
function dynamicImports(node: Node, code: string, require: string): Edit[] {
  if (node.type !== "ImportExpression")
    return Object.values(node)
      .flat()
      .filter(isNode)
      .flatMap((child) => dynamicImports(child, code, require));
  const { start, end } = node["source"] as Node;
  const source = code.slice(start, end);
  const isOurs = /^["'`]\./.test(source);
  if (!isOurs && !/^["'`]node:/.test(source)) return [];
  const loaded = isOurs ? `${require}(${source})` : `process.getBuiltinModule(${source})`;
  return [{ start: node.start, end: node.end, text: `Promise.resolve().then(()=>${loaded})` }];
}

function apply(code: string, edits: readonly Edit[]): string {
  let result = code;
  for (const { start, end, text } of edits.toSorted((a, b) => b.start - a.start)) {
    result = result.slice(0, start) + text + result.slice(end);
  }
  return result;
}

function nameOf(node: { readonly name: string }): string {
  return node.name;
}

function isRelative(node: Node): boolean {
  return /^\./.test((node["source"] as { value?: string } | undefined)?.value ?? "");
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
