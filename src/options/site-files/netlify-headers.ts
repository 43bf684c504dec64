// Reads `_headers` of Netlify and Cloudflare as header rules. Grammars: https://docs.netlify.com/manage/routing/headers/ and
// https://developers.cloudflare.com/pages/configuration/headers/. A path stands on a line, and `Name: value` on the lines
// below; the values of a repeated name are joined; on Cloudflare, `! Name` removes a field. All matching blocks apply.
import type { SiteHeaderRule } from "../../features/fields/header-rules.ts";
import {
  checkField,
  type Dialect,
  type ForeignSite,
  HEADER_LINE_LIMIT_COUNT,
  linesOf,
  Notes,
  RULE_LIMIT_COUNT,
  Unhonoured,
} from "./foreign.ts";
import { hostPatterns, meets, type Segments, segmentsOf } from "./paths.ts";

interface Block {
  readonly source: string;
  readonly segments: Segments;
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

export function readNetlifyHeaders(text: string, dialect: Dialect = "netlify", file = "_headers"): ForeignSite {
  const notes = new Notes(file);
  const joins = new Joins();
  const blocks: Block[] = [];
  let block: Block | "none" | "refused" = "none";
  for (const line of linesOf(text, notes, HEADER_LINE_LIMIT_COUNT)) {
    if (/^\/|^[^\s:]+:\/\//.test(line.text)) {
      block = notes.attempt(line, () => startBlock(line.text, dialect, blocks.length)) ?? "refused";
      if (typeof block === "object") blocks.push(block);
    } else if (block === "none") {
      notes.add(line, "found no path before this line");
    } else if (block === "refused") {
      notes.add(line, "its path is not supported");
    } else {
      const current: Block = block;
      const name = notes.attempt(line, () => takeField(line.text, current, dialect));
      if (name === undefined || dialect === "netlify") continue;
      if (joins.has(name, current))
        notes.add(line, "Cloudflare joins this value with that of an earlier path; here, only this value is sent");
    }
  }
  const headers = blocks.flatMap((each) => rulesOf(each, dialect));
  return { site: headers.length > 0 ? { headers } : {}, notes: notes.list };
}

function startBlock(source: string, dialect: Dialect, count: number): Block {
  if (count >= RULE_LIMIT_COUNT) throw new Unhonoured(`only the first ${RULE_LIMIT_COUNT} paths are read`);
  return { source, segments: segmentsOf(source), patterns: hostPatterns(source, dialect), fields: new Map() };
}

/** @returns the lower-case name of the field that the line sets */
function takeField(text: string, { source, fields }: Block, dialect: Dialect): string | undefined {
  const [, detached] = /^!\s*(\S+)$/.exec(text) ?? [];
  if (detached !== undefined) {
    checkField(detached, null);
    // A field that the same block sets stays, in any order of the lines.
    if (!fields.has(detached.toLowerCase())) fields.set(detached.toLowerCase(), { name: detached, value: null });
    return undefined;
  }
  const colonAt = text.indexOf(":");
  if (colonAt < 0) throw new Unhonoured("found neither a path nor `Name: value`");
  const name = text.slice(0, colonAt).trim();
  const value = text.slice(colonAt + 1).trim();
  const key = name.toLowerCase();
  refuseField(key, value, source, dialect);
  const before = fields.get(key)?.value ?? undefined;
  if (before !== undefined && key === "set-cookie") throw new Unhonoured("Set-Cookie can be set only once for a path");
  const joined = before === undefined ? value : `${before}, ${value}`;
  checkField(name, joined);
  fields.set(key, { name, value: joined });
  return key;
}

function refuseField(key: string, value: string, source: string, dialect: Dialect): void {
  if (value === "") throw new Unhonoured("found no value");
  if (key === "basic-auth")
    throw new Unhonoured("Basic-Auth is not supported: set the option auth, with hashes of the passwords");
  if (dialect === "netlify" && IGNORED_BY_NETLIFY.has(key)) throw new Unhonoured("ignored here, as by Netlify");
  const groups = [...source.matchAll(/:[A-Za-z_]\w*/g)].map(([name]) => name);
  if (source.includes("*")) groups.push(":splat");
  const words: readonly string[] = value.match(/:[A-Za-z_]\w*/g) ?? [];
  const used = groups.find((group) => words.includes(group));
  if (used !== undefined) throw new Unhonoured(`a value is the same for all paths, so it cannot contain ${used}`);
}

/** On both servers, a rule is about the path that is asked for, and not about the file behind it. */
function rulesOf({ patterns, fields }: Block, dialect: Dialect): readonly SiteHeaderRule[] {
  if (fields.size === 0) return [];
  const set = Object.fromEntries([...fields.values()].map(({ name, value }) => [name, value] as const));
  const compares = dialect === "netlify" ? "asked without case" : "asked";
  return patterns.map((pattern) => ({ for: pattern, set, compares }));
}

/** The blocks that set each name. Cloudflare joins the values of all matching blocks; here, the last value counts. */
class Joins {
  readonly #byName = new Map<string, Block[]>();

  /** Whether an earlier block with some of the same paths also sets the name. */
  has(name: string, block: Block): boolean {
    const earlier = this.#byName.get(name) ?? [];
    this.#byName.set(name, earlier);
    if (earlier.at(-1) === block) return false;
    const hasJoin = earlier.some((other) => meets(other.segments, block.segments));
    earlier.push(block);
    return hasJoin;
  }
}
