// Runs an expression over a path in time linear in the path for each instruction: all ways to match are followed side by
// side, one character at a time, and of two ways that meet at one instruction only the one that a regular expression
// would try first goes on (https://swtch.com/~rsc/regexp/regexp2.html, "Pike's implementation"). A regular expression
// backtracks: "(a|aa)+b" takes years for 100 letters, and any peer can ask for such a path.
import type { CharacterSet, Node } from "./expression.ts";

type Instruction =
  | { readonly kind: "set"; readonly holds: CharacterSet }
  /** Goes on at the first, and if this does not match, at the second. */
  | { readonly kind: "split"; first: number; second: number }
  | { readonly kind: "save"; readonly slot: number }
  | { readonly kind: "ahead"; readonly looking: Looking; readonly isWanted: boolean }
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  | { readonly kind: "accept" };

/** An expression that is looked for ahead of a place. Its instructions are run from the end of the path to the front. */
interface Looking {
  readonly program: readonly Instruction[];
  /** By instruction: those from which one comes to it without a character. */
  readonly origins: readonly (readonly number[])[];
}

/** Counted repetitions are written out. With this many, a path of 8 KB takes some 50 ms at worst. */
const PROGRAM_LIMIT_COUNT = 3000;
/** Longer than any path. */
const NEVER = -1;

export interface Automaton {
  /** What the groups stand for, undefined for one that took no part; undefined where the whole path does not match. */
  match(path: string): Record<string, string | undefined> | undefined;
}

class TooLarge extends Error {}

/** @returns undefined for an expression with very many instructions */
export function automatonOf(node: Node): Automaton | undefined {
  try {
    const compiler = new Compiler();
    const program = compiler.program(node);
    const { names } = compiler;
    return {
      match(path) {
        const saved = new Run(program, names.length * 2, path).end();
        if (saved === undefined) return undefined;
        return Object.fromEntries(
          names.map((name, index) => {
            const [start = NEVER, end = NEVER] = saved.slice(index * 2, index * 2 + 2);
            return [name, end === NEVER ? undefined : path.slice(start, end)];
          }),
        );
      },
    };
  } catch (cause) {
    if (cause instanceof TooLarge) return undefined;
    throw cause;
  }
}

class Compiler {
  /** Of the groups, in the order of their beginnings. */
  readonly names: string[] = [];
  #count = 0;

  program(node: Node): readonly Instruction[] {
    const program: Instruction[] = [];
    this.#write(program, node);
    this.#push(program, { kind: "accept" });
    return program;
  }

  #push<One extends Instruction>(program: Instruction[], one: One): One {
    if (++this.#count > PROGRAM_LIMIT_COUNT) throw new TooLarge();
    program.push(one);
    return one;
  }

  #write(program: Instruction[], node: Node): void {
    switch (node.kind) {
      case "sequence":
        for (const each of node.nodes) this.#write(program, each);
        return;
      case "choice":
        return this.#choice(program, node.nodes);
      case "repeat":
        return this.#repeat(program, node);
      case "group":
        return this.#group(program, node.name, node.node);
      case "ahead": {
        const looking = lookingOf(this.program(node.node));
        this.#push(program, { kind: "ahead", looking, isWanted: node.isWanted });
        return;
      }
      case "set":
      case "start":
      case "end":
        this.#push(program, node);
        return;
      default:
        node satisfies never;
    }
  }

  #choice(program: Instruction[], nodes: readonly Node[]): void {
    const jumps: { first: number; second: number }[] = [];
    for (const [index, node] of nodes.entries()) {
      const isLast = index === nodes.length - 1;
      const split = isLast ? undefined : this.#split(program);
      this.#write(program, node);
      if (split === undefined) continue;
      jumps.push(this.#split(program));
      split.second = program.length;
    }
    for (const jump of jumps) jump.first = jump.second = program.length;
  }

  /** Both ways lead to the next instruction until the caller sets one of them. */
  #split(program: Instruction[]): { first: number; second: number } {
    const next = program.length + 1;
    return this.#push(program, { kind: "split", first: next, second: next });
  }

  #repeat(program: Instruction[], { node, least, most, isLazy }: Extract<Node, { kind: "repeat" }>): void {
    for (let count = 0; count < least; count++) this.#write(program, node);
    const skips: { first: number; second: number }[] = [];
    const isEndless = most === Number.POSITIVE_INFINITY;
    for (let count = least; count < (isEndless ? least + 1 : most); count++) {
      const at = program.length;
      skips.push(this.#split(program));
      this.#write(program, node);
      if (!isEndless) continue;
      const back = this.#split(program);
      back.first = back.second = at;
    }
    for (const skip of skips) {
      if (isLazy) skip.first = program.length;
      else skip.second = program.length;
    }
  }

  #group(program: Instruction[], name: string, node: Node): void {
    const slot = (this.names.push(name) - 1) * 2;
    this.#push(program, { kind: "save", slot });
    this.#write(program, node);
    this.#push(program, { kind: "save", slot: slot + 1 });
  }
}

function lookingOf(program: readonly Instruction[]): Looking {
  const origins = program.map((): number[] => []);
  for (const [at, one] of program.entries()) {
    if (one.kind === "set" || one.kind === "accept") continue;
    for (const to of one.kind === "split" ? [one.first, one.second] : [at + 1]) origins[to]!.push(at);
  }
  return { program, origins };
}

/** The places of the ways that are followed, the preferred one first, and what each has saved. */
class Ways {
  readonly places: number[] = [];
  readonly saved: Int32Array[] = [];
}

class Run {
  readonly #program: readonly Instruction[];
  readonly #path: string;
  readonly #slotCount: number;
  /** By instruction: the offset plus one at which a way came to it last. */
  readonly #reachedAt: Uint32Array;
  readonly #ahead = new Map<Looking, Uint8Array>();

  constructor(program: readonly Instruction[], slotCount: number, path: string) {
    this.#program = program;
    this.#path = path;
    this.#slotCount = slotCount;
    this.#reachedAt = new Uint32Array(program.length);
  }

  /** @returns the saved offsets of the preferred way that matches the whole path */
  end(): Int32Array | undefined {
    let ways = new Ways();
    this.#follow(ways, 0, 0, new Int32Array(this.#slotCount).fill(NEVER));
    for (let offset = 0; offset < this.#path.length; offset++) {
      if (ways.places.length === 0) return undefined;
      ways = this.#step(ways, offset);
    }
    const accepted = ways.places.indexOf(this.#program.length - 1);
    return ways.saved[accepted];
  }

  #step(ways: Ways, offset: number): Ways {
    const next = new Ways();
    const code = Math.min(this.#path.charCodeAt(offset), 128);
    for (const [index, place] of ways.places.entries()) {
      const one = this.#program[place]!;
      if (one.kind === "set" && one.holds[code]) this.#follow(next, place + 1, offset + 1, ways.saved[index]!);
    }
    return next;
  }

  /** Adds the instructions that need a character, and to which one comes from `from` without any. */
  #follow(ways: Ways, from: number, offset: number, savedThere: Int32Array): void {
    const open: [place: number, saved: Int32Array][] = [[from, savedThere]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [place, saved] = next;
      if (this.#reachedAt[place] === offset + 1) continue;
      this.#reachedAt[place] = offset + 1;
      const one = this.#program[place]!;
      if (one.kind === "set" || one.kind === "accept") {
        ways.places.push(place);
        ways.saved.push(saved);
      } else if (one.kind === "split") open.push([one.second, saved], [one.first, saved]);
      else if (one.kind === "save") open.push([place + 1, saved.with(one.slot, offset)]);
      else if (this.#holds(one, offset)) open.push([place + 1, saved]);
    }
  }

  #holds(one: Exclude<Instruction, { kind: "set" | "split" | "save" | "accept" }>, offset: number): boolean {
    if (one.kind === "start") return offset === 0;
    if (one.kind === "end") return offset === this.#path.length;
    return Boolean(this.#found(one.looking)[offset]) === one.isWanted;
  }

  /** By offset: 1 where the expression matches from there on. */
  #found(looking: Looking): Uint8Array {
    const known = this.#ahead.get(looking);
    if (known !== undefined) return known;
    const found = this.#lookFrom(looking);
    this.#ahead.set(looking, found);
    return found;
  }

  /** From the end to the front, so that each offset is asked once, however often it is looked ahead from there. */
  #lookFrom({ program, origins }: Looking): Uint8Array {
    const found = new Uint8Array(this.#path.length + 1);
    let after = new Uint8Array(program.length);
    for (let offset = this.#path.length; offset >= 0; offset--) {
      const now = new Uint8Array(program.length);
      const open: number[] = [];
      const reach = (place: number): void => {
        if (now[place]) return;
        now[place] = 1;
        open.push(place);
      };
      const code = Math.min(this.#path.charCodeAt(offset), 128);
      for (const [place, one] of program.entries()) {
        if (one.kind === "accept" || (one.kind === "set" && after[place + 1] && one.holds[code])) reach(place);
      }
      for (let place = open.pop(); place !== undefined; place = open.pop()) {
        for (const origin of origins[place]!) {
          const one = program[origin]!;
          const isFree = one.kind === "split" || one.kind === "save";
          if (isFree || (one.kind !== "set" && one.kind !== "accept" && this.#holds(one, offset))) reach(origin);
        }
      }
      found[offset] = now[0]!;
      after = now;
    }
    return found;
  }
}
