// ServerOptions -> ResolvedOptions: the only place where defaults and limits live. Command line and
// environment are readers of this one shape (cli/arguments.ts). What comes out is complete, frozen and
// survives structuredClone, so that every thread gets the same.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { DEFAULT_LIMITS, type Http1Limits } from "./http1/limits.ts";

export interface ServerOptions {
  /** Folder to serve. @default "./public" if there is one, else "." */
  root?: string;
  /** Name or address to listen on. "0.0.0.0" or "::" opens the server to the network. @default "localhost" */
  host?: string;
  /** TCP port, 0 to 65535; 0 takes any free one. @default 8080, or the next free one when it is busy */
  port?: number;
  /**
   * Threads that serve: a number from 1 to 512, "auto" for one per available core, or "per-connection" for a
   * thread of its own for each connection (to learn from, or to isolate; docs/threads.md compares). @default "auto"
   */
  threads?: number | "auto" | "per-connection";
  /** With threads "per-connection": the most threads at once; further connections wait in the listen queue. @default 128 */
  maxThreads?: number;
  /** How bytes reach the sockets. @default "auto" */
  transport?: "auto" | "portable";
  /**
   * How a pool of threads shares the port: "reuse-port" lets the kernel spread connections over one listening
   * socket per thread, "transfer" accepts on the main thread and hands each connection on.
   * @default "auto": reuse-port where the platform has it
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
  readonly mode: "pool" | "per-connection";
  /** Pool mode: how many threads serve. */
  readonly threads: number;
  readonly maxThreads: number;
  readonly transport: "portable";
  readonly accept: "reuse-port" | "transfer";
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

/** SO_REUSEPORT spreads connections on these; macOS has the option but does not spread, Windows lacks it. */
const REUSE_PORT_PLATFORMS: ReadonlySet<NodeJS.Platform> = new Set(["linux", "freebsd", "sunos", "aix"]);

/** A bad option: its name, what was found, what was wanted. */
export class OptionError extends TypeError {
  readonly option: string;

  constructor(option: string, found: unknown, wanted: string) {
    super(`${option}: found ${JSON.stringify(found) ?? String(found)}, wanted ${wanted}`);
    this.name = "OptionError";
    this.option = option;
  }
}

/** @throws {OptionError} for the first option that is not what it must be */
export function resolveOptions(options: ServerOptions = {}): ResolvedOptions {
  refuseUnknown("", options, { root: 0, limits: 0, ...DEFAULTS });
  const limits = resolveLimits(options.limits ?? {});
  const threads = options.threads ?? DEFAULTS.threads;
  return Object.freeze({
    root: resolve(text("root", options.root, existsSync("public") ? "public" : ".")),
    host: text("host", options.host, DEFAULTS.host),
    port: whole("port", options.port, DEFAULTS.port, 0, 65_535),
    isPortFixed: options.port !== undefined,
    mode: threads === "per-connection" ? "per-connection" : "pool",
    threads: typeof threads === "number" ? whole("threads", threads, 1, 1, 512) : autoThreads(threads),
    maxThreads: whole("maxThreads", options.maxThreads, DEFAULTS.maxThreads, 1, 4096),
    transport: resolveTransport(options.transport ?? DEFAULTS.transport),
    accept: resolveAccept(options.accept ?? DEFAULTS.accept),
    revalidateMs: whole("revalidateMs", options.revalidateMs, DEFAULTS.revalidateMs, 0, 86_400_000),
    graceMs: whole("graceMs", options.graceMs, DEFAULTS.graceMs, 0, 86_400_000),
    cacheLimitBytes: whole("cacheLimitBytes", options.cacheLimitBytes, DEFAULTS.cacheLimitBytes, 0, 2 ** 40),
    connectionLimitCount: whole(
      "connectionLimitCount",
      options.connectionLimitCount,
      DEFAULTS.connectionLimitCount,
      1,
      1_000_000,
    ),
    stallTimeoutMs: whole("stallTimeoutMs", options.stallTimeoutMs, DEFAULTS.stallTimeoutMs, 500, 3_600_000),
    trace: flag("trace", options.trace, DEFAULTS.trace),
    limits,
  });
}

function resolveLimits(found: Partial<Http1Limits>): Http1Limits {
  refuseUnknown("limits.", found, DEFAULT_LIMITS);
  const limits = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Http1Limits)[]) {
    const lowest = name === "discardLimitBytes" || name === "minimumRateBytesPerSecond" ? 0 : 1;
    limits[name] = whole(`limits.${name}`, found[name], DEFAULT_LIMITS[name], lowest, 2 ** 31 - 1);
  }
  return Object.freeze(limits);
}

function autoThreads(threads: unknown): number {
  if (threads !== "auto" && threads !== "per-connection") {
    throw new OptionError("threads", threads, 'a whole number from 1 to 512, "auto" or "per-connection"');
  }
  return availableParallelism();
}

function resolveTransport(transport: unknown): "portable" {
  if (transport === "auto" || transport === "portable") return "portable";
  throw new OptionError("transport", transport, '"auto" or "portable"');
}

function resolveAccept(accept: unknown): "reuse-port" | "transfer" {
  const hasReusePort = REUSE_PORT_PLATFORMS.has(process.platform);
  if (accept === "auto") return hasReusePort ? "reuse-port" : "transfer";
  if (accept === "transfer" || (accept === "reuse-port" && hasReusePort)) return accept;
  throw new OptionError("accept", accept, hasReusePort ? '"auto", "reuse-port" or "transfer"' : '"auto" or "transfer"');
}

function whole(option: string, found: unknown, fallback: number, lowest: number, highest: number): number {
  if (found === undefined) return fallback;
  if (Number.isInteger(found) && (found as number) >= lowest && (found as number) <= highest) return found as number;
  throw new OptionError(option, found, `a whole number from ${lowest} to ${highest}`);
}

function text(option: string, found: unknown, fallback: string): string {
  if (found === undefined) return fallback;
  if (typeof found === "string" && found !== "" && !found.includes("\0")) return found;
  throw new OptionError(option, found, "a string that is not empty");
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
