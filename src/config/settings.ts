// One configuration out of three: what was given on the command line and in the environment beats the file, option by
// option, and what nobody names has its default. Remembers where each came from, so that a mistake can be told to
// whoever made it.
import { basename, dirname, resolve } from "node:path";
import {
  OptionError,
  type OptionMistake,
  type ResolvedOptions,
  resolveOptions,
  type ServerOptions,
} from "../options.ts";
import { findConfig, loadConfig } from "./file.ts";
import { placeName, sentence } from "./mistakes.ts";

/** Where each option comes from, as its user knows it: `{ port: "PORT", graceMs: "--grace", root: "heddle.config.ts" }`. */
export type Sources = Partial<Record<keyof ServerOptions, string>>;

/** What was given by other means than a file. */
export interface Given {
  readonly options: ServerOptions;
  readonly sources: Sources;
  /** A file that was named; false for none; undefined for the one in the working directory, if there is one. */
  readonly config: string | false | undefined;
}

export interface Settings {
  readonly options: ServerOptions;
  /** What relative paths in `options` are relative to. */
  readonly folder: string;
  /** Absolute path of the file that was read. */
  readonly file: string | undefined;
  readonly sources: Sources;
  readonly resolved: ResolvedOptions;
}

/** The variables that some shells and hosts set by themselves. */
const COMMON_VARIABLES: ReadonlySet<string | undefined> = new Set(["HOST", "PORT"]);

/**
 * @param load how a file is read: the first time, or once more
 * @throws {ConfigError} for a file that cannot be read
 * @throws {SettingsError} for options that are not what they must be
 */
export async function readSettings(given: Given, cwd: string, load: typeof loadConfig = loadConfig): Promise<Settings> {
  const file =
    given.config === undefined ? findConfig(cwd) : given.config === false ? undefined : resolve(cwd, given.config);
  const name = file === undefined ? "" : basename(file);
  const found = file === undefined ? {} : await load(file);
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new SettingsError([
      `${name}: found ${Array.isArray(found) ? "a list" : typeof found}, wanted an object of options`,
    ]);
  }
  const folder = file === undefined ? cwd : dirname(file);
  const { options, sources } = merge(absolute(given.options, cwd), given.sources, found, name);
  try {
    return { options, folder, file, sources, resolved: resolveOptions(options, folder) };
  } catch (error) {
    throw withSources(error, sources);
  }
}

/** An error of options, told to whoever made the mistakes; any other as it is. */
export function withSources(error: unknown, sources: Sources): unknown {
  if (!(error instanceof OptionError)) return error;
  const lines = error.mistakes.map((mistake) => blame(mistake, sources));
  return new SettingsError(lines, { cause: error });
}

/** Options that are not what they must be, each mistake in words, with its source. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly lines: readonly string[];

  constructor(lines: readonly string[], options?: ErrorOptions) {
    super(lines.join("\n"), options);
    this.lines = lines;
  }
}

/** Paths on the command line are relative to where it was typed. */
function absolute(options: ServerOptions, cwd: string): ServerOptions {
  const { root, socket } = options;
  return {
    ...options,
    ...(root !== undefined && { root: resolve(cwd, root) }),
    ...(socket !== undefined && { socket: resolve(cwd, socket) }),
  };
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
    // Where to listen is one question with two answers: a port that is asked for here displaces a socket from the
    // file, and the other way round.
    if (value === undefined || (isDisplaced(option, givenSources) && !Object.hasOwn(given, option))) continue;
    options[option] = value;
    sources[option] = name;
  }
  for (const [option, value] of Object.entries(given)) {
    const source = givenSources[option as keyof ServerOptions];
    if (options["socket"] !== undefined && COMMON_VARIABLES.has(source)) continue;
    options[option] = value;
    if (source !== undefined) sources[option] = source;
  }
  return { options, sources };
}

function isDisplaced(option: string, given: Sources): boolean {
  if (option === "host" || option === "port") return given.socket !== undefined;
  if (option !== "socket") return false;
  return [given.host, given.port].some((source) => source !== undefined && !COMMON_VARIABLES.has(source));
}

/** `heddle.config.ts: redirects[2].to: found 5, …`, but `--accept: found "transfer", …`. */
function blame(mistake: OptionMistake, sources: Sources): string {
  const top = /^\w+/.exec(mistake.option)?.[0] ?? mistake.option;
  const source = sources[top as keyof ServerOptions];
  if (source === undefined) return sentence(mistake);
  if (/[.]/.test(source) || mistake.option !== placeName([top])) return `${source}: ${sentence(mistake)}`;
  return sentence({ ...mistake, option: source });
}
