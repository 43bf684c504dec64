// Response fields that a site sets, changes or removes for some of its paths. Rules are applied when a path is
// planned, so that a hot reply carries them for nothing.
import { isToken, trimWhitespace } from "../../http/fields.ts";
import { pathPattern } from "../patterns/pattern.ts";
import { PatternIndex } from "../patterns/rule-index.ts";

/** Fields that the replies to some paths get, or lose. */
export interface HeaderRule {
  /** Paths, as in `from` of a redirect: "/assets/*". */
  readonly for: string;
  /** By field name; null removes what the server would send. */
  readonly set: Readonly<Record<string, string | null>>;
}

/** A rule of a site: one that was given, or one of a file in its root. */
export interface SiteHeaderRule extends HeaderRule {
  /**
   * With what `for` is compared: the path that is asked for and no other, as the rules of `_headers` are, there with or
   * without its case. @default the path that answers, and that of its file
   */
  readonly compares?: "asked" | "asked without case";
  /** Its values are joined with those of earlier rules, as in Cloudflare's `_headers`. @default they replace them */
  readonly join?: boolean;
}

/** The changes for a path, by lower-case name: the name as it is written, and its value. */
export type FieldChanges = ReadonlyMap<string, Change>;

interface Change {
  readonly name: string;
  readonly value: string | null;
}

const NO_CHANGES: FieldChanges = new Map();

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
 * The changes for a reply.
 * @param path that answers: of a rewrite, its target
 * @param file its path, where that is another: "/index.html" for "/"
 * @param asked the path that the visitor asked for, where a rewrite leads to another
 * @param sent the path of another file that is sent in place of that one: its rules come last
 */
export type HeaderRules = (path: string, file?: string, asked?: string, sent?: string) => FieldChanges;

interface CompiledRule {
  readonly index: number;
  readonly source: string;
  readonly join: boolean;
  readonly changes: readonly (readonly [string, Change])[];
}

/** @throws {TypeError} for a pattern, a name or a value that cannot be sent */
export function headerRules(rules: readonly SiteHeaderRule[]): HeaderRules {
  if (rules.length === 0) return () => NO_CHANGES;
  const byFile = indexOf(rules, undefined);
  const ofAsked = rulesOfAsked(rules);
  return (path, file, asked = path, sent) => {
    const found = [...(file === undefined ? byFile.all(path) : byFile.all(path, file)), ...ofAsked(asked)];
    found.sort(byIndex);
    if (sent === undefined) return changesOf(found);
    const ofSent = byFile.all(sent);
    const describing = new Set([...ofSent, ...ofAsked(sent)]);
    const others = found.map((rule) => (describing.has(rule) ? rule : withoutDescription(rule)));
    return changesOf([...others, ...ofSent.filter((rule) => !found.includes(rule)).sort(byIndex)]);
  };
}

function byIndex(a: CompiledRule, b: CompiledRule): number {
  return a.index - b.index;
}

/** @param rules in their order: a later rule is the more specific one */
function changesOf(rules: readonly CompiledRule[]): FieldChanges {
  const made = new Map<string, Change>();
  for (const { changes, join } of rules) {
    for (const [key, one] of changes) made.set(key, join && key !== "set-cookie" ? joined(made.get(key), one) : one);
  }
  return made;
}

/** For another file than the one that the rule describes. */
function withoutDescription(rule: CompiledRule): CompiledRule {
  return { ...rule, changes: rule.changes.filter(([key]) => !OF_FILES.test(key)) };
}

/** RFC 9110 §5.3: the values of one name, in their order, with a comma; cookies cannot be joined. */
function joined(earlier: Change | undefined, { name, value }: Change): Change {
  const values = [earlier?.value ?? null, value].filter((one) => one !== null);
  return { name, value: value === null ? null : values.join(", ") };
}

/** Names the rules that are compared with the path that is asked for, and match it: "" for none. */
export function askedHeaderRules(rules: readonly SiteHeaderRule[]): (asked: string) => string {
  if (!rules.some(({ compares }) => compares !== undefined)) return () => "";
  const ofAsked = rulesOfAsked(rules);
  return (asked) =>
    ofAsked(asked)
      .map(({ index }) => index)
      .join();
}

function rulesOfAsked(rules: readonly SiteHeaderRule[]): (asked: string) => readonly CompiledRule[] {
  const exactly = indexOf(rules, "asked");
  const withoutCase = indexOf(rules, "asked without case");
  return (asked) => [...exactly.all(asked), ...withoutCase.all(caseless(asked))];
}

function indexOf(rules: readonly SiteHeaderRule[], compares: SiteHeaderRule["compares"]): PatternIndex<CompiledRule> {
  const compiled = rules.flatMap((rule, index) => (rule.compares === compares ? [compile(rule, index)] : []));
  return new PatternIndex(compiled, ({ source }) => source);
}

function compile({ for: source, set, compares, join = false }: SiteHeaderRule, index: number): CompiledRule {
  const changes = Object.entries(set).map(([name, value]) => [name.toLowerCase(), change(name, value)] as const);
  return { index, source: compares === "asked without case" ? caseless(source) : source, join, changes };
}

/** A path, or a pattern, in lower case; the digits of escapes stay as paths are compared. */
function caseless(path: string): string {
  return path.replace(/(?:%[89A-F][\dA-F])+|%[\dA-F]{2}|[A-Z]+/g, (part) => {
    if (!part.startsWith("%")) return part.toLowerCase();
    return /^%[0-7]/.test(part) ? part : lowerCaseBeyondAscii(part);
  });
}

function lowerCaseBeyondAscii(encoded: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(encoded).toLowerCase());
  } catch {
    return encoded;
  }
}

/** Fields that describe a file, and not the page of an error; and what must not happen because a request was refused. */
const OF_FILES =
  /^(?:clear-site-data|content-(?:disposition|encoding|language|location|type)|etag|expires|last-modified)$/;

/**
 * The changes that apply to errors, too: a missing script must not be kept for a year because scripts are (RFC 9111
 * §4.2 lets caches do that), and its page must not be taken for a script.
 */
export function changesForErrors(changes: FieldChanges): FieldChanges {
  return new Map([...changes].filter(([key, { value }]) => !OF_FILES.test(key) && !allowsReuse(key, value)));
}

/** Cache-Control, or a variant for some caches ("CDN-Cache-Control"), that lets a reply be used without asking. */
function allowsReuse(key: string, value: string | null): boolean {
  return /(?:^|-)cache-control$/.test(key) && !/\b(?:no-store|no-cache|max-age=0)\b/i.test(value ?? "");
}

/** The rules that match, by linear search: for `heddle explain` only. */
export function rulesFor(
  rules: readonly SiteHeaderRule[],
  ...[path, file = path, asked = path]: Parameters<HeaderRules>
): readonly HeaderRule[] {
  return rules.filter((rule) => {
    const { source } = compile(rule, 0);
    const paths = rule.compares === undefined ? [path, file] : [rule.compares === "asked" ? asked : caseless(asked)];
    return paths.some((each) => pathPattern(source).match(each) !== undefined);
  });
}

/** Field lines with the changes made: a field that is set replaces every line of its name. */
export function changeFields(fields: string, changes: FieldChanges): string {
  if (changes.size === 0) return fields;
  const kept = fields
    .split("\r\n")
    .filter((line) => line !== "" && !changes.has(line.slice(0, line.indexOf(":")).toLowerCase()));
  const set = [...changes.values()].filter(({ value }) => value !== null);
  return [...kept, ...set.map(({ name, value }) => `${name}: ${value}`)].map((line) => `${line}\r\n`).join("");
}

/** Field lines with further fields, except those that are there already. */
export function addFields(fields: string, added: Readonly<Record<string, string>>): string {
  const lines = Object.entries(added).filter(([name]) => !new RegExp(`^${name}:`, "im").test(fields));
  return fields + lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

function change(name: string, value: string | null): Change {
  if (!isToken(name)) throw new TypeError(`not a field name: ${JSON.stringify(name)}`);
  if (RESERVED.has(name.toLowerCase())) throw new TypeError(`${name} is the server's own to write`);
  // RFC 9110 §5.5, without obs-text: a value that one reader takes for Latin-1 and another for UTF-8 is neither.
  if (value !== null && !/^[\t -~]*$/.test(value)) {
    throw new TypeError(`the value of ${name} has a character that no field can carry: ${JSON.stringify(value)}`);
  }
  return { name, value: value === null ? null : trimWhitespace(value) };
}
