// The string literals of a TypeScript file, found by a small scan: enough for our own sources, and without a parser.

export interface StringLiteral {
  /** From 1. */
  readonly line: number;
  /** As it is written between its quotes; "…" in place of each `${}` of a template. */
  readonly text: string;
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const QUOTED = /"((?:\\.|[^"\\\n])*)"|'((?:\\.|[^'\\\n])*)'/y;
const PATTERN = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y;
const WORD = /[\w$]+/y;
const TEMPLATE_TEXT = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*/y;

/** A slash behind one of these is a division, behind anything else the beginning of a regular expression. */
const ENDS_VALUE = /[\w$)\]}"'`]$/;
const KEYWORD = /^(?:return|typeof|case|in|of|void|delete|await|yield)$/;

/** In the order in which they end. */
export function stringLiteralsOf(source: string): StringLiteral[] {
  return new Scanner(source).scan();
}

class Scanner {
  readonly #source: string;
  readonly #found: StringLiteral[] = [];
  #offset = 0;
  /** The last word or sign, without comments and white space. */
  #last = "";

  constructor(source: string) {
    this.#source = source;
  }

  scan(): StringLiteral[] {
    this.#code();
    return this.#found;
  }

  /** Up to the end, or to the brace that closes a `${`. */
  #code(): void {
    let depth = 0;
    while (this.#offset < this.#source.length) {
      if (this.#take(COMMENT) !== undefined) continue;
      const start = this.#offset;
      const quoted = this.#take(QUOTED);
      if (quoted !== undefined) {
        this.#add(start, quoted[1] ?? quoted[2] ?? "");
        this.#last = '"';
      } else if (this.#source[this.#offset] === "`") this.#template();
      else if (!this.#isAfterValue() && this.#take(PATTERN) !== undefined) this.#last = '"';
      else {
        const sign = this.#take(WORD)?.[0] ?? this.#source[this.#offset++]!;
        if (sign === "{") depth++;
        if (sign === "}" && depth-- === 0) return;
        if (sign.trim() !== "") this.#last = sign;
      }
    }
  }

  #template(): void {
    const start = this.#offset++;
    let text = this.#take(TEMPLATE_TEXT)![0];
    while (this.#source[this.#offset] === "$") {
      this.#offset += 2;
      this.#last = "{";
      this.#code();
      text += `…${this.#take(TEMPLATE_TEXT)![0]}`;
    }
    this.#offset++;
    this.#add(start, text);
    this.#last = "`";
  }

  #isAfterValue(): boolean {
    return ENDS_VALUE.test(this.#last) && !KEYWORD.test(this.#last);
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#source);
    if (match === null) return undefined;
    this.#offset = pattern.lastIndex;
    return match;
  }

  #add(start: number, text: string): void {
    this.#found.push({ line: this.#source.slice(0, start).split("\n").length, text });
  }
}
