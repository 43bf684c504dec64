// The configuration file: finds it and reads it. An error names the line and says what to do, for the author of the
// file. The schema checks its options.
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { JobLostError, runJob } from "../../workers/job-thread.ts";
import { explainJson } from "./json-mistake.ts";
import { readModulesBySyntax } from "./module-syntax.ts";

/** A program that never ends must not block all later readings. */
const LOAD_TIMEOUT_MS = 30_000;

const LOAD_ENTRY = new URL("./load-thread.ts", import.meta.url);

/** In the order of the documentation; a folder may have only one of these. */
const CONFIG_NAMES: readonly string[] = [
  "heddle.config.ts",
  "heddle.config.js",
  "heddle.config.mjs",
  "heddle.config.json",
];

/** A file that cannot be read as a configuration; the message names the file and says what to do. */
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
    throw new ConfigError(`found ${found} and ${other} in ${folder}: remove one, or choose one with --config`);
  }
  return found === undefined ? undefined : join(folder, found);
}

/**
 * Reads a file. A program runs in this thread, and only once: `loadConfigAgain` sees later changes.
 * @param file absolute
 * @throws {ConfigError}
 */
export async function loadConfig(file: string): Promise<unknown> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new ConfigError(`the configuration file ${file} does not exist`);
  if (found.isDirectory()) throw new ConfigError(`${file} is a folder: write the path of a configuration file`);
  try {
    return extname(file) === ".json" ? readJson(file) : await runProgram(file);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(explainFailure(file, cause), { cause });
  }
}

/** Reads a file again, with everything that it imports: in a thread, whose end frees the modules. */
export async function loadConfigAgain(file: string, timeoutMs: number = LOAD_TIMEOUT_MS): Promise<unknown> {
  if (extname(file) === ".json") return loadConfig(file);
  const loaded = await runJob<string, LoadedInThread>(file, { entry: LOAD_ENTRY, jobLimitMs: timeoutMs }).catch(
    (error) => {
      if (!(error instanceof JobLostError)) throw error;
      throw new ConfigError(
        error.reason === "too-long"
          ? `${basename(file)}: the program did not finish within ${timeoutMs / 1000} s`
          : `${basename(file)}: the program ended before it exported its options`,
      );
    },
  );
  if ("failure" in loaded) throw new ConfigError(loaded.failure);
  return loaded.options;
}

/** The answer of load-thread.ts. */
export type LoadedInThread = { readonly options: unknown } | { readonly failure: string };

function readJson(file: string): unknown {
  const text = readFileSync(file, "utf8").replace(/^\ufeff/, "");
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch (error) {
    const { line, reason } = explainJson(text, error as Error);
    throw new ConfigError(`${basename(file)}:${line}: not valid JSON: ${reason}`, { cause: error });
  }
  if (typeof options !== "object" || options === null || !("$schema" in options)) return options;
  // Only for editors, which find the schema by it.
  const { $schema: _, ...others } = options;
  return others;
}

async function runProgram(file: string): Promise<unknown> {
  using _ = readModulesBySyntax();
  const module: { default?: unknown } = await import(pathToFileURL(file).href);
  const options = await module.default;
  if (options === undefined) {
    throw new ConfigError(`${basename(file)}: found no default export: write export default { … }`);
  }
  return options;
}

function explainFailure(file: string, cause: unknown): string {
  const name = basename(file);
  if (!(cause instanceof Error)) return `${name}: the program threw ${String(cause)}`;
  const { code, message, path } = cause as NodeJS.ErrnoException;
  if (code === "EACCES" && (path === undefined || path === file)) return `${name}: this user may not read the file`;
  switch (code) {
    case "ERR_UNKNOWN_FILE_EXTENSION":
      return `${name}: found the extension ${JSON.stringify(extname(file))}, wanted .ts, .js, .mjs or .json`;
    case "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX":
      return `${name}${lineOfStack(cause)}: ${explainSyntax(message)}`;
    case "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING":
      return `${name}: Node.js runs no TypeScript in node_modules: write the file as heddle.config.js`;
    case "ERR_MODULE_NOT_FOUND":
      if (!message.includes("'heddle'")) return `${name}: ${message}`;
      return `${name}: the package heddle is not installed in this project: install it there, or write export default { … } without defineConfig`;
  }
  if (!(cause instanceof SyntaxError))
    return `${name}${lineOfStack(cause)}: the program threw ${cause.name}: ${message}`;
  return `${name}${lineOfStack(cause) || lineOfCheck(file)}: ${message}`;
}

/** @param message "TypeScript enum is not supported in strip-only mode", or a sentence for a few other forms */
function explainSyntax(message: string): string {
  const syntax = /^TypeScript (.*) is not supported/.exec(message)?.[1];
  if (syntax === undefined) return `${message.replace(/\.$/, "")}. Node.js only removes types.`;
  const advice = syntax === "enum" ? "Use a plain object." : "Write the file without it.";
  return `${syntax} is not possible here, because Node.js only removes types. ${advice}`;
}

/** ":3", or "" when the stack names no line. */
function lineOfStack({ stack = "" }: Error): string {
  return (
    /^(?:\/|[A-Z]:\\|file:).*(:\d+)$/m.exec(stack.split("\n")[0]!)?.[1] ??
    /file:.*?(:\d+):\d+\)?$/m.exec(stack)?.[1] ??
    ""
  );
}

/** Node prints the line of a syntax error in a module only when it ends, so another Node checks the file. */
function lineOfCheck(file: string): string {
  try {
    // Loaded for this only.
    const { spawnSync } = process.getBuiltinModule("node:child_process");
    const { stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8", timeout: 10_000 });
    return /^.*(:\d+)$/m.exec(stderr.split("\n")[0]!)?.[1] ?? "";
  } catch {
    return ""; // This process may start no other.
  }
}
