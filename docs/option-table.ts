// The lists and tables of options in the documentation, made from the code that they describe: the flags of the command
// line, the comments of ServerOptions, SiteOptions, Http1Limits and Http2Limits, and their ranges and defaults.
// `node docs/option-table.ts` writes them into the files; test/option-table.test.ts fails when they are out of date.
import { readFileSync, writeFileSync } from "node:fs";
import {
  FLAG_GROUPS,
  type Flag,
  flagOf,
  otherVariableOf,
  partFlagsOf,
  ROOT,
  shownDefault,
  variableOf,
  variableOfFlag,
} from "../src/cli/arguments/flags.ts";
import { SECURITY_FIELDS } from "../src/features/fields/security-headers.ts";
import { RANGES } from "../src/options/defaults.ts";
import { LIMIT_DEFAULTS } from "../src/options/limits.ts";
import type { ServerOptions } from "../src/options/server-options.ts";
import { type DocumentedField, documentedFields, siteFields } from "./documented-fields.ts";
import { schemaJson } from "./json-schema.ts";
import { bulletList, type Entry, markdownTable } from "./markdown.ts";

/** Text that goes between `<!-- name -->` and `<!-- /name -->` of a file. */
export interface Block {
  readonly file: URL;
  readonly name: string;
  readonly text: () => string;
}

/** Options that hold objects: the name of the option, and the file and the name of the interface of the object. */
const SHAPES: readonly (readonly [string, string, string])[] = [
  ["redirects", "features/routes.ts", "RedirectRule"],
  ["rewrites", "features/routes.ts", "RewriteRule"],
  ["headers", "features/fields/header-rules.ts", "HeaderRule"],
  ["cors", "features/fields/cors.ts", "CorsOptions"],
  ["hsts", "features/fields/hsts.ts", "HstsOptions"],
  ["auth", "features/access/basic-auth.ts", "BasicAuthOptions"],
  ["auth.for", "features/access/access-options.ts", "SiteAuthOptions"],
  ["maintenance", "features/access/access-options.ts", "MaintenanceOptions"],
  ["rateLimit", "features/access/limit-options.ts", "RateLimitOptions"],
  ["bandwidth", "features/access/limit-options.ts", "BandwidthOptions"],
];

const OPTIONS_PAGE = new URL("./options.md", import.meta.url);
const HTTPS_PAGE = new URL("./https.md", import.meta.url);
const CONFIGURATION_PAGE = new URL("./configuration.md", import.meta.url);

export const BLOCKS: readonly Block[] = [
  { file: OPTIONS_PAGE, name: "fields", text: () => bulletList(serverEntries()) },
  { file: OPTIONS_PAGE, name: "commandLine", text: () => bulletList(commandLineEntries()) },
  { file: OPTIONS_PAGE, name: "limits", text: () => bulletList(limitEntries()) },
  { file: CONFIGURATION_PAGE, name: "site", text: () => bulletList(siteEntries()) },
  ...SHAPES.map(
    ([name, path, interfaceName]): Block => ({
      file: CONFIGURATION_PAGE,
      name,
      text: () => shapeTable(name, path, interfaceName),
    }),
  ),
  { file: HTTPS_PAGE, name: "acme", text: () => shapeTable("acme", "options/acme-options.ts", "AcmeOptions") },
  { file: CONFIGURATION_PAGE, name: "securityHeaders", text: securityTable },
  { file: new URL("../README.md", import.meta.url), name: "options", text: optionTable },
];

const FLAGS: readonly Flag[] = [ROOT, ...Object.values(FLAG_GROUPS).flat()];

/** The ten flags that the README shows, by field. */
export const README_FIELDS: readonly Name[] = [
  "root",
  "host",
  "port",
  "fallback",
  "cleanUrls",
  "listing",
  "cors",
  "auth",
  "threads",
  "trace",
];

/** A short table of the flags that most people need, for the README. */
export function optionTable(): string {
  const flags = README_FIELDS.map((field) => flagOf(field)!);
  const rows = flags.map((flag) => [code(flag.term), code(shownDefault(flag)), flag.meaning]);
  return markdownTable(["Option", "Default", "Meaning"], rows);
}

/** Every option of the server, with each way to set it. */
export function serverEntries(): Entry[] {
  return documentedFields("options/server-options.ts", "ServerOptions").map(optionEntry);
}

/** Every option of a site, with each way to set it. */
export function siteEntries(): Entry[] {
  return siteFields().map(optionEntry);
}

/** Flags that set no option. */
export function commandLineEntries(): Entry[] {
  const flags = FLAGS.filter(({ field }) => field === undefined);
  return flags.map(({ term, meaning }) => ({ name: term, meaning: sentence(meaning), facts: [] }));
}

/** The bounds of the engines, with their reasons. */
export function limitEntries(): Entry[] {
  const fields = [
    ...documentedFields("http1/limits.ts", "Http1Limits"),
    ...documentedFields("http2/limits.ts", "Http2Limits"),
  ];
  return fields.map(({ name, meaning }) => ({
    name,
    meaning,
    facts: facts({ unit: unitOf(name), default: String(Reflect.get(LIMIT_DEFAULTS, name)) }),
  }));
}

function optionEntry({ name, meaning, byDefault }: DocumentedField): Entry {
  const flag = flagOf(name as Name);
  return {
    name,
    meaning: sentence(meaning),
    facts: facts({
      flag: (flag === undefined ? partFlagsOf(name as Name) : [flag]).map(({ term }) => code(term)).join(", "),
      environment: variables(name as Name),
      unit: unitOf(name, flag),
      range: rangeOf(name),
      default: byDefault,
    }),
  };
}

/** "flag `--port <n>`", for each that has a value. */
function facts(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name} ${value}`);
}

/** The fields of an object that an option holds, or of each object in its list. */
function shapeTable(option: string, path: string, interfaceName: string): string {
  const rows = documentedFields(path, interfaceName);
  const prefix = option.split(".")[0];
  return markdownTable(
    [`\`${prefix}\``, "Default", "Meaning"],
    rows.map(({ name, meaning, byDefault }) => [code(name), byDefault, meaning]),
  );
}

/** The fields that `securityHeaders` sends. */
function securityTable(): string {
  const rows = Object.entries(SECURITY_FIELDS).map(([name, value]) => [code(name), code(value)]);
  return markdownTable(["Field", "Value"], rows);
}

type Name = keyof ServerOptions;

/** The variables that set an option, in the order in which they count. */
function variables(field: Name): string {
  const flag = flagOf(field);
  const other = flag && otherVariableOf(flag)?.replace(/^\w+/, code);
  // The variable of a whole option may have the name of one of its flags.
  const names = new Set([variableOf(field), ...partFlagsOf(field).map(variableOfFlag)]);
  return [...Array.from(names, code), ...(other === undefined ? [] : [other])].join(", ");
}

/** The unit is the last word of a name. The command line counts some times in seconds. */
function unitOf(name: string, flag?: Flag): string {
  if (name.endsWith("BytesPerSecond")) return "bytes per second";
  if (name.endsWith("Bytes")) return "bytes";
  if (!name.endsWith("Ms")) return "";
  return flag?.isSeconds ? "ms, for the flag seconds" : "ms";
}

function rangeOf(name: string): string {
  const range: readonly number[] | undefined = Reflect.get(RANGES, name);
  return range === undefined ? "" : `${range[0]} to ${range[1]}`;
}

function sentence(words: string): string {
  const capital = words.charAt(0).toUpperCase() + words.slice(1);
  return capital.endsWith(".") ? capital : `${capital}.`;
}

function code(text: string | undefined): string {
  return text === undefined ? "" : `\`${text}\``;
}

/** The content of a file with the text of the block in its place. */
function filled(content: string, { name, text }: Block): string {
  const between = new RegExp(`(<!-- ${name} -->\n).*?(<!-- /${name} -->)`, "s");
  if (!between.test(content)) throw new Error(`no <!-- ${name} --> … <!-- /${name} --> to fill`);
  return content.replace(between, (_all, start: string, end: string) => start + text() + end);
}

if (import.meta.main) {
  writeFileSync(new URL("../schema.json", import.meta.url), schemaJson());
  for (const block of BLOCKS) writeFileSync(block.file, filled(readFileSync(block.file, "utf8"), block));
}
