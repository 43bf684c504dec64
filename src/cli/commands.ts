// The commands beside serving, each loaded when it is asked for. A folder that is called like one is served as ./check.
import { COMMANDS, type CommandName } from "./flags.ts";

export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly cwd: string;
  readonly version: string;
  out(text: string): void;
  error(text: string): void;
}

/** @returns the exit status: 0, or 1 for what went wrong, or 2 for a mistake in what was typed or configured */
export type Run = (argv: readonly string[], io: Io) => Promise<number>;

const LOADERS: Readonly<Record<CommandName, () => Promise<Run>>> = {
  check: async () => (await import("./check.ts")).check,
  config: async () => (await import("./config.ts")).config,
  "hash-password": async () => (await import("./hash-password.ts")).hashPasswordCommand,
};

/** Whether a first word is a command, and not a folder to serve. */
export function isCommand(word: string | undefined): word is CommandName {
  return word !== undefined && Object.hasOwn(LOADERS, word);
}

/** Runs a command, or prints its help when that is asked for. */
export async function runCommand(name: CommandName, argv: readonly string[], io: Io): Promise<number> {
  if (argv.some((word) => word === "-h" || word === "--help")) {
    const { usage, meaning } = COMMANDS[name];
    io.out(`Usage: heddle ${usage}\n\n${meaning[0]!.toUpperCase()}${meaning.slice(1)}.\n`);
    return 0;
  }
  const run = await LOADERS[name]();
  return run(argv, io);
}
