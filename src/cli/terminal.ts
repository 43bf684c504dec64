// SIGHUP has two meanings: the terminal was closed, and, to servers that have none, "read your configuration again".
// Which one it is shows in the terminal itself.
import { isatty } from "node:tty";

const STREAMS = [0, 1, 2];

/** Whether one of the standard streams was a terminal at the start. With `nohup`, as under systemd, none is. */
const hadTerminal = STREAMS.some(isatty);

/** Whether the process was started at a terminal that has been closed since. */
export function isTerminalGone(): boolean {
  // On Windows the signal means nothing else, and the process is ended soon after.
  return process.platform === "win32" || (hadTerminal && !STREAMS.some(isatty));
}
