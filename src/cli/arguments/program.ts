// The command line as commander knows it: its flags, its help, and where it writes.
import { Command, type CommanderError, Option } from "commander";
import { printable } from "../../telemetry/printable.ts";
import { type CommandSyntax, FLAG_GROUPS, type Flag, otherVariableOf, ROOT, shownDefault } from "./flags.ts";
import { foreignLine } from "./foreign-line.ts";
import { type KnownFlag, tooManyArguments, unknownFlag } from "./misuse.ts";
import { COMMANDS } from "./usage.ts";

const AFTER_OPTIONS = `
The exit status is 0 after a stop, 1 when the server cannot start (folder not
found, port in use), and 2 for a mistake in the options.

You can also set every option in heddle.config.ts (.js, .mjs, .json), or by a
variable: HEDDLE_PORT=80, HEDDLE_CLEAN_URLS=true. A flag overrides a variable,
and a variable overrides the file. The server reads the file again when it
changes, and after SIGHUP.

Commands (heddle <command> --help explains each):
${Object.values(COMMANDS)
  .map(({ usage, meaning }) => `  heddle ${usage.padEnd(29)} ${meaning}\n`)
  .join("")}
Examples:
  heddle                                 serve ./public to this machine
  heddle dist --host 0.0.0.0 --port 80   serve dist to the network`;

/** @param printed what commander would print is added to it */
export function createProgram(
  version: string,
  printed: { stdout: string; stderr: string },
  command?: CommandSyntax,
): Command {
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
    program.description("Serves a folder over HTTP with several threads.").addHelpText("after", AFTER_OPTIONS);
  } else {
    program.description(command.description);
    program.argument(command.argument.term, command.argument.meaning);
    for (const flag of command.flags) addFlag(program.optionsGroup("The request:"), flag, version);
  }
  program.argument(ROOT.term, describe(ROOT));
  for (const [heading, flags] of Object.entries(FLAG_GROUPS)) {
    for (const flag of flags) addFlag(program.optionsGroup(`${heading}:`), flag, version);
  }
  return program;
}

/** The last line after a mistake. */
export function helpLine(program: Command): string {
  return `${program.name()} --help shows every option.`;
}

/** A mistake in better words than commander's, or undefined to keep those. */
export function describeMisuse(
  { code, message }: CommanderError,
  argv: readonly string[],
  program: Command,
): string | undefined {
  if (program.registeredArguments.length === 1 && MISUSES.has(code)) {
    const lines = foreignLine(argv, knownFlags(program));
    if (lines !== undefined) return lines.map(printable).join("\nheddle: ");
  }
  const [, quoted = ""] = /^error: (?:unknown )?option '(.*?)'(?: argument missing)?$/s.exec(message) ?? [];
  switch (code) {
    case "commander.excessArguments":
      return program.registeredArguments.length === 1
        ? tooManyArguments(program.args, argv, knownFlags(program))
        : undefined;
    case "commander.missingArgument":
      // Of the commands that are parsed here, only explain has an argument that must be given.
      return `name the address: ${program.name()} /a.html`;
    case "commander.optionMissingArgument":
      return missingValue(quoted);
    case "commander.unknownOption":
      return unknownFlag(quoted, argv, knownFlags(program));
    default:
      return undefined;
  }
}

/** What a line of another server fails by. */
const MISUSES: ReadonlySet<string> = new Set(["commander.excessArguments", "commander.unknownOption"]);

/** @param term "-p, --port <n>" */
function missingValue(term: string): string {
  const written = term.replace(/^-\w, /, "");
  if (written.startsWith("--etag"))
    return "--etag needs a value: write --etag content. ETag is sent without the flag, too";
  return `${written.split(" ")[0]} needs a value: write ${written}`;
}

function knownFlags(program: Command): KnownFlag[] {
  const fields = new Map(Object.values(FLAG_GROUPS).flatMap((flags) => flags.map(({ term, field }) => [term, field])));
  return program.options.map((option) => ({
    long: option.long!,
    short: option.short,
    takesValue: option.required || option.optional,
    isOptional: option.optional,
    field: fields.get(option.flags),
  }));
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
  const details: string[] = [];
  if (value !== undefined) details.push(`default ${value}`);
  const variable = otherVariableOf(flag);
  if (variable !== undefined) details.push(`env ${variable}`);
  return details.length === 0 ? flag.meaning : `${flag.meaning} (${details.join(", ")})`;
}
