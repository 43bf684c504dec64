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
import type { HandOver } from "./hand-over.ts";
import { isTerminalGone } from "./hangup.ts";
import { banner, plainLine, type Serving } from "./output/banner.ts";
import { createReporter } from "./output/report.ts";
import { readerOf, ServerLog, type ServerLogStream } from "./output/server-log.ts";
import { PACKAGE_FOLDER } from "./package.ts";
import { describeSandbox, enterSandbox, outside, type Sandbox } from "./sandbox/sandbox.ts";
import { ServiceManager } from "./service-manager.ts";
import { stopOnSignals } from "./signals.ts";
import type { TakeOver } from "./take-over.ts";
import { UPGRADE_VARIABLE } from "./upgrade-messages.ts";

/** After the close, a reader has this long to read the rest of the output; one that pauses must not hold the process. */
const FLUSH_TIMEOUT_MS = 1000;

/** Resolves when the server listens, or cannot listen; the process ends by itself when the server has closed. */
export async function serve(argv: readonly string[], version: string): Promise<void> {
  // Before anything looks at the variables.
  const takeOver = await takeOverAsked();
  const parsed = parseArguments(argv, process.env, version);
  if (parsed.kind === "run") return run(parsed, version, takeOver);
  process.stdout.write(parsed.stdout);
  complain(parsed.stderr + rootFailure(parsed.root), takeOver);
  process.exitCode = parsed.code;
}

/** Undefined unless this process was started to take the place of another. */
async function takeOverAsked(): Promise<TakeOver | undefined> {
  if (process.env[UPGRADE_VARIABLE] === undefined || !process.connected) return undefined;
  delete process.env[UPGRADE_VARIABLE];
  const { TakeOver } = await import("./take-over.ts");
  return TakeOver.begin();
}

/** Why this process does not serve. */
function complain(text: string, takeOver: TakeOver | undefined): void {
  process.stderr.write(text);
  takeOver?.failed(text);
}

async function run(given: Arguments & { kind: "run" }, version: string, takeOver: TakeOver | undefined): Promise<void> {
  const { isQuiet } = given;
  const log = new ServerLog({
    form: given.serverLog,
    output: withReader(process.stdout),
    errors: withReader(process.stderr),
    isQuiet,
    now: Date.now,
  });
  const onWarning = (text: string): void => log.say("warning", "warning", printable(text));
  for (const warning of given.warnings) onWarning(warning);
  const manager = new ServiceManager(process.env, process.pid, { onWarning });
  const follower = new ConfigFollower(given, process.cwd(), log, manager);
  const stop = new AbortController();
  process.on("SIGHUP", () => (isTerminalGone() ? stop.abort() : follower.request()));
  let settings: Settings;
  try {
    settings = await follower.readFirst();
  } catch (error) {
    complain(settingsFailure(error), takeOver);
    process.exitCode = 2;
    return;
  }
  const { options, folder, sources } = settings;
  const isHostOfVariable = sources.host === "HOST";
  if (isHostOfVariable) log.say("warning", "warning", hostWarning(settings.resolved.host));
  const report = createReporter(process.stdout, log, process.stdout.isTTY ? styleText : undefined);
  const onEvent = (event: ServerEvent): void => {
    report(event.kind === "warning" ? { ...event, text: inFlags(event.text, given.sources) } : event);
  };
  const server = createServer({ ...options, folder, onEvent, signal: stop.signal });
  const isForPerson = process.stdout.isTTY && log.form === "words";
  stopOnSignals(stop, (signal) => {
    const { graceMs } = server.options;
    if (!isForPerson) sayStop(log, graceMs, signal);
    else if (!isQuiet) process.stdout.write(stopping(graceMs));
  });
  stop.signal.addEventListener("abort", () => {
    follower.end();
    if (!isReplaced) void manager.stopping();
    manager.endWatch();
    void server.close().then(endSoon);
  });
  let isReplaced = false;
  const onReplaced = (pid: number): Promise<void> => {
    isReplaced = true;
    follower.end();
    log.say("info", "replaced", `process ${pid} has taken over; requests in flight finish here`, { pid });
    void server.close({ isReplaced }).then(endSoon);
    return manager.replacedBy(pid);
  };
  let handOver: HandOver | undefined;
  process.on("SIGUSR2", () => handOver?.request());
  // Without a handler, this signal would open a port for debuggers.
  process.on("SIGUSR1", () => server.reopenLog());
  const sandbox = await enter(given.sandbox, settings);
  if (sandbox?.kind === "none" && given.sandbox === "strict") {
    complain(`heddle: --sandbox strict: ${printable(sandbox.reason)}\n`, takeOver);
    process.exit(1);
  }
  try {
    await server.listen();
  } catch (error) {
    if (stop.signal.aborted) return;
    const lines = listenFailure(error, server.options, sources).split("\n");
    complain(lines.map((line) => `heddle: ${line}\n`).join(""), takeOver);
    process.exitCode = 1;
    return;
  }
  follower.begin(server, settings, (resolved) => (sandbox === undefined ? [] : outside(sandbox, resolved)));
  await takeOver?.ready();
  void manager.ready(`serves ${server.options.root} on ${server.urls.join(" and ")}`);
  manager.watch(() => isHealthy(server));
  if (process.platform === "linux") {
    // Loaded now: when it is needed, the files of this version may have been replaced. Without node:ffi there is none.
    const loaded = import("./hand-over.ts").catch(() => undefined);
    const isSandboxed = sandbox?.kind === "landlock";
    void loaded.then((module) => {
      handOver = module && new module.HandOver(server, { version, isSandboxed, onWarning, onReplaced });
    });
  }
  const serving = {
    ...describe(server, version),
    isHostOfVariable,
    sandbox: sandbox && describeSandbox(sandbox),
  };
  if (!isForPerson) sayStart(log, serving);
  else if (!isQuiet) process.stdout.write(banner(serving, styleText));
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
  { options, port, urls, transport, addresses, mptcpObstacle, adminUrl, consoleUrl }: Server,
  version: string,
): Omit<Serving, "isHostOfVariable" | "sandbox"> {
  const hasMoved =
    !options.isPortFixed && options.socket === undefined && options.fd.length === 0 && port !== options.port;
  return {
    ...options,
    version,
    urls,
    transport,
    hasMptcp: addresses.some(({ isMultipath }) => isMultipath),
    mptcpObstacle,
    adminUrl,
    consoleUrl,
    busyPort: hasMoved ? options.port : undefined,
  };
}

function endSoon(): void {
  setTimeout(() => process.exit(), FLUSH_TIMEOUT_MS).unref();
}

function withReader(stream: NodeJS.WriteStream & { fd: number }): ServerLogStream {
  return {
    reader: readerOf(stream, stream.fd, process.env["JOURNAL_STREAM"]),
    write: (text) => stream.write(text),
    get writableLength() {
      return stream.writableLength;
    },
  };
}

function sayStart(log: ServerLog, serving: Serving): void {
  const { version, root, urls, transport } = serving;
  const line = plainLine(serving);
  log.say("info", "started", line, { version, root, urls, transport: transport.kind, pid: process.pid }, line);
}

/** For a log: why there was nothing more. */
function sayStop(log: ServerLog, graceMs: number, signal: string): void {
  const line = `heddle stops because of ${signal}: requests in flight have ${graceMs / 1000} s to finish`;
  log.say("info", "stopping", line, { signal, grace_ms: graceMs }, line);
}

function stopping(graceMs: number): string {
  return `\n  Stopping: requests in flight have ${graceMs / 1000} s to finish. Press Ctrl+C again to stop at once.\n`;
}
