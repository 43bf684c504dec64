// Merges three sources into one configuration, option by option: the command line and the environment override the file,
// and the file overrides the defaults. Keeps the source of each option, so that a message can name it.
import { basename, dirname, resolve } from "node:path";
import { checkFolders, folderMistakes } from "../check-folders.ts";
import { type ListenPlace, parseListen } from "../listen-options.ts";
import { OptionError, type OptionMistake, placeName, sentence } from "../mistakes.ts";
import { resolveFinal } from "../resolve.ts";
import type { ResolvedOptions } from "../resolved-options.ts";
import type { ServerOptions } from "../server-options.ts";
import { TLS_FILES, type TlsOptions } from "../tls-options.ts";
import { findConfig, loadConfig } from "./config-file.ts";

/** The source of each option, as the user knows it: `{ port: "PORT", graceMs: "--grace", root: "heddle.config.ts" }`. */
export type Sources = Partial<Record<keyof ServerOptions, string>>;

/** The options from the command line and the environment. */
export interface Given {
  readonly options: ServerOptions;
  readonly sources: Sources;
  /** A file; false for no file; undefined for the file in the working directory, if there is one. */
  readonly config: string | false | undefined;
}

export interface Settings {
  readonly options: ServerOptions;
  /** The folder that relative paths in `options` start from. */
  readonly folder: string;
  /** Absolute path of the configuration file. */
  readonly file: string | undefined;
  readonly sources: Sources;
  readonly resolved: ResolvedOptions;
}

/** Variables that some shells and hosts set by themselves. */
const COMMON_VARIABLES: ReadonlySet<string | undefined> = new Set(["HOST", "PORT"]);
/** The sockets of systemd. */
const LISTEN_FDS = "LISTEN_FDS";

/**
 * @param load reads a file: for the first time, or again
 * @throws {ConfigError} for a file that cannot be read
 * @throws {SettingsError} for options that cannot be used
 */
export async function readSettings(given: Given, cwd: string, load: typeof loadConfig = loadConfig): Promise<Settings> {
  const file =
    given.config === undefined ? findConfig(cwd) : given.config === false ? undefined : resolve(cwd, given.config);
  const name = file === undefined ? "" : basename(file);
  const found = file === undefined ? {} : await load(file);
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new SettingsError([`${name}: found ${kindOf(found)}`]);
  }
  const folder = file === undefined ? cwd : dirname(file);
  const { options, sources } = merge(absolute(given.options, cwd), given.sources, found, name);
  try {
    return { options, folder, file, sources, resolved: resolveFinal(options, folder) };
  } catch (error) {
    throw withSources(await withFolders(error, options, folder), sources);
  }
}

/** @throws {SettingsError} for the folders that cannot be read */
export async function checkSettingsFolders({ resolved, sources }: Settings): Promise<void> {
  try {
    await checkFolders(resolved);
  } catch (error) {
    throw withSources(error, sources);
  }
}

/** What a file has instead of options, and what to write. */
function kindOf(found: unknown): string {
  const wanted = "wanted an object of options";
  if (typeof found === "function") return `a function, ${wanted}: export what it returns, or a promise of it`;
  return `${Array.isArray(found) ? "a list" : found === null ? "null" : `a ${typeof found}`}, ${wanted}`;
}

/** Options that cannot be used are told together with folders that cannot be read. */
async function withFolders(error: unknown, options: ServerOptions, folder: string): Promise<unknown> {
  if (!(error instanceof OptionError)) return error;
  return new OptionError([...error.mistakes, ...(await folderMistakes(options, folder))]);
}

/** Adds the sources to an error about options; returns any other error as it is. */
export function withSources(error: unknown, sources: Sources): unknown {
  if (!(error instanceof OptionError)) return error;
  const lines = error.mistakes.map((mistake) => nameSource(mistake, sources));
  return new SettingsError(lines, { cause: error });
}

/** Options that cannot be used: a line for each mistake, with its source. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly lines: readonly string[];

  constructor(lines: readonly string[], options?: ErrorOptions) {
    super(lines.join("\n"), options);
    this.lines = lines;
  }
}

/** Paths on the command line start from the working directory. */
function absolute(options: ServerOptions, cwd: string): ServerOptions {
  const { root, socket, listen, tls, admin, console, logFile, pidFile } = options;
  return {
    ...options,
    ...(tls !== undefined && { tls: absoluteTls(tls, cwd) }),
    ...(root !== undefined && { root: resolve(cwd, root) }),
    ...(socket !== undefined && { socket: absoluteSocket(socket, cwd) }),
    ...(logFile !== undefined && { logFile: resolve(cwd, logFile) }),
    ...(pidFile !== undefined && { pidFile: resolve(cwd, pidFile) }),
    ...(Array.isArray(listen) && { listen: listen.map((one) => absolutePlace(one, cwd)) }),
    ...(typeof admin === "string" && { admin: absoluteAdmin(admin, cwd) }),
    ...(typeof console === "string" && { console: absoluteAdmin(console, cwd) }),
  };
}

/** What has a slash is the path of a socket. */
function absoluteAdmin(place: string, cwd: string): string {
  return place.includes("/") ? resolve(cwd, place.replace(/^unix:/, "")) : place;
}

/** A name in the abstract namespace is no path. */
function absoluteSocket(socket: string, cwd: string): string {
  return socket.startsWith("@") ? socket : resolve(cwd, socket);
}

function absolutePlace(place: string | ListenPlace, cwd: string): string | ListenPlace {
  const { socket, ...others } = (typeof place === "string" ? parseListen(place) : place) ?? {};
  if (socket === undefined) return place;
  const path = absoluteSocket(socket, cwd);
  return typeof place === "string" && Object.keys(others).length === 0 ? `unix:${path}` : { ...others, socket: path };
}

function absoluteTls(tls: NonNullable<ServerOptions["tls"]>, cwd: string): NonNullable<ServerOptions["tls"]> {
  if (tls === "dev") return tls;
  if ("acme" in tls) {
    const { keyFolder } = tls.acme;
    return keyFolder === undefined ? tls : { acme: { ...tls.acme, keyFolder: resolve(cwd, keyFolder) } };
  }
  return "length" in tls ? tls.map((one) => absoluteFiles(one, cwd)) : absoluteFiles(tls, cwd);
}

function absoluteFiles(tls: TlsOptions, cwd: string): TlsOptions {
  const given = TLS_FILES.flatMap((name) => (tls[name] === undefined ? [] : [[name, resolve(cwd, tls[name])]]));
  return { ...tls, ...Object.fromEntries(given) };
}

function merge(
  given: ServerOptions,
  givenSources: Sources,
  found: object,
  name: string,
): { options: ServerOptions; sources: Sources } {
  const options: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const [option, value] of Object.entries(found)) {
    // A server listens on a port, on a socket, or on sockets that are open already: what the command line names removes
    // the others from the file.
    if (value === undefined || (isDisplaced(option, givenSources) && !Object.hasOwn(given, option))) continue;
    options[option] = value;
    sources[option] = name;
  }
  for (const [option, value] of Object.entries(given)) {
    const source = givenSources[option as keyof ServerOptions];
    const isElsewhere = ["socket", "fd", "listen"].some((name) => options[name] !== undefined);
    if (isElsewhere && COMMON_VARIABLES.has(source)) continue;
    // A list in the file says which of the sockets of systemd count: "fd:web".
    if (source === LISTEN_FDS && option === "fd" && options["listen"] !== undefined) continue;
    options[option] = value;
    if (source !== undefined) sources[option] = source;
  }
  return { options, sources };
}

/** The ways to say where a server listens: one of them counts. */
const WAYS: Readonly<Record<string, string | undefined>> = {
  host: "address",
  port: "address",
  socket: "socket",
  fd: "fd",
  listen: "listen",
};

function isDisplaced(option: string, given: Sources): boolean {
  const way = WAYS[option];
  if (way === undefined) return false;
  return Object.entries(given).some(([name, source]) => {
    const other = WAYS[name];
    if (other === undefined || other === way || COMMON_VARIABLES.has(source)) return false;
    return option !== "listen" || source !== LISTEN_FDS;
  });
}

/** `heddle.config.ts: redirects[2].to: found 5, …`, but `--accept: found "transfer", …`. */
export function nameSource(mistake: OptionMistake, sources: Sources): string {
  const top = /^\w+/.exec(mistake.option)?.[0] ?? mistake.option;
  const source = sources[top as keyof ServerOptions];
  if (source === undefined) return sentence(mistake);
  if (/[.]/.test(source) || mistake.option !== placeName([top])) return `${source}: ${sentence(mistake)}`;
  return sentence({ ...mistake, option: source });
}
