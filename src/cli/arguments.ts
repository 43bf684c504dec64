// From what was typed to ServerOptions, or to what to print instead. A flag beats the environment, the
// environment beats the default. Pure but for the platform's name, which decides what `--accept` can be:
// nothing is printed, no file is looked at, the process does not end here.
import { Command, CommanderError, Option } from "commander";
import { OptionError, RANGES, resolveOptions, type ServerOptions } from "../options.ts";
import { FLAG_GROUPS, type Flag, ROOT, shownDefault } from "./flags.ts";

export type Arguments =
  | { kind: "run"; options: ServerOptions; isQuiet: boolean; sources: Sources }
  | { kind: "exit"; code: number; stdout: string; stderr: string };

/** Where each given option comes from, as its user knows it: `{ port: "PORT", graceMs: "--grace" }`. */
export type Sources = Partial<Record<keyof ServerOptions, string>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What stays as it was written, also when that is a number. */
const TEXTS: ReadonlySet<Flag["field"]> = new Set(["root", "host", "socket"] as const);

/** A value as it was written, before anything is known about it. */
interface Given {
  readonly flag: Flag;
  readonly source: string;
  readonly written: string | true;
}

const EXAMPLES = `
The exit status is 0 after a stop, 1 when the server cannot start (no such
folder, port in use), 2 for a mistake in the options.

Examples:
  heddle                                 serve ./public to this machine
  heddle dist --host 0.0.0.0 --port 80   serve dist to the network`;

/** `argv` without the program's own two. */
export function parseArguments(argv: readonly string[], environment: Environment, version: string): Arguments {
  const printed = { stdout: "", stderr: "" };
  const program = createProgram(version, printed);
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: "exit", code: error.exitCode === 0 ? 0 : 2, ...printed };
  }
  const given = collect(program, environment);
  const options = Object.fromEntries(given.map(({ flag, written }) => [flag.field, read(flag, written)]));
  const mistake = findMistake(options, given);
  if (mistake !== undefined) return { kind: "exit", code: 2, stdout: "", stderr: `heddle: ${mistake}\n` };
  const sources = Object.fromEntries(given.map(({ flag, source }) => [flag.field, source]));
  return { kind: "run", options, isQuiet: program.opts()["quiet"] === true, sources };
}

function createProgram(version: string, printed: { stdout: string; stderr: string }): Command {
  const program = new Command("heddle")
    .description("Serves a folder over HTTP, from several threads.")
    .argument(ROOT.term, describe(ROOT))
    .exitOverride()
    .showHelpAfterError("heddle --help shows every option.")
    .addHelpText("after", EXAMPLES)
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
  for (const [heading, flags] of Object.entries(FLAG_GROUPS)) {
    for (const flag of flags) addFlag(program.optionsGroup(`${heading}:`), flag, version);
  }
  return program;
}

function addFlag(program: Command, flag: Flag, version: string): void {
  if (flag.term.endsWith("--version")) program.version(version, flag.term, flag.meaning);
  else if (flag.term.endsWith("--help")) program.helpOption(flag.term, flag.meaning);
  else program.addOption(new Option(flag.term, describe(flag)));
}

function describe(flag: Flag): string {
  const value = shownDefault(flag);
  const notes: string[] = [];
  if (value !== undefined) notes.push(`default ${value}`);
  if (flag.environment !== undefined) notes.push(`env ${flag.environment}`);
  return notes.length === 0 ? flag.meaning : `${flag.meaning} (${notes.join(", ")})`;
}

/** Commander reads variables from the process itself, so the environment is ours to look at. */
function collect(program: Command, environment: Environment): Given[] {
  const given: Given[] = [];
  if (program.args[0] !== undefined) given.push({ flag: ROOT, source: "root", written: program.args[0] });
  for (const flag of Object.values(FLAG_GROUPS).flat()) {
    if (flag.field === undefined) continue;
    const { long, name } = nameOf(flag);
    const written: string | true | undefined = program.opts()[name];
    const variable = flag.environment === undefined ? undefined : environment[flag.environment];
    if (written !== undefined) given.push({ flag, source: long, written });
    // An empty variable is how shells and compose files say "not set".
    else if (variable) given.push({ flag, source: flag.environment!, written: variable });
  }
  const hasSocket = given.some(({ flag }) => flag.field === "socket");
  return hasSocket ? given.filter((one) => !isAddressOfEnvironment(one)) : given;
}

/** Some shells and hosts set HOST and PORT by themselves; who asks for a Unix socket does not mean them. */
function isAddressOfEnvironment({ flag, source }: Given): boolean {
  return source === flag.environment && (flag.field === "host" || flag.field === "port");
}

function nameOf(flag: Flag): { long: string; name: string } {
  const option = new Option(flag.term);
  return { long: option.long!, name: option.attributeName() };
}

/** What is not the number it should be stays text: options.ts says what is wrong with it. */
function read(flag: Flag, written: string | true): string | number | true {
  if (written === true || TEXTS.has(flag.field)) return written;
  if (flag.isOctal) return /^0?[0-7]{1,3}$/.test(written) ? Number.parseInt(written, 8) : written;
  if (flag.isSeconds) return /^(\d+|\d*\.\d{1,3})$/.test(written) ? Math.round(Number(written) * 1000) : written;
  return /^\d+$/.test(written) ? Number(written) : written;
}

/** The mistake in the words of who made it: `--grace: found "x", wanted …`, not `graceMs: …`. */
function findMistake(options: ServerOptions, given: readonly Given[]): string | undefined {
  try {
    resolveOptions(options);
  } catch (error) {
    const culprit = error instanceof OptionError && given.find(({ flag }) => flag.field === error.option);
    if (!culprit) throw error;
    return `${culprit.source}: found ${JSON.stringify(culprit.written)}, wanted ${wanted(culprit.flag, error)}`;
  }
  return undefined;
}

function wanted({ field, isSeconds, isOctal }: Flag, error: OptionError): string {
  if (isOctal) return "octal digits from 0 to 777, as for chmod";
  if (!isSeconds) return error.wanted;
  const [lowest, highest] = RANGES[field as keyof typeof RANGES];
  return `seconds from ${lowest / 1000} to ${highest / 1000}, with at most three decimals`;
}
