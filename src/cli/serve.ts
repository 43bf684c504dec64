// Serving, which is what heddle does without a command: arguments in, a server, messages for people out, until a signal.
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { styleText } from "node:util";
import type { Settings } from "../options/sources/sources.ts";
import { createServer, type Server, type ServerEvent } from "../server.ts";
import { printable } from "../telemetry/printable.ts";
import { restrictEarlyWorker } from "../threads/supervisor/worker-entry.ts";
import type { SandboxMode } from "./arguments/flags.ts";
import { inFlags } from "./arguments/in-flags.ts";
import { type Arguments, parseArguments } from "./arguments/parse.ts";
import { listenFailure, rootFailure, settingsFailure } from "./failure.ts";
import { ConfigFollower } from "./follow-config.ts";
import { isTerminalGone } from "./hangup.ts";
import { banner, plainLine, type Serving } from "./output/banner.ts";
import { createReporter } from "./output/report.ts";
import { PACKAGE_FOLDER } from "./package.ts";
import { describeSandbox, enterSandbox, outside, type Sandbox } from "./sandbox/sandbox.ts";
import { ServiceManager } from "./service-manager.ts";
import { stopOnSignals } from "./signals.ts";

/** After the close, a reader has this long to read the rest of the output; one that pauses must not hold the process. */
const FLUSH_TIMEOUT_MS = 1000;

/** Resolves when the server listens, or cannot listen; the process ends by itself when the server has closed. */
export async function serve(argv: readonly string[], version: string): Promise<void> {
  const parsed = parseArguments(argv, process.env, version);
  if (parsed.kind === "run") return run(parsed, version);
  process.stdout.write(parsed.stdout);
  process.stderr.write(parsed.stderr + rootFailure(parsed.root));
  process.exitCode = parsed.code;
}

async function run(given: Arguments & { kind: "run" }, version: string): Promise<void> {
  const { isQuiet } = given;
  for (const warning of given.warnings) process.stderr.write(`heddle: ${printable(warning)}\n`);
  const manager = new ServiceManager(process.env, process.pid, {
    onWarning: (text) => process.stderr.write(`heddle: ${printable(text)}\n`),
  });
  const outputs = { stdout: process.stdout, stderr: process.stderr, isQuiet };
  const follower = new ConfigFollower(given, process.cwd(), outputs, manager);
  const stop = new AbortController();
  process.on("SIGHUP", () => (isTerminalGone() ? stop.abort() : follower.request()));
  let settings: Settings;
  try {
    settings = await follower.readFirst();
  } catch (error) {
    process.stderr.write(settingsFailure(error));
    process.exitCode = 2;
    return;
  }
  const { options, folder, sources } = settings;
  const isHostOfVariable = sources.host === "HOST";
  if (isHostOfVariable) process.stderr.write(`heddle: ${hostWarning(settings.resolved.host)}\n`);
  const report = createReporter(process.stdout, process.stderr);
  const onEvent = (event: ServerEvent): void => {
    if (event.kind === "notice" && isQuiet) return;
    report(event.kind === "warning" ? { ...event, text: inFlags(event.text, given.sources) } : event);
  };
  const server = createServer({ ...options, folder, onEvent, signal: stop.signal });
  const say = process.stdout.isTTY ? stopping : plainStop;
  stopOnSignals(stop, (signal) => (isQuiet ? "" : say(server.options.graceMs, signal)));
  stop.signal.addEventListener("abort", () => {
    follower.end();
    void manager.stopping();
    manager.endWatch();
    void server.close().then(endSoon);
  });
  // Without a handler, this signal would open a port for debuggers.
  process.on("SIGUSR1", () => server.reopenLog());
  const sandbox = await enter(given.sandbox, settings);
  if (sandbox?.kind === "none" && given.sandbox === "strict") {
    process.stderr.write(`heddle: --sandbox strict: ${printable(sandbox.reason)}\n`);
    process.exit(1);
  }
  try {
    await server.listen();
  } catch (error) {
    if (stop.signal.aborted) return;
    const lines = listenFailure(error, server.options, sources).split("\n");
    process.stderr.write(lines.map((line) => `heddle: ${line}\n`).join(""));
    process.exitCode = 1;
    return;
  }
  follower.begin(server, settings, (resolved) => (sandbox === undefined ? [] : outside(sandbox, resolved)));
  void manager.ready(`serves ${server.options.root} on ${server.urls.join(" and ")}`);
  manager.watch(() => isHealthy(server));
  if (isQuiet) return;
  const serving = {
    ...describe(server, version),
    isHostOfVariable,
    sandbox: sandbox && describeSandbox(sandbox),
  };
  process.stdout.write(process.stdout.isTTY ? banner(serving, styleText) : plainLine(serving));
}

/** Undefined where it is not wanted. On other systems than Linux there is none, and nothing is said unless it was asked for. */
async function enter(mode: SandboxMode, { resolved, file }: Settings): Promise<Sandbox | undefined> {
  if (mode === "off" || (mode === "auto" && process.platform !== "linux")) return undefined;
  const cacheFolder = getCompileCacheDir();
  const surroundings = {
    file,
    packageFolder: PACKAGE_FOLDER,
    // That is the folder of this version of Node.js, in the one that was asked for.
    cacheFolder: cacheFolder && dirname(cacheFolder),
    environment: process.env,
  };
  const sandbox = await enterSandbox(resolved, surroundings, mode);
  if (sandbox.kind === "landlock") restrictEarlyWorker(sandbox.ruleset);
  return sandbox;
}

/** Some thread's event loop turns; that of this one does while it asks. */
function isHealthy({ threads, options }: Server): boolean {
  return threads.threads.some(({ state, silentMs }) => state === "ready" && silentMs < options.stallTimeoutMs);
}

/** Nobody may have asked for it: some shells and hosts set HOST by themselves. */
function hostWarning(host: string): string {
  const isOpen = host === "0.0.0.0" || host === "::";
  const what = isOpen ? `opens the server to the network (${host})` : `sets the address (${host})`;
  return `the variable HOST ${what}: write --host <name> or set HEDDLE_HOST to choose another`;
}

function describe(
  { options, port, urls, transport, adminUrl }: Server,
  version: string,
): Omit<Serving, "isHostOfVariable" | "sandbox"> {
  const hasMoved =
    !options.isPortFixed && options.socket === undefined && options.fd.length === 0 && port !== options.port;
  return { ...options, version, urls, transport, adminUrl, busyPort: hasMoved ? options.port : undefined };
}

function endSoon(): void {
  setTimeout(() => process.exit(), FLUSH_TIMEOUT_MS).unref();
}

/** For a log: why there was nothing more. */
function plainStop(graceMs: number, signal: string): string {
  return `heddle stops because of ${signal}: requests in flight have ${graceMs / 1000} s to finish\n`;
}

function stopping(graceMs: number): string {
  return `\n  Stopping: requests in flight have ${graceMs / 1000} s to finish. Press Ctrl+C again to stop at once.\n`;
}
