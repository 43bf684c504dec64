// Patterns whose groups can share out one text in many ways, as "/:year-:month-:day/" can, matched in time that grows with
// the path and not with its power: a regular expression tries all ways, which for 8 KB of "-" takes years, and any peer
// can ask for such a path. It finds what the expression would find, since only what has failed before is not tried again
// (https://swtch.com/~rsc/regexp/regexp3.html, "bitstate").

export type Step =
  | { readonly kind: "text"; readonly text: string }
  /** One or more characters but slashes, as few as will do. */
  | { readonly kind: "name"; readonly name: string }
  /** Whatever comes, as much as will do. */
  | { readonly kind: "star"; readonly name: string }
  /** What stands before the step `to` may be missing. */
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
  /** By step and offset: whether what begins there has failed. A run that failed has with all later beginnings of it. */
  readonly #hasFailed: Uint8Array;

  constructor(steps: readonly Step[], path: string) {
    this.#steps = steps;
    this.#path = path;
    this.#hasFailed = new Uint8Array(steps.length * (path.length + 1));
  }

  /** As deep as there are steps, however long the path is. */
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

  #run(index: number, { kind, name }: Run, start: number): boolean {
    // Ends behind it are those of a run that began later, and has failed.
    const last = this.#lastEnd(index, kind, start);
    const [from, to, by] = kind === "name" ? [start + 1, last + 1, 1] : [last, start - 1, -1];
    for (let end = from; end !== to; end += by) {
      if (!this.goOn(index + 1, end)) continue;
      this.groups[name] = this.#path.slice(start, end);
      return true;
    }
    this.#hasFailed.fill(1, this.#place(index, start), this.#place(index, last + 1));
    return false;
  }

  /** The last end that was not tried before; before `start` plus what a run has at least, there is none. */
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
