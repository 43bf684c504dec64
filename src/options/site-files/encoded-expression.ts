// Translates the regular expressions of serve.json, which serve runs over decoded paths without any flag, to those of our
// patterns, which are about percent-encoded paths: "[^.]{2}" takes two characters, "é" as well as "e". A set of decoded
// characters becomes a choice of plain characters, of escaped ones, and of those outside of ASCII.
import { Unhonoured } from "./foreign.ts";

/** A set of decoded characters. */
interface Members {
  /** By code of ASCII. */
  readonly ascii: readonly boolean[];
  /** Outside of ASCII: only these, or with `isAllExcept` all others. */
  readonly others: ReadonlySet<string>;
  readonly isAllExcept: boolean;
}

/** Any character outside of ASCII, in UTF-8. */
const OTHERS = "%[C-F][\\dA-F](?:%[89AB][\\dA-F])+";
/** A range with more characters outside of ASCII is not written out. */
const MEMBER_LIMIT_COUNT = 200;
const CLASSES: Readonly<Record<string, RegExp>> = { d: /\d/, w: /\w/, s: /[\s\u0085]/ };
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", v: "\v", f: "\f", "0": "\0" };
/** `.`, too: no path has an end of a line. */
const EVERYTHING: Members = { ascii: Array.from({ length: 128 }, () => true), others: new Set(), isAllExcept: true };
/** Text after a run of characters at which no escape can be cut in two. */
const CUTS_NO_ESCAPE = /^(?:$|\\?[^\w%\\[(?*+{.|)])/;

/**
 * @param text an expression without captures
 * @param within "name" for a part of one name of a path: `$` is the end of the name, and nothing takes a slash
 * @param after the text that follows it in the pattern
 * @throws {Unhonoured} for what no pattern can express
 */
export function encodedExpression(text: string, within: "path" | "name", after = ""): string {
  return new Translation(text, within === "name", after).whole();
}

/** As `canonicalPath` writes paths: RFC 3986 §2. */
function encodedText(text: string): string {
  return encodeURI(text.toWellFormed()).replace(/[?#]/g, encodeURIComponent);
}

class Translation {
  readonly #text: string;
  readonly #isName: boolean;
  readonly #after: string;
  #offset = 0;

  constructor(text: string, isName: boolean, after: string) {
    this.#text = text;
    this.#isName = isName;
    this.#after = after;
  }

  whole(): string {
    let found = "";
    while (this.#offset < this.#text.length) found += this.#next();
    return found;
  }

  #next(): string {
    const syntax = this.#take(/\(\?[:=!]|[)|]|[*+?]\??|\{\d+(?:,\d*)?\}\??/y);
    if (syntax !== undefined) return syntax;
    const character = this.#take(/./suy)!;
    switch (character) {
      case "$":
        return this.#isName ? "(?![^\\x2f])" : "$";
      case ".":
        return this.#write(EVERYTHING);
      case "[":
        return this.#write(this.#class());
      case "\\": {
        const escaped = this.#escaped();
        return typeof escaped === "string" ? writtenText(escaped) : this.#write(escaped);
      }
      case "^":
      case "(":
        throw new Unhonoured(`the expression has "${character}" where it is not supported`);
      default:
        return writtenText(character);
    }
  }

  #take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#offset;
    const found = expression.exec(this.#text)?.[0];
    this.#offset += found?.length ?? 0;
    return found;
  }

  /** What follows a backslash: a character, or a class of them. */
  #escaped(): string | Members {
    const code = this.#take(/x[\da-f]{2}|u[\da-f]{4}/iy);
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const character = this.#take(/./suy);
    if (character === undefined) throw new Unhonoured("found a backslash at the end");
    if (/[1-9bBck]/.test(character))
      throw new Unhonoured(`the expression has "\\${character}", which is not supported`);
    const expression = CLASSES[character.toLowerCase()];
    if (expression === undefined) return CONTROLS[character] ?? character;
    const members = membersThat((one) => expression.test(one));
    return /[a-z]/.test(character) ? members : negated(members);
  }

  /** Up to its closing bracket. */
  #class(): Members {
    const isNegated = this.#take(/\^/y) !== undefined;
    const found: Members[] = [];
    while (this.#take(/\]/y) === undefined) {
      const first = this.#member();
      if (typeof first !== "string") found.push(first);
      else if (this.#take(/-(?!\])/y) === undefined) found.push(membersOf([first]));
      else {
        const last = this.#member();
        found.push(typeof last === "string" ? range(first, last) : joined([membersOf([first, "-"]), last]));
      }
    }
    return isNegated ? negated(joined(found)) : joined(found);
  }

  #member(): string | Members {
    const character = this.#take(/./suy);
    if (character === undefined) throw new Unhonoured("found a class of characters that is not closed");
    return character === "\\" ? this.#escaped() : character;
  }

  #write({ ascii, others, isAllExcept }: Members): string {
    const characters = ascii.flatMap((isMember, code) => (isMember ? [String.fromCharCode(code)] : []));
    const members = characters.filter((character) => !this.#isName || character !== "/");
    if (isAllExcept && others.size === 0 && this.#isRun()) {
      if (members.length === 128) return ".";
      if (members.length === 127 && !members.includes("/")) return "[^\\x2f]";
    }
    if (isAllExcept) return this.#writeAllExcept(characters, [...others]);
    const choices = [writtenClass(members.filter(isPlain)), ...escapes(members.filter((one) => !isPlain(one)))];
    choices.push(...[...others].map(encodedText));
    const written = choices.filter(Boolean);
    // Nothing at all matches "[]".
    if (written.length === 0) return "(?!)";
    return written.length === 1 && /^\[|^\\.$|^[^\\%]$/.test(written[0]!) ? written[0]! : `(?:${written.join("|")})`;
  }

  /** Short where nearly all are members: what is excluded is written. */
  #writeAllExcept(members: readonly string[], others: readonly string[]): string {
    const excluded = EVERYTHING.ascii.flatMap((_, code) => {
      const character = String.fromCharCode(code);
      return members.includes(character) && !(this.#isName && character === "/") ? [] : [character];
    });
    const plain = excluded.filter(isPlain).map(hex).join("");
    const codes = [...excluded.filter((character) => !isPlain(character)), ...others].map(encodedText);
    const anyEscape = `%[0-7][\\dA-F]|${OTHERS}`;
    return `(?:[^%${plain}]|${codes.length === 0 ? anyEscape : `(?!${codes.join("|")})(?:${anyEscape})`})`;
  }

  /** Whether any number of characters may follow each other: then each escape is taken whole, or not at all. */
  #isRun(): boolean {
    const rest = this.#text.slice(this.#offset);
    const quantifier = /^[*+]\??/.exec(rest)?.[0];
    return quantifier !== undefined && CUTS_NO_ESCAPE.test(rest.slice(quantifier.length) + this.#after);
  }
}

/** Whether paths have the character as it is. */
function isPlain(character: string): boolean {
  return encodedText(character) === character;
}

function membersThat(isMember: (character: string) => boolean): Members {
  const ascii = Array.from({ length: 128 }, (_, code) => isMember(String.fromCharCode(code)));
  return { ascii, others: new Set(), isAllExcept: false };
}

function membersOf(characters: readonly string[]): Members {
  const others = characters.filter((character) => character > "\x7f");
  return { ...membersThat((character) => characters.includes(character)), others: new Set(others) };
}

function range(first: string, last: string): Members {
  const [from, to] = [first.codePointAt(0)!, last.codePointAt(0)!];
  if (from > to) throw new Unhonoured(`the range ${first}-${last} has its end before its beginning`);
  const outside = to - Math.max(from, 128) + 1;
  if (outside > MEMBER_LIMIT_COUNT) throw new Unhonoured(`the range ${first}-${last} is too large`);
  return membersOf(Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)));
}

function negated({ ascii, others, isAllExcept }: Members): Members {
  return { ascii: ascii.map((isMember) => !isMember), others, isAllExcept: !isAllExcept };
}

function joined(all: readonly Members[]): Members {
  const ascii = EVERYTHING.ascii.map((_, code) => all.some((one) => one.ascii[code]));
  const named = new Set(all.filter((one) => !one.isAllExcept).flatMap(({ others }) => [...others]));
  const excepted = all.filter((one) => one.isAllExcept).map(({ others }) => others);
  const [first, ...more] = excepted;
  if (first === undefined) return { ascii, others: named, isAllExcept: false };
  const left = [...first].filter((one) => !named.has(one) && more.every((others) => others.has(one)));
  return { ascii, others: new Set(left), isAllExcept: true };
}

function escapes(characters: readonly string[]): string[] {
  const codes = characters.map((character) => encodedText(character).slice(1));
  return codes.length === 0 ? [] : [`%(?:${codes.join("|")})`];
}

/** A set of plain characters, as short as one would write it. */
function writtenClass(characters: readonly string[]): string {
  const all = characters.join("");
  if (all === "") return "";
  if (characters.length === 1) return writtenText(all);
  const digits = "0123456789";
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (all === digits) return "\\d";
  if (all === `${digits}${letters}_${letters.toLowerCase()}`) return "\\w";
  const ranges = [digits, letters, letters.toLowerCase()].flatMap((row) =>
    runsOf([...row].filter((one) => all.includes(one))),
  );
  const signs = characters.filter((character) => !/[\da-z]/i.test(character)).map(hex);
  return `[${[...ranges, ...signs].join("")}]`;
}

/** "abcx" as "a-c" and "x". */
function runsOf(characters: readonly string[]): string[] {
  const runs: string[] = [];
  for (const character of characters) {
    const last = runs.at(-1);
    if (last !== undefined && last.charCodeAt(last.length - 1) + 1 === character.charCodeAt(0)) {
      runs[runs.length - 1] = last.length === 1 ? last + character : `${last[0]}-${character}`;
    } else runs.push(character);
  }
  return runs;
}

/** Text in an expression of a pattern. */
export function writtenText(text: string): string {
  const encoded = encodedText(text).replace(/[^\w%-]/g, hex);
  return encoded.length > 1 && [...text].length === 1 && encoded.startsWith("%") ? `(?:${encoded})` : encoded;
}

function hex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
