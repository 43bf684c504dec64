// The command at work: arguments in, a server, words for people out, signals. The only file of cli/ that
// touches the process; what is said and when lives beside it.
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { styleText } from "node:util";
import type { Settings } from "../config/settings.ts";
import { createServer, type Server } from "../server.ts";
import { type Arguments, parseArguments } from "./arguments.ts";
import { banner, plainLine, printable, type Serving } from "./banner.ts";
import { type Io, isCommand, runCommand } from "./commands.ts";
import { listenFailure, settingsFailure } from "./failure.ts";
import { createReporter } from "./report.ts";
import { Rereading } from "./reread.ts";
import { isTerminalGone } from "./terminal.ts";

/** npm hands on a Ctrl+C that the terminal sends as well, measured 4 ms apart. No finger is this quick. */
const SAME_PRESS_MS = 200;

/** What is written but not read yet has this long after the close; a reader that pauses must not hold the process. */
const FLUSH_TIMEOUT_MS = 1000;

/** Ends when the server listens, or cannot; the process ends by itself when the server has closed. */
export async function run(): Promise<void> {
  // A reader that went away (`heddle | head -1`) or a full disk takes the words, not the server.
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
  if (isFolderGone()) {
    process.stderr.write("heddle: the folder that this was started in is gone. Change to one that exists.\n");
    process.exitCode = 1;
    return;
  }
  const version = readVersion();
  const [name, ...words] = process.argv.slice(2);
  if (isCommand(name)) {
    const stop = new AbortController();
    if (name === "precompress") stopOnSignals(stop, () => "");
    process.exitCode = await runCommand(name, words, createIo(version, stop.signal));
    return;
  }
  const parsed = parseArguments(process.argv.slice(2), process.env, version);
  if (parsed.kind === "run") return serve(parsed, version);
  process.stdout.write(parsed.stdout);
  process.stderr.write(parsed.stderr);
  process.exitCode = parsed.code;
}

/** As after a deployment that removed it, in a shell that is still in there. */
function isFolderGone(): boolean {
  try {
    process.cwd();
    return false;
  } catch {
    return true;
  }
}

function createIo(version: string, signal: AbortSignal): Io {
  return {
    environment: process.env,
    cwd: process.cwd(),
    version,
    stdout: process.stdout,
    stderr: process.stderr,
    signal,
  };
}

async function serve(given: Arguments & { kind: "run" }, version: string): Promise<void> {
  const { isQuiet } = given;
  for (const note of given.notes) process.stderr.write(`heddle: ${printable(note)}\n`);
  const rereading = new Rereading(given, process.cwd(), { stdout: process.stdout, stderr: process.stderr, isQuiet });
  const stop = new AbortController();
  process.on("SIGHUP", () => (isTerminalGone() ? stop.abort() : rereading.request()));
  let settings: Settings;
  try {
    settings = await rereading.readFirst();
  } catch (error) {
    process.stderr.write(settingsFailure(error));
    process.exitCode = 2;
    return;
  }
  const { options, folder, sources } = settings;
  const onEvent = createReporter(process.stdout, process.stderr);
  const server = createServer({ ...options, folder, onEvent, signal: stop.signal });
  stopOnSignals(stop, () => (isQuiet ? "" : stopping(server.options.graceMs)));
  stop.signal.addEventListener("abort", () => {
    rereading.end();
    void server.close().then(endSoon);
  });
  try {
    await server.listen();
  } catch (error) {
    if (stop.signal.aborted) return;
    process.stderr.write(`heddle: ${listenFailure(error, server.options, sources)}\n`);
    process.exitCode = 1;
    return;
  }
  rereading.begin(server, settings);
  if (isQuiet) return;
  const serving = describe(server, version);
  process.stdout.write(process.stdout.isTTY ? banner(serving, styleText) : plainLine(serving));
}

function describe({ options, port, urls, transport }: Server, version: string): Serving {
  const hasMoved = !options.isPortFixed && options.socket === undefined && port !== options.port;
  return { ...options, version, urls, transport, busyPort: hasMoved ? options.port : undefined };
}

/** The first signal aborts, which closes the server gracefully; a second one ends the process. */
function stopOnSignals(stop: AbortController, notice: () => string): void {
  let stoppingSince: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stoppingSince !== undefined) {
        if (performance.now() - stoppingSince < SAME_PRESS_MS) return;
        // The status that shells give to a process ended by a signal.
        process.exit(128 + constants.signals[signal]);
      }
      stoppingSince = performance.now();
      if (process.stdout.isTTY) process.stdout.write(notice());
      stop.abort();
    });
  }
}

function endSoon(): void {
  setTimeout(() => process.exit(), FLUSH_TIMEOUT_MS).unref();
}

function stopping(graceMs: number): string {
  return `\n  Stopping; requests in flight have ${graceMs / 1000} s. Ctrl+C again stops at once.\n`;
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}
