// `heddle top` at a terminal: draws each snapshot that comes, answers keys, and connects again after the server has
// restarted.
import { setTimeout as delay } from "node:timers/promises";
import type { ReadStream, WriteStream } from "node:tty";
import type { Snapshot } from "../../console/snapshot.ts";
import type { Glyphs } from "./glyphs.ts";
import { History, type Shown } from "./history.ts";
import type { Key } from "./keys.ts";
import type { Place } from "./place.ts";
import { ReadError, snapshots } from "./reader.ts";
import { type Choice, screen } from "./screen.ts";
import { Terminal } from "./terminal.ts";
import { type Paint, painted } from "./text.ts";
import { VIEW_NAMES } from "./views/views.ts";

const RETRY_MS = 1000;

export interface Live {
  readonly place: Place;
  readonly glyphs: Glyphs;
  readonly paint: Paint;
}

/** Resolves when the user quits. @throws ReadError when nothing answers at first */
export async function live(wanted: Live, input: ReadStream, output: WriteStream): Promise<void> {
  const stop = new AbortController();
  const first = snapshots(wanted.place, stop.signal);
  // The terminal stays as it is until there is something to show.
  const { value } = await first.next();
  if (value === undefined) throw new ReadError(`${wanted.place.name} has ended the connection`);
  const top = new Top(wanted, input, output, stop);
  top.show(value);
  try {
    await top.follow(first);
  } finally {
    top.close();
  }
}

class Top {
  readonly #wanted: Live;
  readonly #terminal: Terminal;
  readonly #stop: AbortController;
  readonly #history = new History();
  #choice: Choice = { view: VIEW_NAMES[0]!, scroll: 0, isPaused: false, isHelp: false, problem: undefined };
  /** What a paused screen shows. */
  #shown: Shown | undefined;

  constructor(wanted: Live, input: ReadStream, output: WriteStream, stop: AbortController) {
    this.#wanted = wanted;
    this.#stop = stop;
    this.#terminal = new Terminal(input, output, { onKey: (key) => this.#press(key), onChange: () => this.#draw() });
    this.#terminal.open();
  }

  show(seen: Snapshot): void {
    this.#history.push(seen);
    this.#choose({ problem: undefined });
  }

  async follow(first: AsyncIterable<Snapshot>): Promise<void> {
    const { place } = this.#wanted;
    const { signal } = this.#stop;
    for (let stream = first; !signal.aborted; stream = snapshots(place, signal)) {
      try {
        for await (const seen of stream) this.show(seen);
        this.#choose({ problem: "the server has ended the connection" });
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ReadError)) throw error;
        this.#choose({ problem: error.message });
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  close(): void {
    this.#terminal.close();
  }

  #press(key: Key): void {
    const { view, scroll, isPaused, isHelp } = this.#choice;
    const page = Math.max(1, this.#terminal.size.rows - 10);
    switch (key) {
      case "quit":
        return this.#stop.abort();
      case "help":
        return this.#choose({ isHelp: !isHelp });
      case "pause":
        return this.#choose({ isPaused: !isPaused });
      case "next":
      case "previous":
        return this.#turnTo(VIEW_NAMES.indexOf(view) + (key === "next" ? 1 : VIEW_NAMES.length - 1));
      case "up":
      case "down":
        return this.#scrollTo(scroll + (key === "down" ? 1 : -1));
      case "page-up":
      case "page-down":
        return this.#scrollTo(scroll + (key === "page-down" ? page : -page));
      case "first":
      case "last":
        return this.#scrollTo(key === "first" ? 0 : Number.MAX_SAFE_INTEGER);
      case "suspend":
      case "redraw":
        // The terminal does these.
        return;
      default:
        return this.#turnTo(Number(key) - 1);
    }
  }

  #turnTo(index: number): void {
    this.#choose({ view: VIEW_NAMES[index % VIEW_NAMES.length]!, scroll: 0, isHelp: false });
  }

  #scrollTo(row: number): void {
    this.#choose({ scroll: Math.max(0, row) });
  }

  #choose(change: Partial<Choice>): void {
    this.#choice = { ...this.#choice, ...change };
    if (!this.#choice.isPaused) this.#shown = this.#history.shown;
    this.#draw();
  }

  #draw(): void {
    if (this.#shown === undefined) return;
    const { glyphs, paint } = this.#wanted;
    const { lines, scroll } = screen(this.#shown, this.#choice, glyphs, this.#terminal.size);
    this.#choice = { ...this.#choice, scroll };
    this.#terminal.draw(lines.map((line) => painted(line, paint)));
  }
}
