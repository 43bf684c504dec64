// From the words of a command line to ServerOptions, or to the text to print instead. A flag overrides the environment,
// and both override the file (options/sources/sources.ts). Prints nothing, looks at no file and does not end the
// process; only the platform's name is read, which decides what `--accept` can be, and the process's own number, for which
// systemd opens sockets.
import { type Command, CommanderError } from "commander";
import type { Given } from "../../options/sources/sources.ts";
import { type Environment, variableWarnings } from "./environment.ts";
import {
  type CommandSyntax,
  SANDBOX_VARIABLE,
  type SandboxMode,
  SERVER_LOG_VARIABLE,
  type ServerLogForm,
} from "./flags.ts";
import { createProgram, describeMisuse, helpLine } from "./program.ts";
import { collectWritten, readValue } from "./values.ts";
import { findMistakes } from "./wrong-values.ts";

export type Arguments =
  | (Given & {
      kind: "run";
      isQuiet: boolean;
      sandbox: SandboxMode;
      serverLog: ServerLogForm;
      warnings: readonly string[];
      own: CommandValues;
    })
  | {
      kind: "exit";
      code: number;
      stdout: string;
      stderr: string;
      /** The folder of the command line, when other arguments have mistakes: it may have one, too. */
      root?: string;
    };

/** The values of a command's own flags, by name; the value of its argument as "argument". */
export type CommandValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/** `argv` without the program's own two, and without the name of the command. */
export function parseArguments(
  argv: readonly string[],
  environment: Environment,
  version: string,
  command?: CommandSyntax,
): Arguments {
  const printed = { stdout: "", stderr: "" };
  const program = createProgram(version, printed, command);
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "exit", code: 0, ...printed };
    const misuse = describeMisuse(error, argv, program);
    const stderr = misuse === undefined ? printed.stderr : `heddle: ${misuse}\n${helpLine(program)}\n`;
    return { kind: "exit", code: 2, stdout: "", stderr };
  }
  const [argument, root] = command === undefined ? [undefined, program.args[0]] : program.args;
  const written = collectWritten(program, environment, root);
  const options = Object.fromEntries(written.map((one) => [one.field, readValue(one)]));
  const mistakes = findMistakes(options, written);
  const { quiet, config, sandbox: typed, serverLog: form } = program.opts<OwnFlags>();
  const sandbox = typed ?? (environment[SANDBOX_VARIABLE] || "auto");
  if (!isSandboxMode(sandbox)) {
    const source = typed === undefined ? SANDBOX_VARIABLE : "--sandbox";
    mistakes.push(`${source}: found ${JSON.stringify(sandbox)}, wanted "auto", "strict" or "off"`);
  }
  const serverLog = form ?? (environment[SERVER_LOG_VARIABLE] || "words");
  if (!isServerLogForm(serverLog)) {
    const source = form === undefined ? SERVER_LOG_VARIABLE : "--server-log";
    mistakes.push(`${source}: found ${JSON.stringify(serverLog)}, wanted "words" or "json"`);
  }
  if (mistakes.length > 0 || !isSandboxMode(sandbox) || !isServerLogForm(serverLog)) {
    const stderr = mistakes.map((mistake) => `heddle: ${mistake}\n`).join("");
    return { kind: "exit", code: 2, stdout: "", stderr, ...(root !== undefined && { root }) };
  }
  return {
    kind: "run",
    options,
    sources: Object.fromEntries(written.map(({ field, source }) => [field, source])),
    config: config ?? (environment["HEDDLE_CONFIG"] || undefined),
    isQuiet: quiet === true,
    sandbox,
    serverLog,
    warnings: variableWarnings(environment),
    own: command === undefined ? {} : { ...valuesOf(program, command), argument },
  };
}

/** Flags that set no option. */
interface OwnFlags {
  readonly quiet?: true;
  readonly config?: string | false;
  readonly sandbox?: string;
  readonly serverLog?: string;
}

function isSandboxMode(word: string): word is SandboxMode {
  return word === "auto" || word === "strict" || word === "off";
}

function isServerLogForm(word: string): word is ServerLogForm {
  return word === "words" || word === "json";
}

function valuesOf(program: Command, { flags }: CommandSyntax): CommandValues {
  const terms = new Set(flags.map(({ term }) => term));
  const names = program.options.filter((option) => terms.has(option.flags)).map((option) => option.attributeName());
  return Object.fromEntries(names.map((name) => [name, program.opts()[name]]));
}
