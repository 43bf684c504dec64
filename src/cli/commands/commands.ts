// The table of commands. Each is loaded when it is asked for. A folder with the name of a command is served as ./check.
import { COMMANDS, type CommandName } from "../arguments/usage.ts";
import type { Io } from "./io.ts";

/** @returns the exit status: 0, 1 when the work failed, 2 for a mistake in the arguments or the configuration */
type Run = (argv: readonly string[], io: Io) => Promise<number>;

const LOADERS: Readonly<Record<CommandName, () => Promise<Run>>> = {
  check: async () => (await import("./check.ts")).check,
  completion: async () => (await import("./completion.ts")).completion,
  config: async () => (await import("./config.ts")).config,
  dictionary: async () => (await import("./dictionary.ts")).dictionary,
  explain: async () => (await import("./explain.ts")).explainCommand,
  "hash-password": async () => (await import("./hash-password.ts")).hashPasswordCommand,
  help: async () => (await import("./help.ts")).help,
  top: async () => (await import("./top.ts")).top,
  trust: async () => (await import("./trust.ts")).trust,
  upgrade: async () => (await import("./upgrade.ts")).upgrade,
  precompress: async () => (await import("./precompress.ts")).precompress,
};

/** True for a first word that is a command, and not a folder to serve. */
export function isCommand(word: string | undefined): word is CommandName {
  return word !== undefined && Object.hasOwn(LOADERS, word);
}

/** Runs a command, or prints its help when the arguments ask for that. */
export async function runCommand(name: CommandName, argv: readonly string[], io: Io): Promise<number> {
  // `heddle help check` is `heddle check --help`.
  if (name === "help" && isCommand(argv[0])) return runCommand(argv[0], ["--help"], io);
  const { usage, help } = COMMANDS[name];
  if (help !== undefined && argv.some((word) => word === "-h" || word === "--help")) {
    io.stdout.write(`Usage: heddle ${usage}\n\n${help}\n`);
    return 0;
  }
  const run = await LOADERS[name]();
  return run(argv, io);
}
