// Reads the regular expressions of patterns, which URLPattern compiles with the v flag, as a tree for automaton.ts. Left
// out is what an automaton cannot run or no path needs: references, looking behind, word boundaries, properties of
// Unicode, and sets made of sets. Paths are percent-encoded, so their characters are those of ASCII.

export type Node =
  | { readonly kind: "set"; readonly holds: CharacterSet }
  | { readonly kind: "sequence"; readonly nodes: readonly Node[] }
  /** The first that leads to a match counts. */
  | { readonly kind: "choice"; readonly nodes: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly node: Node;
      readonly least: number;
      /** Infinity for any number. */
      readonly most: number;
      /** As few as possible. */
      readonly isLazy: boolean;
    }
  | { readonly kind: "group"; readonly name: string; readonly node: Node }
  /** What follows begins so, or does not; nothing is consumed. */
  | { readonly kind: "ahead"; readonly node: Node; readonly isWanted: boolean }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/** By character code: 1 for a member. The last place stands for all characters outside of ASCII. */
export type CharacterSet = Uint8Array;

const OTHERS = 128;
const EMPTY: Node = { kind: "sequence", nodes: [] };
/** `[^\/]` and `.`: a path holds no line terminator. */
export const NOT_SLASH: Node = { kind: "set", holds: setOf((code) => code !== 0x2f) };
export const ANYTHING: Node = { kind: "set", holds: setOf(() => true) };

const CLASSES: Readonly<Record<string, (code: number) => boolean>> = {
  d: (code) => /\d/.test(String.fromCharCode(code)),
  w: (code) => /\w/.test(String.fromCharCode(code)),
  s: (code) => /\s/.test(String.fromCharCode(code)),
};
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", v: "\v", f: "\f" };
/** What the v flag keeps for sets made of sets: "[a--b]", "[a&&b]". */
const DOUBLED = /^([&!#$%*+,.:;<=>?@^`~-])\1/;

class Unsupported extends Error {}

/** @returns undefined for an expression that an automaton cannot run; URLPattern says whether it is valid at all */
export function readExpression(text: string): Node | undefined {
  try {
    const reader = new Reader(text);
    const node = reader.choice();
    return reader.isAtEnd ? node : undefined;
  } catch (cause) {
    if (cause instanceof Unsupported) return undefined;
    throw cause;
  }
}

export function textNode(text: string): Node {
  return { kind: "sequence", nodes: [...text].map((character) => characterNode(character)) };
}

function characterNode(character: string): Node {
  const code = character.charCodeAt(0);
  if (code >= OTHERS) throw new Unsupported();
  return { kind: "set", holds: setOf((one) => one === code) };
}

function setOf(isMember: (code: number) => boolean): CharacterSet {
  return Uint8Array.from({ length: OTHERS + 1 }, (_, code) => (isMember(code) ? 1 : 0));
}

class Reader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#text.length;
  }

  choice(): Node {
    const nodes = [this.#sequence()];
    while (this.#take("|")) nodes.push(this.#sequence());
    return nodes.length === 1 ? nodes[0]! : { kind: "choice", nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (!this.isAtEnd && !/[|)]/.test(this.#text[this.#offset]!)) nodes.push(this.#repeated(this.#atom()));
    return nodes.length === 0 ? EMPTY : { kind: "sequence", nodes };
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#offset)) return false;
    this.#offset += text.length;
    return true;
  }

  #match(expression: RegExp): RegExpExecArray | undefined {
    const found = expression.exec(this.#text.slice(this.#offset));
    if (found === null) return undefined;
    this.#offset += found[0].length;
    return found;
  }

  #atom(): Node {
    if (this.#take("(?:")) return this.#closed();
    if (this.#take("(?=")) return { kind: "ahead", node: this.#closed(), isWanted: true };
    if (this.#take("(?!")) return { kind: "ahead", node: this.#closed(), isWanted: false };
    if (this.#take("[")) return { kind: "set", holds: this.#class() };
    if (this.#take(".")) return ANYTHING;
    if (this.#take("^")) return { kind: "start" };
    if (this.#take("$")) return { kind: "end" };
    if (this.#take("\\")) {
      const escaped = this.#escaped();
      return typeof escaped === "string" ? characterNode(escaped) : { kind: "set", holds: escaped };
    }
    const [character] = this.#match(/^[^()[\]{}*+?|]/u) ?? [];
    if (character === undefined) throw new Unsupported();
    return characterNode(character);
  }

  #closed(): Node {
    const node = this.choice();
    if (!this.#take(")")) throw new Unsupported();
    return node;
  }

  #repeated(node: Node): Node {
    const found = this.#match(/^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\??)/);
    if (found === undefined) return node;
    const [, sign, least = "0", comma, most = "", lazy] = found;
    const isLazy = lazy === "?";
    if (sign === undefined) {
      const upTo = comma === undefined ? Number(least) : most === "" ? Number.POSITIVE_INFINITY : Number(most);
      return { kind: "repeat", node, least: Number(least), most: upTo, isLazy };
    }
    return {
      kind: "repeat",
      node,
      least: sign === "+" ? 1 : 0,
      most: sign === "?" ? 1 : Number.POSITIVE_INFINITY,
      isLazy,
    };
  }

  /** What follows a backslash: a character, or a class of them. */
  #escaped(): string | CharacterSet {
    const [, code, letter, other] = this.#match(/^(?:x([\da-f]{2})|([a-z])|([^\w]))/i) ?? [];
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (other !== undefined) return other;
    if (letter === undefined) throw new Unsupported();
    const isMember = CLASSES[letter.toLowerCase()];
    if (isMember !== undefined) return setOf((one) => isMember(one) === (letter === letter.toLowerCase()));
    const control = CONTROLS[letter];
    if (control === undefined) throw new Unsupported();
    return control;
  }

  #class(): CharacterSet {
    const isNegated = this.#take("^");
    const members = new Uint8Array(OTHERS + 1);
    while (!this.#take("]")) {
      const first = this.#member();
      if (typeof first !== "string") {
        for (const [code, isMember] of first.entries()) if (isMember) members[code] = 1;
        continue;
      }
      const last = this.#take("-") ? this.#member() : first;
      if (typeof last !== "string") throw new Unsupported();
      for (let code = codeOf(first); code <= codeOf(last); code++) members[code] = 1;
    }
    return isNegated ? members.map((isMember) => 1 - isMember) : members;
  }

  #member(): string | CharacterSet {
    if (DOUBLED.test(this.#text.slice(this.#offset, this.#offset + 2))) throw new Unsupported();
    if (this.#take("\\")) return this.#escaped();
    const [character] = this.#match(/^[^[\]()|/{}-]/) ?? [];
    if (character === undefined) throw new Unsupported();
    return character;
  }
}

function codeOf(character: string): number {
  const code = character.charCodeAt(0);
  if (code >= OTHERS) throw new Unsupported();
  return code;
}
