// The syntax of `URLPattern` for paths, read only as far as needed to tell literal text from the rest. Text is brought
// to the one form in which paths are compared, and its position says which paths a pattern can match at all. URLPattern
// checks the rest.

export type Token =
  /** Unescaped, as paths are written canonically: "/caf%C3%A9". */
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "star" }
  /** With its parentheses, as it stands. */
  | { readonly kind: "expression"; readonly text: string }
  | { readonly kind: "open" }
  | { readonly kind: "close" }
  /** How often the token before it may come: "?", "*" or "+". */
  | { readonly kind: "modifier"; readonly text: string };

const NAME = /:([\p{ID_Start}_$][\p{ID_Continue}_$\u200c\u200d]*)/uy;
const LITERAL = /(?:[^:*+?(){}\\]|\\.)+/suy;

/** @throws {TypeError} for a character that is syntax elsewhere; its message says how to write it as text */
export function readPattern(source: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  const take = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = offset;
    const found = expression.exec(source);
    if (found !== null) offset += found[0].length;
    return found;
  };
  while (offset < source.length) {
    const literal = take(LITERAL)?.[0];
    const name = literal === undefined ? take(NAME)?.[1] : undefined;
    if (literal !== undefined) tokens.push({ kind: "literal", text: canonicalText(unescaped(literal)) });
    else if (name !== undefined) tokens.push({ kind: "name", name });
    else tokens.push(readSyntax(source, offset, tokens.at(-1)));
    const last = tokens.at(-1)!;
    if (literal === undefined && name === undefined) offset += last.kind === "expression" ? last.text.length : 1;
  }
  return tokens;
}

/** The pattern as URLPattern takes it. */
export function writePattern(tokens: readonly Token[]): string {
  return tokens.map(writeToken).join("");
}

/**
 * Literal text in the form in which `canonicalPath` writes paths, so that "%c3%a9", "%C3%A9" and "é" are one, and "%7E"
 * is "~" (RFC 3986 §6.2.2). What no path can hold ("%2F", malformed UTF-8) stays and never matches.
 */
function canonicalText(text: string): string {
  return text.toWellFormed().replace(/(?:%[\da-f]{2})+|[^%]+|%/gi, (part) => {
    if (!/^%./s.test(part)) return escaped(part);
    try {
      const decoded = decodeURIComponent(part);
      return /[/\\\0]/.test(decoded) ? part.toUpperCase() : escaped(decoded);
    } catch {
      return part.toUpperCase();
    }
  });
}

/** As `writePath` of content/resolve.ts does. */
function escaped(text: string): string {
  return encodeURI(text).replace(/[?#]/g, encodeURIComponent);
}

function readSyntax(source: string, offset: number, before: Token | undefined): Token {
  const character = source[offset]!;
  const isBehindGroup =
    before !== undefined && before.kind !== "literal" && before.kind !== "modifier" && before.kind !== "open";
  if (isBehindGroup && /[?*+]/.test(character)) return { kind: "modifier", text: character };
  switch (character) {
    case "*":
      return { kind: "star" };
    case "(":
      return { kind: "expression", text: readExpression(source, offset) };
    case "{":
      return { kind: "open" };
    case "}":
      return { kind: "close" };
    case "?":
      throw new TypeError('"?" follows no group; a query is not compared, and a path has it as %3F');
    case "+":
      throw new TypeError(`"+" follows no group; ${asText(character)}`);
    case ":":
      throw new TypeError(`":" has no name behind it; ${asText(character)}`);
    default:
      throw new TypeError("a backslash at the end has nothing to escape");
  }
}

/** As one writes it in a configuration, where a backslash in a string is two. */
function asText(character: string): string {
  return `as text it is written ${JSON.stringify(`\\${character}`)}`;
}

function readExpression(source: string, start: number): string {
  let depth = 0;
  for (let offset = start; offset < source.length; offset++) {
    const character = source[offset];
    if (character === "\\") offset++;
    else if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return source.slice(start, offset + 1);
  }
  throw new TypeError(`"(" is not closed; ${asText("(")}`);
}

function unescaped(literal: string): string {
  return literal.replace(/\\(.)/gsu, "$1");
}

function writeToken(token: Token): string {
  switch (token.kind) {
    case "literal":
      return token.text.replace(/[:*+?(){}\\]/g, "\\$&");
    case "name":
      return `:${token.name}`;
    case "star":
      return "*";
    case "open":
      return "{";
    case "close":
      return "}";
    case "expression":
    case "modifier":
      return token.text;
    default:
      return token satisfies never;
  }
}
