// docs/api.md: the API of `heddle` and `heddle/http1`, made from the declarations of the source and their comments. The
// compiler turns each file into declarations by itself, without checking types: that takes half a second for all.
// `node docs/api.ts` writes the page; test/api.test.ts fails when it is old.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "@typescript/typescript6";
import { wrap } from "./markdown.ts";

export const API_PAGE: URL = new URL("./api.md", import.meta.url);
const SOURCE = new URL("../src/", import.meta.url);

/** What can be imported, and from where. */
const ENTRIES: readonly { readonly name: string; readonly file: string; readonly about: string }[] = [
  {
    name: "heddle",
    file: "server.ts",
    about:
      "The server. A program makes one with `createServer`, a configuration file describes one with `defineConfig`.",
  },
  {
    name: "heddle/http1",
    file: "http1/index.ts",
    about:
      "The HTTP/1.1 engine by itself: bytes and the time go in, events and bytes come out. It has neither sockets nor a clock; the " +
      "caller brings them. `examples/engine.ts` drives one by hand, and `examples/exercise/server.ts` is a server on it.",
  },
];

const INTRODUCTION = `\
# API

This page is for developers who use Heddle in a program. It lists all that the package exports. The types in the package have the same
comments, so an editor shows them, too. The options have their own page, with defaults and ranges: [options](options.md).

\`node docs/api.ts\` makes this page from the source.
`;

const LINE_LENGTH = 120;

type Declared =
  | ts.FunctionDeclaration
  | ts.ClassDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.VariableStatement;

/** A declaration and the file that it stands in. */
interface Found {
  readonly name: string;
  readonly node: Declared;
  readonly file: ts.SourceFile;
}

/** The whole page. */
export function apiPage(): string {
  const described = new Set<string>();
  const sections = ENTRIES.map(({ name, file, about }) => {
    const all = exportsOf(new URL(file, SOURCE)).sort(byKind);
    const fresh = all.filter((one) => !described.has(one.name));
    const names = new Set(all.map((one) => one.name));
    for (const one of all) described.add(one.name);
    const contents = wrap(all.map((one) => `[\`${one.name}\`](#${one.name.toLowerCase()})`).join(", "), LINE_LENGTH);
    return [
      `\n## ${name}\n`,
      ...wrap(about, LINE_LENGTH),
      "",
      ...contents,
      ...fresh.flatMap((one) => describe(one, names)),
    ].join("\n");
  });
  return `${INTRODUCTION + sections.join("\n")}\n`;
}

/** Exports without a comment: "heddle createServer". */
export function undocumented(): string[] {
  return ENTRIES.flatMap(({ name: entry, file }) =>
    exportsOf(new URL(file, SOURCE))
      .filter(({ node, file }) => commentOf(node, file).text === "")
      .map(({ name }) => `${entry} ${name}`),
  );
}

/** Functions first, then classes, constants and types; those of one kind by name. */
function byKind(one: Found, other: Found): number {
  return rank(one.node) - rank(other.node) || one.name.localeCompare(other.name);
}

function rank(node: Declared): number {
  if (ts.isFunctionDeclaration(node)) return 0;
  if (ts.isClassDeclaration(node)) return 1;
  return ts.isVariableStatement(node) ? 2 : 3;
}

const declarations = new Map<string, ts.SourceFile>();

/** A file of the source as declarations: no bodies, all types written out, the comments as they are. */
function declarationsOf(url: URL): ts.SourceFile {
  const path = fileURLToPath(url);
  let file = declarations.get(path);
  if (file === undefined) {
    const { outputText } = ts.transpileDeclaration(readFileSync(path, "utf8"), {
      fileName: path,
      compilerOptions: { declaration: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.NodeNext },
    });
    file = ts.createSourceFile(path, outputText, ts.ScriptTarget.ESNext, true);
    declarations.set(path, file);
  }
  return file;
}

/** Everything that a file exports, followed to where it is declared. */
function exportsOf(url: URL): Found[] {
  return declarationsOf(url).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) return isExported(statement) ? ownOf(statement, declarationsOf(url)) : [];
    const { exportClause, moduleSpecifier } = statement;
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
    return exportClause.elements.map(({ name, propertyName }) => {
      const original = (propertyName ?? name).text;
      const found =
        moduleSpecifier === undefined
          ? importedOf(original, declarationsOf(url))
          : declared(new URL((moduleSpecifier as ts.StringLiteral).text, url), original);
      return { ...(found ?? fail(`${url.pathname} exports ${original} from nowhere`)), name: name.text };
    });
  });
}

/** @throws when the file declares no such name: then this program has to learn another way of exporting */
function declared(url: URL, name: string): Found {
  const file = declarationsOf(url);
  const found = file.statements.flatMap((statement) => ownOf(statement, file)).find((one) => one.name === name);
  return found ?? exportsOf(url).find((one) => one.name === name) ?? fail(`${url.pathname} does not declare ${name}`);
}

function ownOf(statement: ts.Statement, file: ts.SourceFile): Found[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => ({
      name: name.getText(file),
      node: statement,
      file,
    }));
  }
  const isDeclared =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isDeclared ? [{ name: statement.name!.text, node: statement, file }] : [];
}

function isExported(statement: ts.Statement): boolean {
  return ts.canHaveModifiers(statement) && hasModifier(statement, ts.SyntaxKind.ExportKeyword);
}

function hasModifier(node: ts.HasModifiers, kind: ts.SyntaxKind): boolean {
  return ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false;
}

/** The lines of one export: a heading, its comment, its declaration, its members. @param exported names with a heading */
function describe(one: Found, exported: ReadonlySet<string>): string[] {
  const { name, node, file } = one;
  const comment = commentOf(node, file);
  const words = [comment.text, ...comment.facts.map(sentence)].filter((text) => text !== "");
  const lines = ["", `### ${name}`, ...words.flatMap((text) => ["", ...wrap(text, LINE_LENGTH)])];
  if (!ts.isInterfaceDeclaration(node) && !ts.isClassDeclaration(node)) {
    return [...lines, "", "```ts", blockOf(node, file), "```"];
  }
  const { members, bases } = membersOf(one, exported);
  const kind = ts.isClassDeclaration(node) ? "A class" : "An object";
  return [
    ...lines,
    "",
    `${kind} with${bases.length === 0 ? "" : ` all of ${bases.join(" and ")}, and`}:`,
    "",
    ...members,
  ];
}

/** The declaration as code. A long union gets a line for each of its types. */
function blockOf(node: ts.Node, file: ts.SourceFile): string {
  const text = node
    .getText(file)
    .replace(/^export (?:declare )?/, "")
    .replaceAll("    ", "  ");
  const isLongUnion = text.length > LINE_LENGTH && ts.isTypeAliasDeclaration(node) && ts.isUnionTypeNode(node.type);
  if (!isLongUnion || text.includes("\n")) return text;
  return `type ${node.name.text} =\n${(node.type as ts.UnionTypeNode).types.map((one) => `  | ${one.getText(file)}`).join("\n")};`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}

interface Members {
  readonly members: string[];
  /** Links to the exported types whose members it has as well. */
  readonly bases: string[];
}

function membersOf({ node, file }: Found, exported: ReadonlySet<string>): Members {
  const { members, heritageClauses } = node as ts.InterfaceDeclaration | ts.ClassDeclaration;
  const bases: string[] = [];
  const inherited: string[] = [];
  for (const { expression } of heritageClauses?.flatMap(({ types }) => [...types]) ?? []) {
    const name = expression.getText(file);
    if (exported.has(name)) bases.push(`[\`${name}\`](#${name.toLowerCase()})`);
    else inherited.push(...(inheritedOf(name, file, exported, bases) ?? [`- all of \`${name}\``]));
  }
  const own = [...members].filter((member) => isPublic(member, file)).flatMap((member) => memberLines(member, file));
  return { members: [...inherited, ...own], bases };
}

/** The members of a base that is not exported by itself: only this page can show them. */
function inheritedOf(
  name: string,
  file: ts.SourceFile,
  exported: ReadonlySet<string>,
  bases: string[],
): string[] | undefined {
  const own = file.statements.flatMap((statement) => ownOf(statement, file)).find((one) => one.name === name);
  const base = own ?? importedOf(name, file);
  if (base === undefined) return undefined;
  const { members, bases: further } = membersOf(base, exported);
  bases.push(...further);
  return members;
}

function importedOf(name: string, file: ts.SourceFile): Found | undefined {
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const bindings = statement.importClause?.namedBindings;
    const isNamed = bindings !== undefined && ts.isNamedImports(bindings);
    const path = (statement.moduleSpecifier as ts.StringLiteral).text;
    if (!isNamed || !path.startsWith(".") || !bindings.elements.some((element) => element.name.text === name)) continue;
    return declared(new URL(path, new URL(`file://${file.fileName}`)), name);
  }
  return undefined;
}

function isPublic(member: ts.ClassElement | ts.TypeElement, file: ts.SourceFile): boolean {
  const isPrivate = ts.canHaveModifiers(member) && hasModifier(member, ts.SyntaxKind.PrivateKeyword);
  return !isPrivate && !(member.name?.getText(file).startsWith("#") ?? false);
}

/** An item of a list: the signature, the comment, and below it parameters, result and errors. */
function memberLines(member: ts.Node, file: ts.SourceFile): string[] {
  const { text, facts } = commentOf(member, file);
  const signature = member
    .getText(file)
    .replaceAll(/\s*\/\*\*.*?\*\//gs, "")
    .replaceAll(/\s+/g, " ")
    .replace(/;$/, "");
  const item = bullet("", `**\`${signature}\`**${text === "" ? "" : `: ${text}`}`);
  return [...item, ...facts.flatMap((fact) => bullet("  ", fact))];
}

function bullet(indent: string, text: string): string[] {
  const lines = wrap(text, LINE_LENGTH - indent.length - 2);
  return lines.map((line, index) => `${indent}${index === 0 ? "- " : "  "}${line}`);
}

interface Comment {
  readonly text: string;
  /** Parameters, result, errors and default. */
  readonly facts: readonly string[];
}

function commentOf(node: ts.Node, file: ts.SourceFile): Comment {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const doc = docs.at(-1);
  if (doc === undefined) return { text: "", facts: [] };
  const text = flat(ts.getTextOfJSDocComment(doc.comment));
  return { text, facts: (doc.tags ?? []).map((tag) => factOf(tag, file)) };
}

function factOf(tag: ts.JSDocTag, file: ts.SourceFile): string {
  const text = flat(ts.getTextOfJSDocComment(tag.comment));
  if (ts.isJSDocParameterTag(tag)) return `\`${tag.name.getText(file)}\`: ${text}`;
  if (ts.isJSDocThrowsTag(tag)) {
    const type = tag.typeExpression?.type.getText(file);
    return `throws ${type === undefined ? "" : `\`${type}\` `}${text}`.trim();
  }
  return tag.tagName.text === "default" ? `default: ${text}` : `${tag.tagName.text} ${text}`;
}

function flat(text: string | undefined): string {
  return (text ?? "")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function fail(message: string): never {
  throw new Error(message);
}

if (import.meta.main) writeFileSync(API_PAGE, apiPage());
