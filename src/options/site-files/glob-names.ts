// One name of a glob as a regular expression over the decoded name, with the meaning that minimatch 3 gives it
// (https://github.com/isaacs/minimatch): wildcards, classes, and `@(a|b)` with its relatives. What is not closed is text.

const LISTS: Readonly<Record<string, string>> = { "@": "", "?": "?", "+": "+", "*": "*" };
const ANY = "[^/]";
const STAR = "[^/]*?";

export type GlobName =
  /** Without wildcards. */
  | { readonly kind: "text"; readonly text: string }
  /** @property isVisible whether it takes no name that begins with a dot, and no empty one */
  | { readonly kind: "expression"; readonly expression: string; readonly isVisible: boolean };

export function globName(glob: string): GlobName {
  const reader = new NameReader(glob);
  const expression = reader.expression();
  if (!reader.isMagic) return { kind: "text", text: glob.replace(/\\(.)/gsu, "$1") };
  return { kind: "expression", expression, isVisible: /^[[(]/.test(expression) };
}

/** `!(…)` looks ahead over what follows it, which is known at the end only. */
interface Negation {
  /** Where in the expression the text that follows is looked for. */
  readonly insertAt: number;
  readonly end: number;
  /** Lists that are open around it. */
  readonly depth: number;
}

class NameReader {
  isMagic = false;
  readonly #glob: string;
  #offset = 0;
  #written = "";
  #depth = 0;
  readonly #negations: Negation[] = [];

  constructor(glob: string) {
    this.#glob = glob;
  }

  expression(): string {
    while (this.#offset < this.#glob.length) this.#next();
    return this.#negations.reduceRight(withWhatFollows, this.#written);
  }

  #next(): void {
    const character = this.#glob[this.#offset++]!;
    if ("@?+*!".includes(character) && this.#glob[this.#offset] === "(" && this.#isListClosed()) this.#list(character);
    else if (character === "*") this.#star();
    else if (character === "?") this.#wildcard(ANY);
    else if (character === "[") this.#class();
    else if (character === "|" && this.#depth > 0) this.#written += "|";
    else if (character === "\\") this.#text(this.#glob[this.#offset++] ?? "\\");
    else this.#text(character);
  }

  #text(character: string): void {
    this.#written += /[\w/]|[^\0-\x7f]/.test(character) ? character : `\\${character}`;
  }

  #wildcard(expression: string): void {
    this.isMagic = true;
    this.#written += expression;
  }

  /** "***" is "*", except that the last may begin a list. */
  #star(): void {
    while (this.#glob[this.#offset] === "*" && this.#glob[this.#offset + 1] !== "(") this.#offset++;
    this.#wildcard(STAR);
  }

  #list(kind: string): void {
    this.#offset++;
    const depth = this.#depth++;
    this.isMagic = true;
    this.#written += kind === "!" ? "(?:(?!(?:" : "(?:";
    while (this.#glob[this.#offset] !== ")") this.#next();
    this.#offset++;
    this.#depth = depth;
    if (kind !== "!") {
      this.#written += `)${LISTS[kind]!}`;
      return;
    }
    const insertAt = this.#written.length + 1;
    this.#written += `))${STAR})`;
    this.#negations.push({ insertAt, end: this.#written.length, depth });
  }

  /** Whether the list that begins here has its end in this name. */
  #isListClosed(): boolean {
    let depth = 0;
    for (let offset = this.#offset; offset < this.#glob.length; offset++) {
      const character = this.#glob[offset]!;
      if (character === "\\") offset++;
      else if (character === "[") offset = this.#endOfClass(offset + 1) ?? offset;
      else if (character === "(" && "@?+*!".includes(this.#glob[offset - 1]!)) depth++;
      else if (character === ")" && --depth === 0) return true;
    }
    return false;
  }

  /** @returns where the class that begins at `start` is closed */
  #endOfClass(start: number): number | undefined {
    for (let offset = start; offset < this.#glob.length; offset++) {
      const character = this.#glob[offset];
      if (character === "\\") offset++;
      else if (character === "]" && offset > start) return offset;
    }
    return undefined;
  }

  #class(): void {
    const start = this.#offset;
    const end = this.#endOfClass(start);
    const members = end === undefined ? "" : this.#glob.slice(start, end);
    if (end === undefined || !isClass(members)) {
      this.#text("[");
      return;
    }
    this.#offset = end + 1;
    const [, negation = "", first = "", rest = ""] = /^([!^]?)(\]?)(.*)$/s.exec(members)!;
    this.#wildcard(`[${negation && "^"}${first && "\\]"}${rest.replace(/[[()]/g, "\\$&")}]`);
  }
}

/** Whether the platform takes it as a class: "[z-a]" is text. */
function isClass(members: string): boolean {
  try {
    return new RegExp(`[${members.replace(/^!/, "^")}]`) instanceof RegExp;
  } catch {
    return false;
  }
}

/** "!(a).js" is no name that begins with "a.js": the choices are looked for together with what comes after them. */
function withWhatFollows(expression: string, { insertAt, end, depth }: Negation): string {
  let after = expression.slice(end);
  for (let open = 0; open < depth; open++) after = after.replace(/\)[+*?]?/, "");
  return `${expression.slice(0, insertAt)}${after}${after === "" ? "$" : ""}${expression.slice(insertAt)}`;
}
