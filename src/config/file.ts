// The file that configures a site: where it is looked for, and what is in it. What is wrong with a file is said so
// that its author knows what to do: the line, and the way out. Whether its options can be used is the schema's affair.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { Worker } from "node:worker_threads";
import { readModulesBySyntax } from "./module-syntax.ts";

/** A program that never ends must not hold up all later readings; in ms. */
const LOAD_TIMEOUT_MS = 30_000;

/** In the order in which the documentation names them; a folder may have one of them. */
const CONFIG_NAMES: readonly string[] = [
  "heddle.config.ts",
  "heddle.config.js",
  "heddle.config.mjs",
  "heddle.config.json",
];

/** A file that cannot be read as a configuration: its message names it, and says what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * @returns the path of the configuration in a folder, if there is one
 * @throws {ConfigError} when there are several
 */
export function findConfig(folder: string): string | undefined {
  const [found, other] = CONFIG_NAMES.filter((name) => existsSync(join(folder, name)));
  if (other !== undefined) {
    throw new ConfigError(`there are ${found} and ${other} in ${folder}: remove one, or name one with --config`);
  }
  return found === undefined ? undefined : join(folder, found);
}

/**
 * What a file says. A program among them runs in this thread, and once: later changes are seen by `loadConfigAgain`.
 * @param file absolute
 * @throws {ConfigError}
 */
export async function loadConfig(file: string): Promise<unknown> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new ConfigError(`${file} does not exist`);
  if (found.isDirectory()) throw new ConfigError(`${file} is a folder: name the file in it`);
  try {
    return extname(file) === ".json" ? readJson(file) : await runProgram(file);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(explainFailure(file, cause), { cause });
  }
}

/** The same, with everything that the file imports read anew: in a thread, which takes it along when it ends. */
export async function loadConfigAgain(file: string, timeoutMs: number = LOAD_TIMEOUT_MS): Promise<unknown> {
  if (extname(file) === ".json") return loadConfig(file);
  const entry = new URL(`./load-thread${extname(import.meta.filename)}`, import.meta.url);
  const { promise, resolve, reject } = Promise.withResolvers<LoadedInThread>();
  const thread = new Worker(entry, { workerData: file });
  thread.once("message", resolve);
  thread.once("error", reject);
  thread.once("exit", () => reject(new ConfigError(`${basename(file)}: it ended the process that was reading it`)));
  const tooLong = new ConfigError(`${basename(file)}: it did not end within ${timeoutMs / 1000} s`);
  const timeout = setTimeout(() => reject(tooLong), timeoutMs).unref();
  try {
    const loaded = await promise;
    if ("failure" in loaded) throw new ConfigError(loaded.failure);
    return loaded.options;
  } finally {
    clearTimeout(timeout);
    void thread.terminate();
  }
}

/** What load-thread.ts says. */
export type LoadedInThread = { readonly options: unknown } | { readonly failure: string };

function readJson(file: string): unknown {
  const text = readFileSync(file, "utf8").replace(/^\ufeff/, "");
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch (error) {
    // What it quotes of the file is of any length, and its lines are counted here.
    const message = (error as Error).message.replace(/,? ?(\.\.\.)?".*" is not valid JSON$/s, "");
    throw new ConfigError(`${basename(file)}${lineOfJson(text)}: it is not JSON: ${message}`, { cause: error });
  }
  if (typeof options !== "object" || options === null || !("$schema" in options)) return options;
  // By it editors find the schema; to us it says nothing.
  const { $schema: _, ...others } = options;
  return others;
}

async function runProgram(file: string): Promise<unknown> {
  using _ = readModulesBySyntax();
  const module: { default?: unknown } = await import(pathToFileURL(file).href);
  const options = await module.default;
  if (options === undefined) {
    throw new ConfigError(`${basename(file)}: it has no default export: write export default defineConfig({ … })`);
  }
  return options;
}

function explainFailure(file: string, cause: unknown): string {
  const name = basename(file);
  if (!(cause instanceof Error)) return `${name}: it threw ${String(cause)}`;
  const { code, message, path } = cause as NodeJS.ErrnoException;
  if (code === "EACCES" && (path === undefined || path === file)) return `${name}: this user may not read it`;
  switch (code) {
    case "ERR_UNKNOWN_FILE_EXTENSION":
      return `${name}: found a name that ends in ${JSON.stringify(extname(file))}, wanted .ts, .js, .mjs or .json`;
    case "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX":
      return `${name}${lineOfStack(cause)}: ${message}: Node.js runs TypeScript by leaving the types out, so write it without, or as heddle.config.js`;
    case "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING":
      return `${name}: Node.js runs no TypeScript below node_modules: name it heddle.config.js`;
    case "ERR_MODULE_NOT_FOUND":
      if (!message.includes("'heddle'")) return `${name}: ${message}`;
      return `${name}: it imports the package heddle, which is not installed beside it: npm install --save-dev heddle, or leave defineConfig out and export the object itself`;
  }
  if (!(cause instanceof SyntaxError)) return `${name}${lineOfStack(cause)}: it threw ${cause.name}: ${message}`;
  return `${name}${lineOfStack(cause) || lineOfCheck(file)}: ${message}`;
}

/** ":3" where the stack says it, and "" where it does not. */
function lineOfStack({ stack = "" }: Error): string {
  return (
    /^(?:\/|[A-Z]:\\|file:).*(:\d+)$/m.exec(stack.split("\n")[0]!)?.[1] ??
    /file:.*?(:\d+):\d+\)?$/m.exec(stack)?.[1] ??
    ""
  );
}

/** Node keeps the line of a module's syntax error for its own last words; so it is made to say them. */
function lineOfCheck(file: string): string {
  try {
    const { stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8", timeout: 10_000 });
    return /^.*(:\d+)$/m.exec(stderr.split("\n")[0]!)?.[1] ?? "";
  } catch {
    return ""; // no processes may be started here
  }
}

/** JSON.parse names no line for most mistakes; nearly all of them are mistakes in JavaScript too. */
function lineOfJson(text: string): string {
  try {
    new Script(`(${text}\n)`, { filename: "json" });
    return "";
  } catch (error) {
    return /^json(:\d+)$/m.exec((error as Error).stack ?? "")?.[1] ?? "";
  }
}
