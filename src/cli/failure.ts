// Why the server cannot start, in one line that says what to do about it. System errors are told apart here
// and nowhere else in the command line.
import { basename } from "node:path";
import { ConfigError } from "../config/file.ts";
import { SettingsError, type Sources } from "../config/settings.ts";
import { OptionError } from "../options.ts";
import { printable } from "./banner.ts";
import { hintForFolder } from "./misuse.ts";

/** Why a configuration cannot be used, each mistake on a line of its own. Other errors are ours, and thrown again. */
export function settingsFailure(error: unknown): string {
  const lines =
    error instanceof SettingsError
      ? error.lines
      : error instanceof ConfigError || error instanceof OptionError
        ? error.message.split("\n")
        : undefined;
  if (lines === undefined) throw error;
  return lines.map((line) => `heddle: ${printable(line)}\n`).join("");
}

/** What is not honoured of the files of other servers; nothing fails for that. */
export function noteLines(notes: readonly string[]): string {
  return notes.map((note) => `heddle: ${note}\n`).join("");
}

/** What a rejected `listen()` means. An error that is not the system's is a mistake of ours, and thrown again. */
export function listenFailure(
  error: unknown,
  wanted: { root: string; host: string; port: number; socket: string | undefined },
  sources: Sources,
): string {
  if (error instanceof OptionError && error.option === "root")
    return `${printable(wanted.root)} is not ${error.wanted}.${hintForFolder(basename(wanted.root))}`;
  // Only what this machine cannot do is found so late, and the source is what its user knows the option by.
  if (error instanceof OptionError) {
    const source = sources[error.option as keyof Sources] ?? error.option;
    return printable(error.message.replace(error.option, source));
  }
  if (wanted.socket !== undefined) return socketFailure(error as NodeJS.ErrnoException, printable(wanted.socket));
  const { code, message } = error as NodeJS.ErrnoException;
  const host = printable(wanted.host);
  const port = `port ${wanted.port}${from(sources.port)}`;
  switch (code) {
    case undefined:
      throw error;
    case "EADDRINUSE":
      return `${port} is in use on ${host}. Choose another with --port, or --port 0 for any free one.`;
    case "EACCES":
    case "EPERM":
      return `${port} may not be opened on ${host}. Ports below 1024 are reserved here; choose another with --port.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `no host is called ${host}${from(sources.host)}. Name an address of this machine with --host.`;
    case "EAFNOSUPPORT":
      return `this machine has no IPv6, so ${host}${from(sources.host)} is none of its addresses. Name one with --host.`;
    case "EADDRNOTAVAIL":
      return `${host}${from(sources.host)} is not an address of this machine. Name one that is with --host.`;
    default:
      return `cannot listen on ${port} of ${host}: ${message}`;
  }
}

function socketFailure(error: NodeJS.ErrnoException, path: string): string {
  switch (error.code) {
    case undefined:
      throw error;
    case "EADDRINUSE":
      return `another program listens on ${path}. Stop it, or choose another path with --socket.`;
    case "ENOTSOCK":
      return `${path} exists and is not a socket. Remove it, or choose another path with --socket.`;
    case "ENOENT":
      return `the folder of ${path} does not exist. Create it, or choose another path with --socket.`;
    case "EACCES":
    case "EPERM":
      return `no socket may be made at ${path}. Choose another path with --socket.`;
    default:
      return `cannot listen on ${path}: ${error.message}`;
  }
}

/** Who sets a variable, or writes a file, may not be who reads the message: some shells export HOST by themselves. */
function from(source: string | undefined): string {
  if (source === undefined || source.startsWith("--")) return "";
  return source.includes(".") ? ` (from ${source})` : ` (from the variable ${source})`;
}
