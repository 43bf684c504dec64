// The server's own log: what happens to it, a line for each event, on standard output, and on standard error where something is
// wrong. In words for people, or as objects of JSON for programs. Replies to requests are the access log's business.
import { fstatSync } from "node:fs";
import { printable } from "../../telemetry/printable.ts";

type ServerLogForm = "words" | "json";

/** What happened. Programs may rely on these names. */
export type ServerLogEvent =
  | "started"
  | "stopping"
  | "replaced"
  | "reloaded"
  | "reload-refused"
  | "restart-needed"
  | "thread-stopped"
  | "notice"
  | "warning";

export type Level = "error" | "warning" | "info";

/** More that is known of an event, for programs. */
export type Details = Readonly<Record<string, string | number | readonly string[]>>;

/** The part of a Writable that is used. */
export interface Sink {
  write(text: string): unknown;
  /** Bytes that wait for the reader. */
  readonly writableLength: number;
}

/** What reads a stream: a person at a terminal sees the time on the wall, and the journal of systemd writes its own. */
export type Reader = "terminal" | "journal" | "file";

export interface ServerLogStream extends Sink {
  readonly reader: Reader;
}

export interface ServerLogOptions {
  readonly form: ServerLogForm;
  readonly output: ServerLogStream;
  readonly errors: ServerLogStream;
  /** Leaves out what is only good to know. */
  readonly isQuiet: boolean;
  /** Since the epoch, in ms. */
  readonly now: () => number;
}

/** sd-daemon(3): the journal takes the level from here. */
const JOURNAL_PREFIX: Readonly<Record<Level, string>> = { error: "<3>", warning: "<4>", info: "<6>" };

export class ServerLog {
  readonly #options: ServerLogOptions;

  constructor(options: ServerLogOptions) {
    this.#options = options;
  }

  get form(): ServerLogForm {
    return this.#options.form;
  }

  /**
   * @param message one or several lines; "" says nothing
   * @param words in place of "heddle: " and the message, where they differ
   */
  say(
    level: Level,
    event: ServerLogEvent,
    message: string,
    details: Details = {},
    words: string = named(message),
  ): void {
    const { form, output, errors, isQuiet, now } = this.#options;
    if (message === "" || (level === "info" && isQuiet)) return;
    const stream = level === "info" ? output : errors;
    const time = new Date(now()).toISOString();
    if (form === "json") stream.write(`${JSON.stringify({ time, level, event, message, ...details })}\n`);
    else stream.write(inWords(words, level, stream.reader, time));
  }
}

/** Who reads the stream with this descriptor, sd-daemon(3): JOURNAL_STREAM names device and inode of the journal's. */
export function readerOf(
  { isTTY }: { readonly isTTY?: boolean },
  descriptor: number,
  journalStream: string | undefined,
): Reader {
  if (isTTY === true) return "terminal";
  if (journalStream === undefined) return "file";
  try {
    const { dev, ino } = fstatSync(descriptor);
    return journalStream === `${dev}:${ino}` ? "journal" : "file";
  } catch {
    // It was closed before we began.
    return "file";
  }
}

function named(message: string): string {
  return message
    .split("\n")
    .map((line) => `heddle: ${line}`)
    .join("\n");
}

/** Lines that are indented belong to the one before. */
function inWords(words: string, level: Level, reader: Reader, time: string): string {
  const before = reader === "terminal" ? "" : reader === "journal" ? JOURNAL_PREFIX[level] : `${time} `;
  return words
    .split("\n")
    .map((line) => `${line.startsWith(" ") && reader === "file" ? "" : before}${printable(line)}\n`)
    .join("");
}
