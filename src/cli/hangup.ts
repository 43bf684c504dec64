// SIGHUP has two meanings: "the terminal was closed", and, for a server without one, "read your configuration again".
// The terminal itself shows which one is meant.
import { isatty } from "node:tty";

const STREAMS = [0, 1, 2];

/** Whether a standard stream was a terminal at the start. Under `nohup` and systemd, no stream is one. */
const hadTerminal = STREAMS.some(isatty);

/** Whether the process was started at a terminal that has been closed since. */
export function isTerminalGone(): boolean {
  // On Windows the signal has no other meaning, and the system ends the process soon after.
  return process.platform === "win32" || (hadTerminal && !STREAMS.some(isatty));
}
