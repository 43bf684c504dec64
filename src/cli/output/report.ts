// Prints the events of a running server: the trace and notices on standard output; stopped threads and warnings on standard error.

import type { InspectColor } from "node:util";
import type { ServerEvent } from "../../server.ts";
import { printable } from "../../telemetry/printable.ts";

import type { Paint } from "./banner.ts";

/** The part of a Writable that is used. */
export interface Sink {
  write(text: string): unknown;
  /** Bytes that wait for the reader. */
  readonly writableLength: number;
}

/** Memory that a paused reader of the trace (`| less`) may cost. Beyond it, entries are left out. */
const BACKLOG_LIMIT_BYTES = 1024 * 1024;

/** What arrived, what was sent, and what was refused. */
const STYLES: Readonly<Record<string, InspectColor>> = { "<": "cyan", ">": "green", "!": "red" };
const MARKED = /^thread \d+ (?:connection \d+(?: stream \d+)?|handshake of \S+) ([<>!]) .*$/gm;

/** @param paint colours a line; by default it stays plain
 * @returns a function for `onEvent` of the server */
export function createReporter(
  output: Sink,
  errors: Sink,
  paint: Paint = (_style, text) => text,
): (event: ServerEvent) => void {
  let leftOutCount = 0;
  return (event) => {
    switch (event.kind) {
      case "trace":
        if (output.writableLength > BACKLOG_LIMIT_BYTES) {
          leftOutCount++;
          return;
        }
        if (leftOutCount > 0)
          output.write(
            `… ${leftOutCount} trace ${leftOutCount === 1 ? "entry" : "entries"} left out, because the output was not read in time\n`,
          );
        leftOutCount = 0;
        output.write(`${event.text.replace(MARKED, (line, mark: string) => paint(STYLES[mark]!, line))}\n`);
        return;
      case "thread-stopped":
        errors.write(
          `heddle: thread ${event.thread} stopped: ${printable(event.reason)}; ${again(event.restartInMs)}\n` +
            calls(event.error),
        );
        return;
      case "notice":
        output.write(`heddle: ${printable(event.text)}\n`);
        return;
      case "refused":
        // The trace tells each of them, and the counts of all; without it, peers would fill the log.
        return;
      case "warning":
        errors.write(`heddle: ${event.text}\n`);
        return;
      default:
        event satisfies never;
    }
  };
}

function again(restartInMs: number): string {
  return restartInMs === 0 ? "restarted" : `restarts in ${restartInMs / 1000} s`;
}

/** An exception that stops a thread is a mistake of ours, and its report needs the place in the code. */
function calls({ stack = "" }: Error): string {
  const lines = stack.split("\n").filter((line) => line.startsWith("    at "));
  return lines.map((line) => `${printable(line)}\n`).join("");
}
