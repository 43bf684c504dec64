// ServerOptions -> ResolvedOptions: the one shape that programs, the command line, the environment and the file of a
// site fill in. What each field may be, and what it is by default, stands in config/schema.ts; here is what depends on
// two of them, on the file system or on the machine. What comes out is complete, frozen and survives structuredClone,
// so that every thread gets the same.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { OptionError } from "./config/mistakes.ts";
import {
  type CompleteOptions,
  type CompleteSite,
  HAS_REUSE_PORT,
  parseOptions,
  SITE_OPTION_NAMES,
} from "./config/schema.ts";
import type { SiteOptions } from "./features/site-options.ts";
import type { Http1Limits } from "./http1/limits.ts";

export { OptionError, type OptionMistake } from "./config/mistakes.ts";
export { DEFAULTS, OPTION_NAMES, RANGES } from "./config/schema.ts";

export interface ServerOptions extends Partial<SiteOptions> {
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
  /**
   * Memory for what files were encoded to on demand, in bytes, for the whole process; sidecars do not count. 0 encodes
   * none. @default as much as `cacheLimitBytes`
   */
  encodedLimitBytes?: number;
  /** Connections at once, for the whole process; further ones are closed or wait. @default 16384 */
  connectionLimitCount?: number;
  /** A thread that does not answer for this long, in ms, is replaced. @default 10000 */
  stallTimeoutMs?: number;
  /** Report each request head and response head as a "trace" event. @default false */
  trace?: boolean;
  /** Limits of the HTTP/1.1 engine, each with its reason in `Http1Limits`. */
  limits?: Partial<Http1Limits>;
  /** Further sites, by the host name that a request asks for: "example.com", or "*.example.com" for all below it. @default none */
  sites?: Readonly<Record<string, SiteOptions>>;
}

/** Every choice made, nothing optional; what workers receive. */
export interface ResolvedOptions {
  /** Absolute path: that of `site`. */
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
  readonly encodedLimitBytes: number;
  readonly connectionLimitCount: number;
  readonly stallTimeoutMs: number;
  readonly trace: boolean;
  readonly limits: Http1Limits;
  /** Names of its options that were given: what files in its root say takes the place of the others. */
  readonly given: readonly (keyof SiteOptions)[];
  /** The site that answers for every host that none of `sites` is for. Its folders are absolute paths. */
  readonly site: SiteOptions;
  /** Further ones, by host name in lower case, which may begin with "*."; in the order in which they were written. */
  readonly sites: readonly {
    readonly host: string;
    readonly site: SiteOptions;
    readonly given: readonly (keyof SiteOptions)[];
  }[];
}

/** What struct sockaddr_un has room for. */
const SOCKET_PATH_LIMIT_BYTES = 107;

/**
 * @param folder what relative folders and paths in the options are relative to
 * @throws {OptionError} for options that are not what they must be; it names all of them
 */
export function resolveOptions(options: ServerOptions = {}, folder: string = process.cwd()): ResolvedOptions {
  const parsed = parseOptions(options);
  if ("mistakes" in parsed) throw new OptionError(parsed.mistakes);
  const { threads, transport, socketMode, sites, ...complete } = parsed.options;
  const root = complete.root ?? (existsSync(join(folder, "public")) ? "public" : ".");
  const site = resolveSite({ ...siteOf(parsed.options), root }, folder);
  return deepFreeze({
    root: site.root,
    host: complete.host,
    port: complete.port,
    isPortFixed: options.port !== undefined,
    socket: resolveSocket(options, folder),
    socketMode,
    mode: threads === "per-connection" ? "per-connection" : "pool",
    threads: typeof threads === "number" ? threads : availableParallelism(),
    maxThreads: complete.maxThreads,
    transport,
    accept: resolveAccept(complete.accept, transport),
    isAcceptFixed: complete.accept !== "auto",
    revalidateMs: complete.revalidateMs,
    graceMs: complete.graceMs,
    cacheLimitBytes: complete.cacheLimitBytes,
    encodedLimitBytes: complete.encodedLimitBytes ?? complete.cacheLimitBytes,
    connectionLimitCount: complete.connectionLimitCount,
    stallTimeoutMs: complete.stallTimeoutMs,
    trace: complete.trace,
    limits: complete.limits,
    given: givenOf(options),
    site,
    sites: Object.entries(sites).map(([host, one]) => ({
      host: host.toLowerCase(),
      site: resolveSite(one, folder),
      given: givenOf(options.sites![host]!),
    })),
  });
}

/** Typed options of a `heddle.config.ts`: `export default defineConfig({ … })`. */
export function defineConfig(options: ServerOptions): ServerOptions {
  return options;
}

function siteOf(options: CompleteOptions): Omit<CompleteSite, "root"> {
  const fields = SITE_OPTION_NAMES.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  return Object.fromEntries(fields);
}

function givenOf(options: Partial<SiteOptions>): (keyof SiteOptions)[] {
  return SITE_OPTION_NAMES.filter((name) => options[name] !== undefined);
}

function resolveSite(site: CompleteSite, folder: string): SiteOptions {
  const mounts = Object.entries(site.mounts).map(([path, mounted]) => [path, resolve(folder, mounted)]);
  return { ...site, root: resolve(folder, site.root), mounts: Object.fromEntries(mounts) };
}

function resolveSocket({ socket, host, port }: ServerOptions, folder: string): string | undefined {
  if (socket === undefined) return undefined;
  const path = resolve(folder, socket);
  if (Buffer.byteLength(path) > SOCKET_PATH_LIMIT_BYTES) {
    throw new OptionError("socket", path, `an absolute path of at most ${SOCKET_PATH_LIMIT_BYTES} bytes`);
  }
  if (host !== undefined) throw new OptionError("host", host, "none beside socket, which takes its place");
  if (port !== undefined) throw new OptionError("port", port, "none beside socket, which takes its place");
  return path;
}

function resolveAccept(
  accept: CompleteOptions["accept"],
  transport: CompleteOptions["transport"],
): "reuse-port" | "transfer" {
  if (accept === "auto") return HAS_REUSE_PORT ? "reuse-port" : "transfer";
  if (transport === "kernel") throw new OptionError("accept", accept, '"auto" with transport "kernel"');
  return accept;
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
