// What has happened to the server, as marks in time: reloads, threads that died, warnings. The youngest are kept.

export interface Mark {
  /** Since 1970. */
  readonly atMs: number;
  readonly kind: "reload" | "reload-failed" | "thread-stopped" | "notice" | "warning";
  readonly text: string;
}

const KEPT_COUNT = 50;
/** A warning can quote what somebody has written. */
const TEXT_LENGTH = 300;

export class Marks {
  readonly #marks: Mark[] = [];

  add(kind: Mark["kind"], text: string, atMs: number): void {
    const isLong = text.length > TEXT_LENGTH;
    this.#marks.push({ atMs, kind, text: isLong ? `${text.slice(0, TEXT_LENGTH)}…` : text });
    if (this.#marks.length > KEPT_COUNT) this.#marks.shift();
  }

  get all(): readonly Mark[] {
    return this.#marks;
  }
}
