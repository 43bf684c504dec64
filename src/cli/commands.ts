// The commands beside serving, each loaded when it is asked for. A folder that is called like one is served as ./check.
import { COMMANDS, type CommandName } from "./flags.ts";

export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly cwd: string;
  readonly version: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Ends what takes long; aborted by Ctrl+C. */
  readonly signal: AbortSignal;
}

/** The part of a terminal, or of any stream, that is used. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** @returns the exit status: 0, or 1 for what went wrong, or 2 for a mistake in what was typed or configured */
type Run = (argv: readonly string[], io: Io) => Promise<number>;

const LOADERS: Readonly<Record<CommandName, () => Promise<Run>>> = {
  check: async () => (await import("./check.ts")).check,
  config: async () => (await import("./config.ts")).config,
  explain: async () => (await import("./explain.ts")).explainCommand,
  "hash-password": async () => (await import("./hash-password.ts")).hashPasswordCommand,
  precompress: async () => (await import("./precompress.ts")).precompress,
};

/** Whether a first word is a command, and not a folder to serve. */
export function isCommand(word: string | undefined): word is CommandName {
  return word !== undefined && Object.hasOwn(LOADERS, word);
}

/** Runs a command, or prints its help when that is asked for. */
export async function runCommand(name: CommandName, argv: readonly string[], io: Io): Promise<number> {
  const { usage, meaning, hasOwnHelp = false } = COMMANDS[name];
  if (!hasOwnHelp && argv.some((word) => word === "-h" || word === "--help")) {
    io.stdout.write(`Usage: heddle ${usage}\n\n${meaning[0]!.toUpperCase()}${meaning.slice(1)}.\n`);
    return 0;
  }
  const run = await LOADERS[name]();
  return run(argv, io);
}
