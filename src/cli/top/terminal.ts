// The terminal while `heddle top` has it: the alternate screen, keys without Enter, and everything as it was at every end.
import type { ReadStream, WriteStream } from "node:tty";
import { type Key, keysOf } from "./keys.ts";
import type { Size } from "./screen.ts";

/** Alternate screen, hidden cursor, no wrapping: a full last line must not scroll. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** One change on the screen, for terminals that know it (DEC mode 2026); the others ignore it. */
const BEGIN = "\x1b[?2026h";
const END = "\x1b[?2026l";

/** Where a terminal says nothing of its size. */
const USUAL: Size = { columns: 80, rows: 24 };

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Listener {
  onKey(key: Key): void;
  /** Everything has to be drawn anew: another size, or the terminal was somebody else's meanwhile. */
  onChange(): void;
}

export class Terminal {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #listener: Listener;
  #drawn: readonly string[] = [];
  #isOpen = false;

  constructor(input: ReadStream, output: WriteStream, listener: Listener) {
    this.#input = input;
    this.#output = output;
    this.#listener = listener;
  }

  get size(): Size {
    return { columns: this.#output.columns || USUAL.columns, rows: this.#output.rows || USUAL.rows };
  }

  open(): void {
    process.on("exit", this.#leave);
    process.on("SIGCONT", this.#enter);
    for (const signal of ENDING_SIGNALS) process.on(signal, this.#end);
    this.#output.on("resize", this.#redraw);
    this.#input.on("data", this.#read);
    this.#input.on("end", this.#quit);
    // The terminal is gone.
    this.#input.on("error", this.#quit);
    this.#enter();
  }

  close(): void {
    process.off("exit", this.#leave);
    process.off("SIGCONT", this.#enter);
    for (const signal of ENDING_SIGNALS) process.off(signal, this.#end);
    this.#output.off("resize", this.#redraw);
    this.#input.off("data", this.#read);
    this.#leave();
    this.#input.pause();
  }

  /** Only lines that have changed are written; none while the terminal has not taken the last ones (Ctrl+S). */
  draw(lines: readonly string[]): void {
    // After `fg`, a snapshot can come before the signal.
    if (!this.#isOpen || this.#output.writableLength > 0) return;
    const changed = lines.flatMap((text, index) =>
      text === this.#drawn[index] ? [] : [`\x1b[${index + 1};1H\x1b[2K${text}`],
    );
    if (changed.length > 0) this.#output.write(BEGIN + changed.join("") + END);
    this.#drawn = lines;
  }

  readonly #enter = (): void => {
    this.#isOpen = true;
    this.#input.setRawMode(true);
    this.#input.setEncoding("utf8").resume();
    this.#output.write(ENTER);
    this.#redraw();
  };

  readonly #leave = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#output.write(LEAVE);
    this.#input.setRawMode(false);
  };

  readonly #redraw = (): void => {
    this.#drawn = [];
    this.#output.write("\x1b[2J");
    this.#listener.onChange();
  };

  readonly #read = (typed: string): void => {
    for (const key of keysOf(typed)) {
      if (key === "suspend") this.#suspend();
      else if (key === "redraw") this.#redraw();
      else this.#listener.onKey(key);
    }
  };

  readonly #quit = (): void => this.#listener.onKey("quit");

  /** Ctrl+Z stops the whole group, as a terminal does: npx waits for us in it. `fg` sends SIGCONT. */
  #suspend(): void {
    if (process.platform === "win32") return;
    this.#leave();
    process.kill(0, "SIGTSTP");
  }

  /** Ends as the signal would have ended the process. */
  readonly #end = (signal: NodeJS.Signals): void => {
    this.close();
    process.kill(process.pid, signal);
  };
}
