// `_headers` of Netlify and Cloudflare -> header rules. Grammars: https://docs.netlify.com/manage/routing/headers/ and
// https://developers.cloudflare.com/pages/configuration/headers/: a path on a line, `Name: value` on the lines below
// it, a name that comes twice is a list; with Cloudflare `! Name` takes a field away. All blocks that match apply.
import type { HeaderRule } from "../../features/header-rules.ts";
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

/** Netlify ignores these, so that a file may hold them without anyone having noticed. */
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
      notes.add(line, "a path must come first");
    } else if (block === "refused") {
      notes.add(line, "its path is not taken");
    } else {
      const current: Block = block;
      const name = notes.attempt(line, () => takeField(line.text, current, dialect));
      if (name === undefined || dialect === "netlify") continue;
      if (joins.has(name, current))
        notes.add(line, "Cloudflare joins this with the value of an earlier path, here it counts alone");
    }
  }
  const headers = blocks.flatMap(rulesOf);
  return { site: headers.length > 0 ? { headers } : {}, notes: notes.list };
}

function startBlock(source: string, dialect: Dialect, count: number): Block {
  if (count >= RULE_LIMIT_COUNT) throw new Unhonoured(`only ${RULE_LIMIT_COUNT} paths are read`);
  return { source, segments: segmentsOf(source), patterns: hostPatterns(source, dialect), fields: new Map() };
}

/** @returns the lower-case name of what it sets */
function takeField(text: string, { source, fields }: Block, dialect: Dialect): string | undefined {
  const [, detached] = /^!\s*(\S+)$/.exec(text) ?? [];
  if (detached !== undefined) {
    checkField(detached, null);
    // What the same block sets stays, in whichever order they stand.
    if (!fields.has(detached.toLowerCase())) fields.set(detached.toLowerCase(), { name: detached, value: null });
    return undefined;
  }
  const colonAt = text.indexOf(":");
  if (colonAt < 0) throw new Unhonoured("neither a path nor `Name: value`");
  const name = text.slice(0, colonAt).trim();
  const value = text.slice(colonAt + 1).trim();
  const key = name.toLowerCase();
  refuseField(key, value, source, dialect);
  const before = fields.get(key)?.value ?? undefined;
  if (before !== undefined && key === "set-cookie") throw new Unhonoured("cookies cannot be joined: one for a path");
  const joined = before === undefined ? value : `${before}, ${value}`;
  checkField(name, joined);
  fields.set(key, { name, value: joined });
  return key;
}

function refuseField(key: string, value: string, source: string, dialect: Dialect): void {
  if (value === "") throw new Unhonoured("a value is missing");
  if (key === "basic-auth") throw new Unhonoured("passwords are given as hashes here: the option `auth`");
  if (dialect === "netlify" && IGNORED_BY_NETLIFY.has(key)) throw new Unhonoured("Netlify ignores it, too");
  const groups = [...source.matchAll(/:[A-Za-z_]\w*/g)].map(([name]) => name);
  if (source.includes("*")) groups.push(":splat");
  const words: readonly string[] = value.match(/:[A-Za-z_]\w*/g) ?? [];
  const used = groups.find((group) => words.includes(group));
  if (used !== undefined) throw new Unhonoured(`values are the same for all paths: ${used} cannot stand in one`);
}

function rulesOf({ patterns, fields }: Block): readonly HeaderRule[] {
  if (fields.size === 0) return [];
  const set = Object.fromEntries([...fields.values()].map(({ name, value }) => [name, value] as const));
  return patterns.map((pattern) => ({ for: pattern, set }));
}

/** Which names were set for which paths: Cloudflare joins the values of all blocks that match, a map keeps the last. */
class Joins {
  readonly #byName = new Map<string, Block[]>();

  /** Whether an earlier block that has paths in common with this one sets the name, too. */
  has(name: string, block: Block): boolean {
    const earlier = this.#byName.get(name) ?? [];
    this.#byName.set(name, earlier);
    if (earlier.at(-1) === block) return false;
    const hasJoin = earlier.some((other) => meets(other.segments, block.segments));
    earlier.push(block);
    return hasJoin;
  }
}
