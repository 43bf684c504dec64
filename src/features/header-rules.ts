// Response fields that a site sets, changes or removes for some of its paths. Rules are applied when a path is
// planned, so that a hot reply carries them for nothing.
import { isToken, trimWhitespace } from "../http/fields.ts";
import { pathPattern } from "./pattern.ts";
import { PatternIndex } from "./pattern-index.ts";

export interface HeaderRule {
  /** Paths, as in `from` of a redirect: "/assets/*". */
  readonly for: string;
  /** By field name; null removes what the server would send. */
  readonly set: Readonly<Record<string, string | null>>;
}

/** What a path's rules come to: by lower-case name, the name as it is written and its value. */
export type FieldChanges = ReadonlyMap<string, { readonly name: string; readonly value: string | null }>;

/** Framing and connection are the engine's (RFC 9112); a second opinion on them is how replies are smuggled. */
const RESERVED: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-range",
  "date",
  "keep-alive",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * @returns what the rules come to for one path, or for a page that has several: each rule counts that is about one of them
 * @throws {TypeError} for a pattern, a name or a value that cannot be sent
 */
export function headerRules(rules: readonly HeaderRule[]): (...paths: readonly string[]) => FieldChanges {
  const compiled = rules.map(({ for: source, set }) => ({
    source,
    changes: Object.entries(set).map(([name, value]) => [name.toLowerCase(), change(name, value)] as const),
  }));
  const index = new PatternIndex(compiled, ({ source }) => source);
  return (...paths) => {
    // In their order: a later rule is the more particular one.
    return new Map(index.all(...paths).flatMap(({ changes }) => changes));
  };
}

/** What a rule says about the file at a path, and not about a page that says that there is none. */
const OF_FILES = /^(?:content-(?:disposition|encoding|language|location|type)|etag|expires|last-modified)$/;

/**
 * What of the changes is for errors, too: a missing script must not be kept for a year because scripts are (RFC 9111 §4.2
 * lets caches do that), nor its page be taken for a script.
 */
export function changesForErrors(changes: FieldChanges): FieldChanges {
  return new Map([...changes].filter(([key, { value }]) => !OF_FILES.test(key) && !isLasting(key, value)));
}

/** Cache-Control, and its namesakes for some caches only, if it lets anything be used unasked. */
function isLasting(key: string, value: string | null): boolean {
  return /(?:^|-)cache-control$/.test(key) && !/\b(?:no-store|no-cache|max-age=0)\b/i.test(value ?? "");
}

/** Those that are about one of the paths, for whom it is not urgent. */
export function rulesFor(rules: readonly HeaderRule[], ...paths: readonly string[]): readonly HeaderRule[] {
  return rules.filter(({ for: source }) => paths.some((path) => pathPattern(source).match(path) !== undefined));
}

/** Field lines with the changes made: what is set takes the place of every line of that name. */
export function changeFields(fields: string, changes: FieldChanges): string {
  if (changes.size === 0) return fields;
  const kept = fields
    .split("\r\n")
    .filter((line) => line !== "" && !changes.has(line.slice(0, line.indexOf(":")).toLowerCase()));
  const set = [...changes.values()].filter(({ value }) => value !== null);
  return [...kept, ...set.map(({ name, value }) => `${name}: ${value}`)].map((line) => `${line}\r\n`).join("");
}

/** Field lines with further ones, where they have none of that name. */
export function addFields(fields: string, added: Readonly<Record<string, string>>): string {
  const lines = Object.entries(added).filter(([name]) => !new RegExp(`^${name}:`, "im").test(fields));
  return fields + lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

function change(name: string, value: string | null): { name: string; value: string | null } {
  if (!isToken(name)) throw new TypeError(`not a field name: ${JSON.stringify(name)}`);
  if (RESERVED.has(name.toLowerCase())) throw new TypeError(`${name} is the server's own to write`);
  // RFC 9110 §5.5, without obs-text: a value that one reader takes for Latin-1 and another for UTF-8 is neither.
  if (value !== null && !/^[\t -~]*$/.test(value)) {
    throw new TypeError(`the value of ${name} has a character that no field can carry: ${JSON.stringify(value)}`);
  }
  return { name, value: value === null ? null : trimWhitespace(value) };
}
