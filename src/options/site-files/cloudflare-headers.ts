// Reads `_headers` as Cloudflare's Pages and Workers do (https://developers.cloudflare.com/pages/configuration/headers/): a
// path stands on a line, and `Name: value` or `! Name` on the lines below. All matching blocks apply, in their order, and
// their values are joined; a block replaces an earlier one for the same path, at its place. What is refused was tried
// with the parser of wrangler 4.
import type { SiteHeaderRule } from "../../features/fields/header-rules.ts";
import { type CloudflarePath, cloudflarePath } from "./cloudflare-paths.ts";
import {
  checkField,
  type ForeignSite,
  HEADER_LINE_LIMIT_COUNT,
  type Line,
  linesOf,
  Notes,
  RULE_LIMIT_COUNT,
  Unhonoured,
} from "./foreign.ts";
import { meets, segmentsOf } from "./paths.ts";

interface Block extends CloudflarePath {
  readonly line: Line;
  /** By lower-case name. */
  readonly set: Map<string, { readonly name: string; readonly value: string }>;
  /** By lower-case name, the name as it is written. */
  readonly removed: Map<string, string>;
  /** Whether Cloudflare takes a line below the path, though perhaps not Heddle. */
  hasLines: boolean;
}

export function readCloudflareHeaders(text: string, file = "_headers"): ForeignSite {
  const notes = new Notes(file);
  const reading = new Reading(notes);
  for (const line of linesOf(text, notes, HEADER_LINE_LIMIT_COUNT)) reading.take(line);
  const headers = reading.headers();
  return {
    site: headers.length > 0 ? { headers } : {},
    notes: notes.list.toSorted((one, other) => one.line - other.line),
  };
}

class Reading {
  readonly #notes: Notes;
  /** By path. A later block for a path takes the place of the first one, and not the last place. */
  readonly #blocks = new Map<string, Block>();
  #current: Block | "none" | "refused" = "none";

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  take(line: Line): void {
    const current = this.#current;
    if (/^\/|^\S+:\/\//.test(line.text)) {
      this.#endBlock();
      this.#current = this.#notes.attempt(line, () => this.#startBlock(line)) ?? "refused";
    } else if (current === "none") {
      this.#notes.add(line, "found no path before this line");
    } else if (current === "refused") {
      this.#notes.add(line, "its path is not supported");
    } else {
      this.#notes.attempt(line, () => takeField(line.text, current));
    }
  }

  headers(): readonly SiteHeaderRule[] {
    this.#endBlock();
    const blocks = [...this.#blocks.values()];
    const names = Map.groupBy(
      blocks.flatMap(({ set }) => [...set.keys()]),
      (key) => key,
    );
    return blocks.flatMap((block) => rulesOf(block, (key) => names.get(key)!.length > 1));
  }

  #startBlock(line: Line): Block {
    if (this.#blocks.size >= RULE_LIMIT_COUNT)
      throw new Unhonoured(`only the first ${RULE_LIMIT_COUNT} paths are read`);
    if (/^https:\/\/+[^/]/.test(line.text))
      throw new Unhonoured("rules for one host are not supported: a rule applies to the whole site");
    if (!line.text.startsWith("/"))
      throw new Unhonoured(
        "Cloudflare takes this line for a path, because it has :// in its first word, and ignores it",
      );
    const path = cloudflarePath(line.text);
    if (path.hasMore) this.#notes.add(line, "what follows ? or # in the path is ignored, as by Cloudflare");
    return { ...path, line, set: new Map(), removed: new Map(), hasLines: false };
  }

  #endBlock(): void {
    const block = this.#current;
    if (typeof block === "string") return;
    this.#current = "none";
    if (!block.hasLines) {
      this.#notes.add(block.line, "found no fields for this path");
      return;
    }
    const earlier = this.#blocks.get(block.path);
    if (earlier !== undefined)
      this.#notes.add(
        earlier.line,
        `ignored, as by Cloudflare: line ${block.line.number} has other fields for the same path`,
      );
    this.#noteCookies(block);
    this.#blocks.set(block.path, block);
  }

  #noteCookies(block: Block): void {
    if (!block.set.has("set-cookie")) return;
    const segments = segmentsOf(block.path);
    const other = [...this.#blocks.values()].find(
      ({ path, set }) => path !== block.path && set.has("set-cookie") && meets(segmentsOf(path), segments),
    );
    if (other === undefined) return;
    this.#notes.add(
      block.line,
      `paths that line ${other.line.number} is also about get only one cookie: the later one`,
    );
  }
}

function takeField(text: string, block: Block): void {
  const colonAt = text.indexOf(":");
  if (colonAt < 0) {
    removeField(text, block);
    return;
  }
  const name = text.slice(0, colonAt).trim();
  const value = text.slice(colonAt + 1).trim();
  if (name === "" || name.includes(" ")) throw new Unhonoured("found no field name before the colon");
  if (value === "") throw new Unhonoured("found no value");
  block.hasLines = true;
  const key = name.toLowerCase();
  if (key === "basic-auth")
    throw new Unhonoured("Basic-Auth is not supported: set the option auth, with hashes of the passwords");
  const used = block.groups.find((group) => value.includes(`:${group}`));
  if (used !== undefined) throw new Unhonoured(`a value is the same for all paths, so it cannot contain :${used}`);
  const before = block.set.get(key)?.value;
  if (before !== undefined && key === "set-cookie") throw new Unhonoured("Set-Cookie can be set only once for a path");
  const joined = before === undefined ? value : `${before}, ${value}`;
  checkField(name, joined);
  block.set.set(key, { name, value: joined });
}

function removeField(text: string, block: Block): void {
  if (!text.startsWith("! ")) throw new Unhonoured("found neither a path nor `Name: value` nor `! Name`");
  block.hasLines = true;
  const name = text.slice(2).trim();
  checkField(name, null);
  block.removed.set(name.toLowerCase(), name);
}

/** First what the block removes, then what it sets, in any order of its lines. */
function rulesOf(
  { pattern, set, removed }: Block,
  isSetElsewhere: (key: string) => boolean,
): readonly SiteHeaderRule[] {
  const compares = "asked" as const;
  const isJoined = [...set.keys()].some(isSetElsewhere);
  const both = [...removed].filter(([key]) => set.has(key) && isSetElsewhere(key));
  const fields = [
    ...[...removed].filter(([key]) => !set.has(key)).map(([, name]) => [name, null] as const),
    ...[...set.values()].map(({ name, value }) => [name, value] as const),
  ];
  return [
    ...(both.length > 0
      ? [{ for: pattern, set: Object.fromEntries(both.map(([, name]) => [name, null])), compares }]
      : []),
    ...(fields.length > 0
      ? [{ for: pattern, set: Object.fromEntries(fields), compares, ...(isJoined && { join: true }) }]
      : []),
  ];
}
