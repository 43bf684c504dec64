// Mistakes in options, in words: the place, the value found and the value wanted. The schema says what is wanted; this
// file finds the place and shows its value, except passwords.
import { inspect } from "node:util";

/** An option that cannot be used, and what was wanted. */
export interface OptionMistake {
  /** `port`, `limits.headLimitBytes`, `redirects[2].to`, `sites["example.com"].root`. */
  readonly option: string;
  /** The value at the place, as text. */
  readonly found: string;
  readonly wanted: string;
}

/** Options with mistakes: `option` and `wanted` are those of the first one; `mistakes` and the message have all of them. */
export class OptionError extends TypeError {
  readonly option: string;
  readonly wanted: string;
  readonly mistakes: readonly OptionMistake[];

  constructor(option: string, found: unknown, wanted: string);
  /** @param mistakes at least one */
  constructor(mistakes: readonly OptionMistake[]);
  constructor(option: string | readonly OptionMistake[], found?: unknown, wanted = "") {
    const mistakes = typeof option === "string" ? [{ option, found: shown(found), wanted }] : option;
    super(mistakes.map(sentence).join("\n"));
    this.name = "OptionError";
    this.option = mistakes[0]!.option;
    this.wanted = mistakes[0]!.wanted;
    this.mistakes = mistakes;
  }
}

/** One line: `port: found "80", wanted a whole number from 0 to 65535`. */
export function sentence({ option, found, wanted }: OptionMistake): string {
  return `${option === "" ? "the options" : option}: found ${found}, wanted ${wanted}`;
}

export type Path = readonly PropertyKey[];

/** A place in the options, as a program would write it. */
export function placeName(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      const name = String(key);
      if (!/^[a-z_$][\w$]*$/i.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join("");
}

/** The value at a place; undefined when there is no such place. */
function valueAt(options: unknown, path: Path): unknown {
  let value = options;
  for (const key of path) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** Covers names that are not options too: `basicAuth`, `password`, `auth.user`. */
const SECRET = /auth|user|passw|secret|credential|hmac/i;

/** @returns the mistake at a place of `options`; a password in place of its hash is not shown */
export function mistakeAt(options: unknown, path: Path, wanted: string): OptionMistake {
  const value = valueAt(options, path);
  return { option: placeName(path), found: isSecret(path, value) ? hidden(value) : shown(value), wanted };
}

function isSecret(path: Path, value: unknown): boolean {
  // Sites that are still text are broken JSON, which may hold anything.
  if (path.length === 1 && path[0] === "sites" && typeof value === "string") return true;
  return path.some((name) => SECRET.test(String(name))) && !path.includes("for") && !path.includes("realm");
}

/** The most likely name: at most two letters are changed, missing, added or swapped. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const distances = names.map((other) => ({ other, distance: editDistance(name.toLowerCase(), other.toLowerCase()) }));
  const nearest = distances.reduce((a, b) => (b.distance < a.distance ? b : a), { other: "", distance: Infinity });
  return nearest.distance <= Math.min(2, name.length / 3) ? nearest.other : undefined;
}

/** The most likely name, else up to three names of which one is the beginning of the other. */
export function namesNear(name: string, names: readonly string[]): string[] {
  const nearest = nearestName(name, names);
  if (nearest !== undefined) return [nearest];
  const [typed, shortest] = [name.toLowerCase(), 4];
  const alike = names.filter((other) => {
    const [longer, shorter] = typed.length < other.length ? [other.toLowerCase(), typed] : [typed, other.toLowerCase()];
    return shorter.length >= shortest && longer.startsWith(shorter);
  });
  return alike.length <= 3 ? alike : [];
}

/** How many letters of a short word to insert, delete, change, or swap with the next (Damerau-Levenshtein distance). */
function editDistance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const others = [row[j - 1]! + 1, rows[i - 1]![j]! + 1, rows[i - 1]![j - 1]! + (isSame ? 0 : 1)];
      row.push(Math.min(...others, isSwapped ? rows[i - 2]![j - 2]! + 1 : Infinity));
    }
    rows.push(row);
  }
  return rows.at(-1)!.at(-1)!;
}

function hidden(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "string" ? "a text (not shown)" : `a value of type ${typeof value}`;
}

/** Strings as JSON writes them, so that control characters stay harmless; NaN, bigint and objects as Node shows them. */
function shown(found: unknown): string {
  if (found === undefined) return "nothing";
  return typeof found === "string" ? JSON.stringify(found) : inspect(found, { depth: 0, breakLength: Infinity });
}
