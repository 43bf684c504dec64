// Why the server cannot start, in one line that says what to do. Only this file of the command line distinguishes
// errors of the system.
import { basename, resolve } from "node:path";
import type { ResolvedListener } from "../options/listen-options.ts";
import { OptionError, type OptionMistake } from "../options/mistakes.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { ConfigError } from "../options/sources/config-file.ts";
import { nameSource, SettingsError, type Sources } from "../options/sources/sources.ts";
import { printable } from "../telemetry/printable.ts";
import { inPartFlags, wantedInFlags } from "./arguments/in-flags.ts";
import { hintForFolder } from "./arguments/misuse.ts";
import { folderProblem } from "./folder-problem.ts";

/** Why a configuration cannot be used, one mistake a line. Throws any other error again, because it is a mistake of ours. */
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

/** Warnings about files of other servers, one a line; they do not stop the server. */
export function warningLines(warnings: readonly string[]): string {
  return warnings.map((warning) => `heddle: ${warning}\n`).join("");
}

/** The reason why `listen()` rejected, one mistake a line. Throws an error that is not the system's again, because it is a mistake of ours. */
export function listenFailure(
  error: unknown,
  wanted: Pick<ResolvedOptions, "root" | "listen">,
  sources: Sources,
): string {
  // The options passed the schema, so this machine cannot do what they ask, or lacks a folder or a certificate.
  if (error instanceof OptionError) return error.mistakes.map((one) => unusable(one, wanted.root, sources)).join("\n");
  const { listener = wanted.listen[0]! } = error as { listener?: ResolvedListener };
  const failed = error as NodeJS.ErrnoException;
  if (listener.kind === "socket") return socketFailure(failed, printable(listener.path), flagFor(listener, "--socket"));
  if (listener.kind === "fd") return `cannot listen on ${printable(listener.name)}: ${failed.message}`;
  return addressFailure(failed, listener, sources);
}

function addressFailure(
  error: NodeJS.ErrnoException,
  listener: ResolvedListener & { kind: "address" },
  sources: Sources,
): string {
  const host = printable(listener.host);
  const isListed = flagFor(listener, "") !== "";
  const portSource = from(isListed ? sources.listen : sources.port);
  const hostSource = from(isListed ? sources.listen : sources.host);
  const port = `port ${listener.port}${portSource}`;
  const byPort = flagFor(listener, "--port");
  const byHost = flagFor(listener, "--host");
  switch (error.code) {
    case undefined:
      throw error;
    case "EADDRINUSE":
      return `${port} is in use on ${host}. Choose another with ${byPort}, or ${isListed ? "port 0" : "--port 0"} for any free one.`;
    case "EACCES":
    case "EPERM":
      return `this user may not open ${port} on ${host}. Ports below 1024 are often reserved; choose another with ${byPort}.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `host not found: ${host}${hostSource}. Choose an address of this machine with ${byHost}.${hintForHostName(listener.host, sources)}`;
    case "EAFNOSUPPORT":
      return `this machine has no IPv6: ${host}${hostSource} is not one of its addresses. Choose another with ${byHost}.`;
    case "EADDRNOTAVAIL":
      return `${host}${hostSource} is not an address of this machine. Choose another with ${byHost}.`;
    default:
      return `cannot listen on ${port} of ${host}: ${error.message}`;
  }
}

/** What to write to change the place. */
function flagFor({ option }: ResolvedListener, flag: string): string {
  return option.startsWith("listen") ? "--listen" : flag;
}

/** `heddle --host dist`: the flag takes the next word, when it is no flag. */
function hintForHostName(host: string, sources: Sources): string {
  if (sources.host !== "--host" || folderProblem(host) !== undefined) return "";
  return ` For the folder, write heddle ${printable(host)} --host.`;
}

/** A line about a folder of the command line that cannot be served; "" for one that can, or for none. */
export function rootFailure(root: string | undefined): string {
  const problem = root === undefined ? undefined : folderProblem(root);
  return problem === undefined ? "" : `heddle: ${printable(resolve(root!))} ${problem}.\n`;
}

/** An option that this machine cannot do, in the words of the command line. */
export function unusable(mistake: OptionMistake, root: string, sources: Sources): string {
  const isTyped = sources.root === undefined || sources.root === "root";
  if (mistake.option === "root" && isTyped) {
    // Looks again: the folder may have come back since.
    const problem = folderProblem(root) ?? "could not be read";
    return `${printable(root)} ${problem}.${hintForFolder(basename(root))}`;
  }
  const option = inPartFlags(mistake.option, sources);
  const wanted = option === mistake.option ? mistake.wanted : wantedInFlags(mistake.wanted, sources);
  return printable(nameSource({ ...mistake, option, wanted }, sources));
}

function socketFailure(error: NodeJS.ErrnoException, path: string, flag: string): string {
  switch (error.code) {
    case undefined:
      throw error;
    case "EADDRINUSE":
      return `another program listens on ${path}. Stop it, or choose another path with ${flag}.`;
    case "ENOTSOCK":
      return `${path} exists and is not a socket. Remove it, or choose another path with ${flag}.`;
    case "ENOENT":
      return `the folder of ${path} does not exist. Create it, or choose another path with ${flag}.`;
    case "EACCES":
    case "EPERM":
      return `this user may not create a socket at ${path}. Choose another path with ${flag}.`;
    default:
      return `cannot listen on ${path}: ${error.message}`;
  }
}

/** Names a variable or a file: the reader may not have set it, as some shells export HOST by themselves. */
function from(source: string | undefined): string {
  if (source === undefined || source.startsWith("--")) return "";
  return source.includes(".") ? ` (from ${source})` : ` (from the variable ${source})`;
}
