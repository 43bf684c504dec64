// The option tables of the documentation, made from the code that they describe: the flags of the command
// line, the comments of ServerOptions and Http1Limits, and their ranges and defaults.
// `node docs/option-table.ts` writes them into the files; test/option-table.test.ts fails when they are old.
import { readFileSync, writeFileSync } from "node:fs";
import { FLAG_GROUPS, type Flag, flagOf, ROOT, shownDefault, variableOf } from "../src/cli/flags.ts";
import { SECURITY_FIELDS } from "../src/features/security-headers.ts";
import { DEFAULT_LIMITS } from "../src/http1/limits.ts";
import { RANGES, type ServerOptions } from "../src/options.ts";
import { documentedFields } from "./documented-fields.ts";
import { schemaJson } from "./json-schema.ts";

/** A table that goes between `<!-- name -->` and `<!-- /name -->` of a file. */
export interface Block {
  readonly file: URL;
  readonly name: string;
  readonly table: () => string;
}

/** What options hold that are more than a word: their name, and where the interface of it stands. */
const SHAPES: readonly (readonly [string, string, string])[] = [
  ["redirects", "site-options.ts", "RedirectRule"],
  ["rewrites", "site-options.ts", "RewriteRule"],
  ["headers", "header-rules.ts", "HeaderRule"],
  ["cors", "cors.ts", "CorsOptions"],
  ["auth", "basic-auth.ts", "BasicAuthOptions"],
  ["auth.for", "site-options.ts", "SiteAuthOptions"],
  ["maintenance", "site-options.ts", "MaintenanceOptions"],
];

export const BLOCKS: readonly Block[] = [
  { file: new URL("./options.md", import.meta.url), name: "fields", table: fieldTable },
  { file: new URL("./configuration.md", import.meta.url), name: "site", table: siteTable },
  ...SHAPES.map(
    ([name, file, interfaceName]): Block => ({
      file: new URL("./configuration.md", import.meta.url),
      name,
      table: () => shapeTable(name, file, interfaceName),
    }),
  ),
  { file: new URL("./configuration.md", import.meta.url), name: "securityHeaders", table: securityTable },
  { file: new URL("./options.md", import.meta.url), name: "limits", table: limitTable },
  { file: new URL("../README.md", import.meta.url), name: "options", table: optionTable },
];

const FLAGS: readonly Flag[] = [ROOT, ...Object.values(FLAG_GROUPS).flat()];

/** What can be written on the command line, short: for the README. */
export function optionTable(): string {
  const rows = FLAGS.map((flag) => [code(flag.term), variables(flag.field), code(shownDefault(flag)), flag.meaning]);
  return markdown(["Option", "Environment", "Default", "Meaning"], rows);
}

/** Everything that can be set, in all three ways. */
export function fieldTable(): string {
  const commands = FLAGS.filter(({ field }) => field === undefined).map((flag) => [
    code(flag.term),
    "",
    "",
    "",
    "",
    `${flag.meaning}.`,
  ]);
  const fields = documentedFields("../src/options.ts", "ServerOptions").map(({ name, meaning, byDefault }) => {
    const flag = FLAGS.find(({ field }) => field === name);
    return [code(flag?.term), variables(name), code(name), unit(name, flag), byDefault, meaning];
  });
  return markdown(
    ["Command line", "Environment", "`ServerOptions`", "Unit and range", "Default", "Meaning"],
    [...fields, ...commands],
  );
}

/** What can be said about a site. */
export function siteTable(): string {
  const fields = documentedFields("../src/features/site-options.ts", "SiteOptions").map(
    ({ name, meaning, byDefault }) => [
      code(name),
      code(flagOf(name as Name)?.term),
      variables(name),
      byDefault,
      meaning,
    ],
  );
  return markdown(["Option", "Command line", "Environment", "Default", "Meaning"], fields);
}

/** What an option holds that is an object, or a list of objects. */
function shapeTable(option: string, file: string, interfaceName: string): string {
  const rows = documentedFields(`../src/features/${file}`, interfaceName);
  const prefix = option.split(".")[0];
  return markdown(
    [`\`${prefix}\``, "Default", "Meaning"],
    rows.map(({ name, meaning, byDefault }) => [code(name), byDefault, meaning]),
  );
}

/** What `securityHeaders` sends. */
function securityTable(): string {
  const rows = Object.entries(SECURITY_FIELDS).map(([name, value]) => [code(name), code(value)]);
  return markdown(["Field", "Value"], rows);
}

type Name = keyof ServerOptions;

/** The variables that set an option, in the order in which they count. */
function variables(field: string | undefined): string {
  if (field === undefined) return "";
  const names = [variableOf(field as Name), flagOf(field as Name)?.environment];
  return names
    .filter((name) => name !== undefined)
    .map(code)
    .join(", ");
}

/** The bounds of the HTTP/1.1 engine, with their reasons. */
export function limitTable(): string {
  const rows = documentedFields("../src/http1/limits.ts", "Http1Limits").map(({ name, meaning }) => [
    code(name),
    unit(name),
    String(Reflect.get(DEFAULT_LIMITS, name)),
    meaning,
  ]);
  return markdown(["`ServerOptions.limits`", "Unit", "Default", "What it bounds, and why there"], rows);
}

/** Units are the last word of a name; the command line counts some of them in seconds. */
function unit(name: string, flag?: Flag): string {
  const range: readonly number[] | undefined = Reflect.get(RANGES, name);
  const parts: string[] = [];
  if (name.endsWith("BytesPerSecond")) parts.push("bytes per second");
  else if (name.endsWith("Bytes")) parts.push("bytes");
  else if (name.endsWith("Ms")) parts.push(flag?.isSeconds ? "ms (command line: seconds)" : "ms");
  if (range !== undefined) parts.push(`${range[0]} to ${range[1]}`);
  return parts.join(", ");
}

/** A table with its columns padded, which is how the formatter of this project wants Markdown. */
function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [heads, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = heads.map((_head, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)));
  lines.splice(
    1,
    0,
    widths.map((width) => "-".repeat(width)),
  );
  return lines.map((row) => `| ${row.join(" | ")} |\n`).join("");
}

function code(text: string | undefined): string {
  return text === undefined ? "" : `\`${text}\``;
}

/** The text of a file with the block's table in its place. */
function filled(text: string, { name, table }: Block): string {
  const between = new RegExp(`(<!-- ${name} -->\n).*?(<!-- /${name} -->)`, "s");
  if (!between.test(text)) throw new Error(`no <!-- ${name} --> … <!-- /${name} --> to fill`);
  return text.replace(between, (_all, start: string, end: string) => start + table() + end);
}

if (import.meta.main) {
  writeFileSync(new URL("../schema.json", import.meta.url), schemaJson());
  for (const block of BLOCKS) writeFileSync(block.file, filled(readFileSync(block.file, "utf8"), block));
}
