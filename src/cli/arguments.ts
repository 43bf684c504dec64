// From what was typed to ServerOptions, or to what to print instead. A flag beats the environment; both beat the
// file (config/settings.ts). Pure but for the platform's name, which decides what `--accept` can be:
// nothing is printed, no file is looked at, the process does not end here.
import { Command, CommanderError, Option } from "commander";
import type { Given } from "../config/settings.ts";
import {
  OPTION_NAMES,
  OptionError,
  type OptionMistake,
  RANGES,
  resolveOptions,
  type ServerOptions,
} from "../options.ts";
import { type Environment, variableFor, variableNotes } from "./environment.ts";
import {
  COMMANDS,
  type CommandName,
  FLAG_GROUPS,
  type Flag,
  flagOf,
  type OwnWords,
  ROOT,
  shownDefault,
} from "./flags.ts";
import { hintForValue, tooManyWords, unknownFlag } from "./misuse.ts";

export type Arguments =
  | (Given & { kind: "run"; isQuiet: boolean; notes: readonly string[]; own: OwnValues })
  | { kind: "exit"; code: number; stdout: string; stderr: string };

/** A command that takes what serving takes, and words of its own. */
export interface OwnCommand extends OwnWords {
  readonly name: CommandName;
}

/** What was given of them: by the name of the flag, and the argument as "argument". */
export type OwnValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What stays as it was written, also when that is a number. */
const TEXTS: ReadonlySet<keyof ServerOptions> = new Set(["root", "host", "socket"]);

/** The page that `--spa` without one means. */
const SPA_PAGE = "/index.html";

/** A value as it was written, before anything is known about it. */
interface Written {
  readonly field: keyof ServerOptions;
  readonly source: string;
  readonly value: string | boolean | readonly string[];
}

const EXAMPLES = `
The exit status is 0 after a stop, 1 when the server cannot start (no such
folder, port in use), 2 for a mistake in the options.

Every option can also stand in heddle.config.ts (.js, .mjs, .json), or in a
variable: HEDDLE_PORT, HEDDLE_CLEAN_URLS=true. A flag beats a variable, a
variable the file. SIGHUP, or a change of the file, makes it be read again.

Commands, each with a --help of its own:
${Object.values(COMMANDS)
  .map(({ usage, meaning }) => `  heddle ${usage.padEnd(29)} ${meaning}\n`)
  .join("")}
Examples:
  heddle                                 serve ./public to this machine
  heddle dist --host 0.0.0.0 --port 80   serve dist to the network`;

/** `argv` without the program's own two, and without the name of the command. */
export function parseArguments(
  argv: readonly string[],
  environment: Environment,
  version: string,
  command?: OwnCommand,
): Arguments {
  const printed = { stdout: "", stderr: "" };
  const program = createProgram(version, printed, command);
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "exit", code: 0, ...printed };
    const said = misuseOf(error, argv, program);
    const stderr = said === undefined ? printed.stderr : `heddle: ${said}\n${helpLine(program)}\n`;
    return { kind: "exit", code: 2, stdout: "", stderr };
  }
  const [argument, root] = command === undefined ? [undefined, program.args[0]] : program.args;
  const written = collect(program, environment, root);
  const options = Object.fromEntries(written.map((one) => [one.field, read(one)]));
  const mistakes = findMistakes(options, written);
  if (mistakes.length > 0) {
    return { kind: "exit", code: 2, stdout: "", stderr: mistakes.map((mistake) => `heddle: ${mistake}\n`).join("") };
  }
  const { quiet, config } = program.opts<{ quiet?: true; config?: string | false }>();
  return {
    kind: "run",
    options,
    sources: Object.fromEntries(written.map(({ field, source }) => [field, source])),
    config: config ?? (environment["HEDDLE_CONFIG"] || undefined),
    isQuiet: quiet === true,
    notes: variableNotes(environment),
    own: command === undefined ? {} : { ...valuesOf(program, command), argument },
  };
}

function createProgram(version: string, printed: { stdout: string; stderr: string }, command?: OwnCommand): Command {
  const name = command === undefined ? "heddle" : `heddle ${command.name}`;
  const program = new Command(name);
  program
    .exitOverride()
    .showHelpAfterError(helpLine(program))
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => {
        printed.stdout += text;
      },
      writeErr: (text) => {
        printed.stderr += text;
      },
      outputError: (text, write) => write(text.replace(/^error: /, "heddle: ")),
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  if (command === undefined) {
    program.description("Serves a folder over HTTP, from several threads.").addHelpText("after", EXAMPLES);
  } else {
    program.description(`${sentence(COMMANDS[command.name].meaning)} Takes what serving takes, too.`);
    program.argument(command.argument.term, command.argument.meaning);
    for (const flag of command.flags) addFlag(program.optionsGroup("The question:"), flag, version);
  }
  program.argument(ROOT.term, describe(ROOT));
  for (const [heading, flags] of Object.entries(FLAG_GROUPS)) {
    for (const flag of flags) addFlag(program.optionsGroup(`${heading}:`), flag, version);
  }
  return program;
}

function helpLine(program: Command): string {
  return `${program.name()} --help shows every option.`;
}

/** What to say in the place of what commander says. */
function misuseOf({ code, message }: CommanderError, argv: readonly string[], program: Command): string | undefined {
  if (code === "commander.excessArguments" && program.registeredArguments.length === 1)
    return tooManyWords(program.args);
  if (code === "commander.optionMissingArgument" && message.includes("--etag")) {
    return "--etag wants content behind it; entity tags are sent without it, too";
  }
  const [, word] = code === "commander.unknownOption" ? (/^error: unknown option '(.*)'$/s.exec(message) ?? []) : [];
  if (word === undefined) return undefined;
  const fields = new Map(Object.values(FLAG_GROUPS).flatMap((flags) => flags.map(({ term, field }) => [term, field])));
  const known = program.options.map((option) => ({
    long: option.long!,
    takesValue: option.required || option.optional,
    field: fields.get(option.flags),
  }));
  return unknownFlag(word, argv, known);
}

function sentence(meaning: string): string {
  return `${meaning[0]!.toUpperCase()}${meaning.slice(1)}.`;
}

function valuesOf(program: Command, { flags }: OwnCommand): OwnValues {
  const terms = new Set(flags.map(({ term }) => term));
  const names = program.options.filter((option) => terms.has(option.flags)).map((option) => option.attributeName());
  return Object.fromEntries(names.map((name) => [name, program.opts()[name]]));
}

function addFlag(program: Command, flag: Flag, version: string): void {
  if (flag.term.endsWith("--version")) program.version(version, flag.term, flag.meaning);
  else if (flag.term.endsWith("--help")) program.helpOption(flag.term, flag.meaning);
  else program.addOption(withParser(new Option(flag.term, describe(flag)), flag));
}

function withParser(option: Option, { isRepeatable }: Flag): Option {
  return isRepeatable ? option.argParser((value, before: string[] = []) => [...before, value]) : option;
}

function describe(flag: Flag): string {
  const value = shownDefault(flag);
  const notes: string[] = [];
  if (value !== undefined) notes.push(`default ${value}`);
  if (flag.environment !== undefined) notes.push(`env ${flag.environment}`);
  return notes.length === 0 ? flag.meaning : `${flag.meaning} (${notes.join(", ")})`;
}

/** Commander reads variables from the process itself, so the environment is ours to look at. */
function collect(program: Command, environment: Environment, root: string | undefined): Written[] {
  const written = OPTION_NAMES.flatMap((field): Written[] => {
    const flag = flagOf(field);
    if (flag === ROOT && root !== undefined) return [{ field, source: "root", value: root }];
    const option = flag && program.options.find(({ flags }) => flags === flag.term);
    // A flag that says no has a value from the start.
    if (option !== undefined && program.getOptionValueSource(option.attributeName()) === "cli") {
      return [{ field, source: option.long!, value: program.opts()[option.attributeName()] }];
    }
    const variable = variableFor(field, environment);
    return variable === undefined ? [] : [{ field, source: variable, value: environment[variable]! }];
  });
  const hasSocket = written.some(({ field }) => field === "socket");
  return hasSocket ? written.filter((one) => !isAddressOfEnvironment(one)) : written;
}

/** Some shells and hosts set HOST and PORT by themselves; who asks for a Unix socket does not mean them. */
function isAddressOfEnvironment({ source }: Written): boolean {
  return source === "HOST" || source === "PORT";
}

/** What is not what it should be stays text: the schema says what is wrong with it. */
function read({ field, value }: Written): unknown {
  const flag = flagOf(field);
  if (field === "fallback" && (value === true || value === "true")) return SPA_PAGE;
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return field === "auth" ? readUsers(value) : value;
  if (TEXTS.has(field)) return value;
  if (/^[[{]/.test(value)) return parseJson(value);
  if (field === "auth") return readUsers([value]);
  if (value === "true" || value === "false") return value === "true";
  if (flag?.isOctal) return /^0?[0-7]{1,3}$/.test(value) ? Number.parseInt(value, 8) : value;
  if (flag?.isSeconds) return /^(\d+|\d*\.\d{1,3})$/.test(value) ? Math.round(Number(value) * 1000) : value;
  return /^\d+$/.test(value) ? Number(value) : value;
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** "ada:$scrypt$…": the first colon ends the name, as in the field that carries both. */
function readUsers(entries: readonly string[]): unknown {
  const users = entries.map((entry) => {
    const colon = entry.indexOf(":");
    return colon < 0 ? ["", entry] : [entry.slice(0, colon), entry.slice(colon + 1)];
  });
  return { users: Object.fromEntries(users) };
}

/** Mistakes in the words of who made them: `--grace: found "x", wanted …`, not `graceMs: …`. */
function findMistakes(options: ServerOptions, written: readonly Written[]): string[] {
  try {
    resolveOptions(options);
    return [];
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return error.mistakes.map((mistake) => blame(mistake, written));
  }
}

function blame({ option, found, wanted }: OptionMistake, written: readonly Written[]): string {
  const culprit = written.find(({ field }) => field === /^\w+/.exec(option)?.[0])!;
  if (option !== culprit.field) {
    const place = option.slice(culprit.field.length);
    if (culprit.field === "auth") {
      const isJson = typeof culprit.value === "string" && culprit.value.startsWith("{");
      return `${culprit.source}: found ${found}, wanted ${isJson ? "" : "a name, a colon and "}${wanted}`;
    }
    return `${culprit.source}: found ${found} at ${place}, wanted ${wanted}`;
  }
  const { value, field } = culprit;
  const shown = typeof value === "string" && field !== "auth" ? JSON.stringify(value) : found;
  return `${culprit.source}: found ${shown}, wanted ${inUnit(field, wanted)}${hintForValue(culprit.source, value)}`;
}

function inUnit(field: keyof ServerOptions, wanted: string): string {
  const flag = flagOf(field);
  if (flag?.isOctal) return "octal digits from 0 to 777, as for chmod";
  if (!flag?.isSeconds) return wanted;
  const [lowest, highest] = RANGES[field as keyof typeof RANGES];
  return `seconds from ${lowest / 1000} to ${highest / 1000}, with at most three decimals`;
}
