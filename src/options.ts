// ServerOptions -> ResolvedOptions: the only place where defaults and limits live. Command line and
// environment are readers of this one shape (cli/arguments.ts). What comes out is complete, frozen and
// survives structuredClone, so that every thread gets the same.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { inspect } from "node:util";
import { DEFAULT_LIMITS, type Http1Limits } from "./http1/limits.ts";

export interface ServerOptions {
  /** Folder to serve. @default "./public" if there is one, else "." */
  root?: string;
  /** Name or address to listen on. "0.0.0.0" or "::" opens the server to the network. @default "localhost" */
  host?: string;
  /** TCP port, 0 to 65535; 0 takes any free one. @default 8080, or the next free one when it is busy */
  port?: number;
  /**
   * Path of a Unix socket to listen on, instead of host and port (Linux, kernel transport). A socket that a killed
   * server left there is replaced, any other file is an error; it is removed when the server stops. @default none
   */
  socket?: string;
  /** Permissions of that socket: who may connect, 0 to 0o777. @default 0o660, its owner and group */
  socketMode?: number;
  /**
   * Threads that serve: a number from 1 to 512, "auto" for one per available core, or "per-connection" for a
   * thread of its own for each connection (to learn from, or to isolate; docs/threads.md compares). @default "auto"
   */
  threads?: number | "auto" | "per-connection";
  /** With threads "per-connection": the most threads at once; further connections wait in the listen queue. @default 128 */
  maxThreads?: number;
  /**
   * How bytes reach the sockets: "kernel" makes system calls itself (Linux, with node:ffi), "portable" goes
   * through node:net. @default "auto": kernel where it works, unless `accept` is given
   */
  transport?: "auto" | "kernel" | "portable";
  /**
   * How a pool of threads shares the port on the portable transport, which it implies: "reuse-port" lets the
   * kernel spread connections over one listening socket per thread, "transfer" accepts on the main thread and
   * hands each connection on. @default "auto": reuse-port where the platform has it
   */
  accept?: "auto" | "reuse-port" | "transfer";
  /** A file is looked at again at most this often, in ms; 0 looks at every request. @default 1000 */
  revalidateMs?: number;
  /** How long requests in flight may take to finish after close(), in ms. @default 10000 */
  graceMs?: number;
  /** Memory for the contents of small files, in bytes, for the whole process. 0 keeps none. @default 64 MiB */
  cacheLimitBytes?: number;
  /** Connections at once, for the whole process; further ones are closed or wait. @default 16384 */
  connectionLimitCount?: number;
  /** A thread that does not answer for this long, in ms, is replaced. @default 10000 */
  stallTimeoutMs?: number;
  /** Report each request head and response head as a "trace" event. @default false */
  trace?: boolean;
  /** Limits of the HTTP/1.1 engine, each with its reason in `Http1Limits`. */
  limits?: Partial<Http1Limits>;
}

/** Every choice made, nothing optional; what workers receive. */
export interface ResolvedOptions {
  /** Absolute path. */
  readonly root: string;
  readonly host: string;
  readonly port: number;
  /** False when the port is only the default, which may move when it is busy. */
  readonly isPortFixed: boolean;
  /** Absolute path, in the place of host and port; undefined when these count. */
  readonly socket: string | undefined;
  readonly socketMode: number;
  readonly mode: "pool" | "per-connection";
  /** Pool mode: how many threads serve. */
  readonly threads: number;
  readonly maxThreads: number;
  /** What was asked for; `Server.transport` tells what "auto" became. */
  readonly transport: "auto" | "kernel" | "portable";
  readonly accept: "reuse-port" | "transfer";
  /** True when accept was asked for, which only the portable transport can do. */
  readonly isAcceptFixed: boolean;
  readonly revalidateMs: number;
  readonly graceMs: number;
  readonly cacheLimitBytes: number;
  readonly connectionLimitCount: number;
  readonly stallTimeoutMs: number;
  readonly trace: boolean;
  readonly limits: Http1Limits;
}

/** The defaults that the help text and the option tables show. */
export const DEFAULTS = {
  host: "localhost",
  port: 8080,
  socketMode: 0o660,
  threads: "auto",
  maxThreads: 128,
  transport: "auto",
  accept: "auto",
  revalidateMs: 1000,
  graceMs: 10_000,
  cacheLimitBytes: 67_108_864, // 64 MiB
  connectionLimitCount: 16_384,
  stallTimeoutMs: 10_000,
  trace: false,
} as const;

/** The whole numbers that are accepted, both ends included, each in the unit of its field. */
export const RANGES = {
  port: [0, 65_535],
  threads: [1, 512],
  maxThreads: [1, 4096],
  revalidateMs: [0, 86_400_000], // a day; more would be "never", which is not what anyone means
  graceMs: [0, 86_400_000],
  cacheLimitBytes: [0, 1_099_511_627_776], // 1 TiB
  connectionLimitCount: [1, 1_000_000],
  stallTimeoutMs: [500, 3_600_000], // below half a second a garbage collection would look like a stall
} as const;

/** Timers and counters of 31 bits hold it. */
const LARGEST_LIMIT = 2_147_483_647;
/** 1 MiB, or as many lines: these limits are memory that any peer may make us hold. */
const LARGEST_HELD_LIMIT = 1_048_576;
const HELD_LIMITS: ReadonlySet<keyof Http1Limits> = new Set([
  "headLimitBytes",
  "headLimitCount",
  "targetLimitBytes",
  "chunkLineLimitBytes",
]);

/** What struct sockaddr_un has room for. */
const SOCKET_PATH_LIMIT_BYTES = 107;

/** SO_REUSEPORT spreads connections on these; macOS has the option but does not spread, Windows lacks it. */
const REUSE_PORT_PLATFORMS: ReadonlySet<NodeJS.Platform> = new Set(["linux", "freebsd", "sunos", "aix"]);

/** A bad option: its name (`port`, `limits.headLimitBytes`), what was found, what was wanted. */
export class OptionError extends TypeError {
  readonly option: string;
  readonly wanted: string;

  constructor(option: string, found: unknown, wanted: string) {
    super(`${option}: found ${shown(found)}, wanted ${wanted}`);
    this.name = "OptionError";
    this.option = option;
    this.wanted = wanted;
  }
}

/** @throws {OptionError} for the first option that is not what it must be */
export function resolveOptions(options: ServerOptions = {}): ResolvedOptions {
  refuseUnknown("", options, { root: 0, ...DEFAULTS, socket: 0, limits: 0 });
  return Object.freeze({
    root: resolve(text("root", options.root, existsSync("public") ? "public" : ".")),
    host: text("host", options.host, DEFAULTS.host),
    port: ranged("port", options.port, DEFAULTS.port),
    isPortFixed: options.port !== undefined,
    socket: resolveSocket(options),
    socketMode: resolveMode(options.socketMode),
    mode: options.threads === "per-connection" ? "per-connection" : "pool",
    threads: resolveThreads(options.threads),
    maxThreads: ranged("maxThreads", options.maxThreads, DEFAULTS.maxThreads),
    transport: resolveTransport(options.transport),
    accept: resolveAccept(options.accept, options.transport),
    isAcceptFixed: (options.accept ?? DEFAULTS.accept) !== "auto",
    revalidateMs: ranged("revalidateMs", options.revalidateMs, DEFAULTS.revalidateMs),
    graceMs: ranged("graceMs", options.graceMs, DEFAULTS.graceMs),
    cacheLimitBytes: ranged("cacheLimitBytes", options.cacheLimitBytes, DEFAULTS.cacheLimitBytes),
    connectionLimitCount: ranged("connectionLimitCount", options.connectionLimitCount, DEFAULTS.connectionLimitCount),
    stallTimeoutMs: ranged("stallTimeoutMs", options.stallTimeoutMs, DEFAULTS.stallTimeoutMs),
    trace: flag("trace", options.trace, DEFAULTS.trace),
    limits: resolveLimits(options.limits),
  });
}

function resolveSocket({ socket, host, port }: ServerOptions): string | undefined {
  if (socket === undefined) return undefined;
  const path = resolve(text("socket", socket, ""));
  if (Buffer.byteLength(path) > SOCKET_PATH_LIMIT_BYTES) {
    throw new OptionError("socket", path, `an absolute path of at most ${SOCKET_PATH_LIMIT_BYTES} bytes`);
  }
  if (host !== undefined) throw new OptionError("host", host, "none beside socket, which takes its place");
  if (port !== undefined) throw new OptionError("port", port, "none beside socket, which takes its place");
  return path;
}

function resolveMode(mode: unknown = DEFAULTS.socketMode): number {
  if (isWhole(mode, 0, 0o777)) return mode;
  throw new OptionError("socketMode", mode, "permissions from 0 to 0o777");
}

function resolveThreads(threads: unknown = DEFAULTS.threads): number {
  if (threads === "auto" || threads === "per-connection") return availableParallelism();
  const [lowest, highest] = RANGES.threads;
  if (isWhole(threads, lowest, highest)) return threads;
  throw new OptionError("threads", threads, `${wholeNumber(lowest, highest)}, "auto" or "per-connection"`);
}

function resolveTransport(transport: unknown = DEFAULTS.transport): "auto" | "kernel" | "portable" {
  if (transport === "auto" || transport === "portable") return transport;
  if (transport === "kernel" && process.platform === "linux") return transport;
  throw new OptionError("transport", transport, '"auto", "portable" or, on Linux, "kernel"');
}

function resolveAccept(accept: unknown = DEFAULTS.accept, transport?: unknown): "reuse-port" | "transfer" {
  const hasReusePort = REUSE_PORT_PLATFORMS.has(process.platform);
  if (accept === "auto") return hasReusePort ? "reuse-port" : "transfer";
  if (transport === "kernel") throw new OptionError("accept", accept, '"auto" with transport "kernel"');
  if (accept === "transfer" || (accept === "reuse-port" && hasReusePort)) return accept;
  throw new OptionError("accept", accept, hasReusePort ? '"auto", "reuse-port" or "transfer"' : '"auto" or "transfer"');
}

function resolveLimits(found: Partial<Http1Limits> = {}): Http1Limits {
  if (found === null || typeof found !== "object") throw new OptionError("limits", found, "an object");
  refuseUnknown("limits.", found, DEFAULT_LIMITS);
  const limits = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Http1Limits)[]) {
    const lowest = name === "discardLimitBytes" || name === "minimumRateBytesPerSecond" ? 0 : 1;
    const highest = HELD_LIMITS.has(name) ? LARGEST_HELD_LIMIT : LARGEST_LIMIT;
    limits[name] = whole(`limits.${name}`, found[name], DEFAULT_LIMITS[name], lowest, highest);
  }
  return Object.freeze(limits);
}

function ranged(option: keyof typeof RANGES, found: unknown, fallback: number): number {
  const [lowest, highest] = RANGES[option];
  return whole(option, found, fallback, lowest, highest);
}

function whole(option: string, found: unknown, fallback: number, lowest: number, highest: number): number {
  if (found === undefined) return fallback;
  if (isWhole(found, lowest, highest)) return found;
  throw new OptionError(option, found, wholeNumber(lowest, highest));
}

function isWhole(found: unknown, lowest: number, highest: number): found is number {
  return Number.isInteger(found) && (found as number) >= lowest && (found as number) <= highest;
}

function wholeNumber(lowest: number, highest: number): string {
  return `a whole number from ${lowest} to ${highest}`;
}

function text(option: string, found: unknown, fallback: string): string {
  if (found === undefined) return fallback;
  if (typeof found === "string" && found !== "" && !found.includes("\0")) return found;
  throw new OptionError(option, found, "a string that is not empty and has no NUL in it");
}

function flag(option: string, found: unknown, fallback: boolean): boolean {
  if (found === undefined) return fallback;
  if (typeof found === "boolean") return found;
  throw new OptionError(option, found, "true or false");
}

function refuseUnknown(prefix: string, found: object, known: object): void {
  for (const name of Object.keys(found)) {
    if (!Object.hasOwn(known, name)) {
      throw new OptionError(prefix + name, Reflect.get(found, name), `one of ${Object.keys(known).join(", ")}`);
    }
  }
}

/** Strings as JSON writes them, so that control characters stay harmless; NaN, bigint and objects as Node shows them. */
function shown(found: unknown): string {
  return typeof found === "string" ? JSON.stringify(found) : inspect(found, { depth: 0, breakLength: Infinity });
}
