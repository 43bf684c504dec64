// Matches patterns with several variable groups, like "/:year-:month-:day/", in time linear in the path for each step
// of the pattern. A regular expression backtracks: for 8 KB of "-" it takes years, and any peer can ask for such a
// path. The result is that of the expression, since only a step that failed at an offset is not tried there again
// (https://swtch.com/~rsc/regexp/regexp3.html, "bitstate").

export type Step =
  | { readonly kind: "text"; readonly text: string }
  /** One or more characters except slashes, as few as possible; as many as possible when it is greedy. */
  | { readonly kind: "name"; readonly name: string; readonly isGreedy: boolean }
  /** Any characters, as many as possible. */
  | { readonly kind: "star"; readonly name: string }
  /** The steps up to `to` may be missing. */
  | { readonly kind: "maybe"; readonly to: number };

type Run = Extract<Step, { name: string }>;

/** @returns the text of each group that took part; undefined where the steps do not match the whole path */
export function linearMatch(steps: readonly Step[], path: string): Record<string, string> | undefined {
  const matching = new Matching(steps, path);
  return matching.goOn(0, 0) ? matching.groups : undefined;
}

class Matching {
  readonly groups: Record<string, string> = {};
  readonly #steps: readonly Step[];
  readonly #path: string;
  /**
   * By step and offset: whether the rest has failed from there. A run that failed has failed from all its later
   * offsets.
   */
  readonly #hasFailed: Uint8Array;

  constructor(steps: readonly Step[], path: string) {
    this.#steps = steps;
    this.#path = path;
    this.#hasFailed = new Uint8Array(steps.length * (path.length + 1));
  }

  /** Recurses once for each step, however long the path is. */
  goOn(index: number, offset: number): boolean {
    const step = this.#steps[index];
    if (step === undefined) return offset === this.#path.length;
    switch (step.kind) {
      case "text":
        return this.#path.startsWith(step.text, offset) && this.goOn(index + 1, offset + step.text.length);
      case "maybe":
        return this.#maybe(index, step.to, offset);
      case "name":
      case "star":
        return this.#run(index, step, offset);
      default:
        return step satisfies never;
    }
  }

  #maybe(index: number, to: number, offset: number): boolean {
    const place = this.#place(index, offset);
    if (this.#hasFailed[place]) return false;
    if (this.goOn(index + 1, offset) || this.goOn(to, offset)) return true;
    this.#hasFailed[place] = 1;
    return false;
  }

  #run(index: number, step: Run, start: number): boolean {
    const { kind, name } = step;
    // Later ends belong to a run that began later, and has failed.
    const last = this.#lastEnd(index, kind, start);
    const first = kind === "name" ? start + 1 : start;
    const isLazy = kind === "name" && !step.isGreedy;
    const [from, by] = isLazy ? [first, 1] : [last, -1];
    for (let end = from; first <= end && end <= last; end += by) {
      if (!this.goOn(index + 1, end)) continue;
      this.groups[name] = this.#path.slice(start, end);
      return true;
    }
    this.#hasFailed.fill(1, this.#place(index, start), this.#place(index, last + 1));
    return false;
  }

  /** The last end that was not tried yet. No run ends before `start` plus its least length. */
  #lastEnd(index: number, kind: Run["kind"], start: number): number {
    let end = start;
    for (; end < this.#path.length; end++) {
      if (this.#hasFailed[this.#place(index, end)]) return kind === "name" ? end : end - 1;
      if (kind === "name" && this.#path[end] === "/") return end;
    }
    return this.#hasFailed[this.#place(index, end)] && kind === "star" ? end - 1 : end;
  }

  #place(index: number, offset: number): number {
    return index * (this.#path.length + 1) + offset;
  }
}
