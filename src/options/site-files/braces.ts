// Writes out the braces of a glob, as minimatch does before it reads the rest: "{a,b}/{1..3}" is six globs. Braces
// without a comma or a range are text, and so is "${" with all that follows.
import { Unhonoured } from "./foreign.ts";

/** Each is a choice of the pattern. */
const GLOB_LIMIT_COUNT = 500;
const TOO_MANY = `the braces stand for more than ${GLOB_LIMIT_COUNT} paths`;
const RANGE = /^(-?\d+|[a-z])\.\.(-?\d+|[a-z])(?:\.\.(-?\d+))?$/i;

/** @throws {Unhonoured} for braces that stand for too many paths */
export function expandBraces(glob: string): readonly string[] {
  const found = firstBraces(glob);
  if (found === undefined) return [glob];
  const { before, inside, after } = found;
  if (before.endsWith("$")) return [glob];
  const choices = choicesOf(inside);
  if (choices === undefined) {
    // "{lang}/{a,b}": the first are text, and the others are not.
    const isText = !/,.*\}/s.test(after);
    return isText ? [glob] : expandBraces(after).map((end) => `${before}{${inside}}${end}`);
  }
  const rest = expandBraces(after);
  if (choices.length * rest.length > GLOB_LIMIT_COUNT) throw new Unhonoured(TOO_MANY);
  return choices.flatMap((choice) => rest.map((end) => before + choice + end));
}

interface Braces {
  readonly before: string;
  readonly inside: string;
  readonly after: string;
}

/** The first pair of braces that belong together. */
function firstBraces(glob: string): Braces | undefined {
  const opened: number[] = [];
  let outermost: [start: number, end: number] | undefined;
  for (let offset = 0; offset < glob.length; offset++) {
    const character = glob[offset];
    if (character === "\\") offset++;
    else if (character === "{") opened.push(offset);
    else if (character === "}" && opened.length > 0) {
      const start = opened.pop()!;
      if (outermost === undefined || start < outermost[0]) outermost = [start, offset];
      if (opened.length === 0) break;
    }
  }
  if (outermost === undefined) return undefined;
  const [start, end] = outermost;
  return { before: glob.slice(0, start), inside: glob.slice(start + 1, end), after: glob.slice(end + 1) };
}

/** @returns undefined for braces that are text */
function choicesOf(inside: string): readonly string[] | undefined {
  const range = RANGE.exec(inside);
  if (range !== null) {
    const [, first = "", last = "", step = "1"] = range;
    if (/\d/.test(first) === /\d/.test(last)) return rangeOf(first, last, Math.abs(Number(step)) || 1);
  }
  const parts = splitAtCommas(inside);
  if (parts.length > 1) return parts.flatMap(expandBraces);
  // "{{a,b}}" is "{a}" and "{b}".
  const inner = expandBraces(inside);
  return inner.length > 1 ? inner.map((one) => `{${one}}`) : undefined;
}

function rangeOf(first: string, last: string, step: number): readonly string[] {
  const isNumber = /\d/.test(first);
  const [from, to] = [first, last].map((end) => (isNumber ? Number(end) : end.charCodeAt(0))) as [number, number];
  const count = Math.floor(Math.abs(to - from) / step) + 1;
  if (count > GLOB_LIMIT_COUNT) throw new Unhonoured(TOO_MANY);
  const values = Array.from({ length: count }, (_, index) => from + (to < from ? -index : index) * step);
  if (!isNumber) return values.map((code) => String.fromCharCode(code));
  const width = [first, last].some((end) => /^-?0\d/.test(end)) ? Math.max(first.length, last.length) : 0;
  return values.map((value) =>
    value < 0 ? `-${String(-value).padStart(width - 1, "0")}` : String(value).padStart(width, "0"),
  );
}

/** At the commas that are in no inner braces. */
function splitAtCommas(inside: string): string[] {
  const parts = [""];
  let depth = 0;
  for (let offset = 0; offset < inside.length; offset++) {
    const character = inside[offset]!;
    if (character === "{") depth++;
    if (character === "}") depth--;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character === "\\" ? character + (inside[++offset] ?? "") : character;
  }
  return parts;
}
