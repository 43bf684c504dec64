// What happens while the server runs, in words: the trace on standard output, deaths of threads and warnings
// on standard error.
import type { ServerEvent } from "../server.ts";
import { printable } from "./banner.ts";

/** The part of a Writable that is used. */
export interface Sink {
  write(text: string): unknown;
  /** Bytes that its reader has not taken yet. */
  readonly writableLength: number;
}

/** A reader of the trace that pauses (`| less`) may cost this much memory, not more: what comes then is left out. */
const BACKLOG_LIMIT_BYTES = 1024 * 1024;

/** @returns what `onEvent` of the server takes */
export function createReporter(output: Sink, errors: Sink): (event: ServerEvent) => void {
  let leftOutCount = 0;
  return (event) => {
    switch (event.kind) {
      case "trace":
        if (output.writableLength > BACKLOG_LIMIT_BYTES) {
          leftOutCount++;
          return;
        }
        if (leftOutCount > 0) output.write(`… ${leftOutCount} left out, they were not read in time\n`);
        leftOutCount = 0;
        output.write(`${event.text}\n`);
        return;
      case "thread-stopped":
        errors.write(
          `heddle: thread ${event.thread} stopped: ${printable(event.reason)}; ${again(event.restartInMs)}\n` +
            calls(event.error),
        );
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
  return restartInMs === 0 ? "started again" : `starts again in ${restartInMs / 1000} s`;
}

/** A thread that dies of an exception is a mistake of ours: where it happened is what its report needs. */
function calls({ stack = "" }: Error): string {
  const lines = stack.split("\n").filter((line) => line.startsWith("    at "));
  return lines.map((line) => `${printable(line)}\n`).join("");
}
