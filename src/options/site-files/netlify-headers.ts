// Reads `_headers` of Netlify as header rules. Grammar: https://docs.netlify.com/manage/routing/headers/. A path stands on a
// line, and `Name: value` on the lines below; the values of a repeated name are joined. All matching blocks apply, and the
// last value of a name counts.
import type { SiteHeaderRule } from "../../features/fields/header-rules.ts";
import {
  checkField,
  type ForeignSite,
  HEADER_LINE_LIMIT_COUNT,
  linesOf,
  Notes,
  RULE_LIMIT_COUNT,
  Unhonoured,
} from "./foreign.ts";
import { netlifyHeaderPatterns } from "./netlify-paths.ts";

interface Block {
  readonly source: string;
  readonly patterns: readonly string[];
  /** By lower-case name. */
  readonly fields: Map<string, { name: string; value: string | null }>;
}

/** Fields that Netlify ignores, so that a file may contain them without any effect so far. */
const IGNORED_BY_NETLIFY: ReadonlySet<string> = new Set([
  "accept-ranges",
  "age",
  "allow",
  "alt-svc",
  "content-encoding",
  "location",
  "server",
]);

export function readNetlifyHeaders(text: string, file = "_headers"): ForeignSite {
  const notes = new Notes(file);
  const blocks: Block[] = [];
  let block: Block | "none" | "refused" = "none";
  for (const line of linesOf(text, notes, HEADER_LINE_LIMIT_COUNT)) {
    if (/^\/|^[^\s:]+:\/\//.test(line.text)) {
      block = notes.attempt(line, () => startBlock(line.text, blocks.length)) ?? "refused";
      if (typeof block === "object") blocks.push(block);
    } else if (block === "none") {
      notes.add(line, "found no path before this line");
    } else if (block === "refused") {
      notes.add(line, "its path is not supported");
    } else {
      const current: Block = block;
      notes.attempt(line, () => takeField(line.text, current));
    }
  }
  const headers = blocks.flatMap(rulesOf);
  return { site: headers.length > 0 ? { headers } : {}, notes: notes.list };
}

function startBlock(source: string, count: number): Block {
  if (count >= RULE_LIMIT_COUNT) throw new Unhonoured(`only the first ${RULE_LIMIT_COUNT} paths are read`);
  if (!source.startsWith("/"))
    throw new Unhonoured("rules for one host are not supported: a rule applies to the whole site");
  return { source, patterns: netlifyHeaderPatterns(source), fields: new Map() };
}

function takeField(text: string, { source, fields }: Block): void {
  const [, detached] = /^!\s*(\S+)$/.exec(text) ?? [];
  if (detached !== undefined) {
    checkField(detached, null);
    // A field that the same block sets stays, in any order of the lines.
    if (!fields.has(detached.toLowerCase())) fields.set(detached.toLowerCase(), { name: detached, value: null });
    return;
  }
  const colonAt = text.indexOf(":");
  if (colonAt < 0) throw new Unhonoured("found neither a path nor `Name: value`");
  const name = text.slice(0, colonAt).trim();
  // Netlify writes lists in one way.
  const value = text
    .slice(colonAt + 1)
    .trim()
    .replace(/\s*,\s*/g, ", ");
  const key = name.toLowerCase();
  refuseField(key, value, source);
  const before = fields.get(key)?.value ?? undefined;
  if (before !== undefined && key === "set-cookie") throw new Unhonoured("Set-Cookie can be set only once for a path");
  const joined = before === undefined ? value : `${before}, ${value}`;
  checkField(name, joined);
  fields.set(key, { name, value: joined });
}

function refuseField(key: string, value: string, source: string): void {
  if (value === "") throw new Unhonoured("found no value");
  if (key === "basic-auth")
    throw new Unhonoured("Basic-Auth is not supported: set the option auth, with hashes of the passwords");
  if (IGNORED_BY_NETLIFY.has(key)) throw new Unhonoured("ignored here, as by Netlify");
  const groups = [...source.matchAll(/:[A-Za-z_]\w*/g)].map(([name]) => name);
  if (source.includes("*")) groups.push(":splat");
  const words: readonly string[] = value.match(/:[A-Za-z_]\w*/g) ?? [];
  const used = groups.find((group) => words.includes(group));
  if (used !== undefined) throw new Unhonoured(`a value is the same for all paths, so it cannot contain ${used}`);
}

/** A rule is about the path that is asked for, and not about the file behind it. */
function rulesOf({ patterns, fields }: Block): readonly SiteHeaderRule[] {
  if (fields.size === 0) return [];
  const set = Object.fromEntries([...fields.values()].map(({ name, value }) => [name, value] as const));
  return patterns.map((pattern) => ({ for: pattern, set, compares: "asked without case" }));
}
