// Prints the events of a running server: the trace as it is, for people who look on, and all else in the server's log.
import type { InspectColor } from "node:util";
import type { ServerEvent } from "../../server.ts";
import { printable } from "../../telemetry/printable.ts";
import type { Paint } from "./banner.ts";
import type { ServerLog, Sink } from "./server-log.ts";

/** Memory that a paused reader of the trace (`| less`) may cost. Beyond it, entries are left out. */
const BACKLOG_LIMIT_BYTES = 1024 * 1024;

/** What arrived, what was sent, and what was refused. */
const STYLES: Readonly<Record<string, InspectColor>> = { "<": "cyan", ">": "green", "!": "red" };
const MARKED = /^thread \d+ (?:connection \d+(?: stream \d+)?|handshake of \S+) ([<>!]) .*$/gm;

/**
 * @param paint colours a line of the trace; by default it stays plain
 * @returns a function for `onEvent` of the server
 */
export function createReporter(
  output: Sink,
  log: ServerLog,
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
        return reportDeath(event, log);
      case "notice":
        return log.say("info", "notice", printable(event.text));
      case "refused":
        // The trace tells each of them, and the counts of all; without it, peers would fill the log.
        return;
      case "warning":
        return log.say("warning", "warning", event.text);
      default:
        event satisfies never;
    }
  };
}

/** An exception that stops a thread is a mistake of ours, and its report needs the place in the code. */
function reportDeath(
  { thread, reason, restartInMs, error }: ServerEvent & { kind: "thread-stopped" },
  log: ServerLog,
): void {
  const message = `thread ${thread} stopped: ${printable(reason)}; ${again(restartInMs)}`;
  const stack = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const details = { thread, reason, restart_in_ms: restartInMs, stack: stack.map((line) => line.trim()) };
  log.say("error", "thread-stopped", message, details, [`heddle: ${message}`, ...stack].join("\n"));
}

function again(restartInMs: number): string {
  return restartInMs === 0 ? "restarted" : `restarts in ${restartInMs / 1000} s`;
}
