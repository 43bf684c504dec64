// A command of the command line without a process: what it is given, and what it writes.
import type { Io } from "../../src/cli/commands.ts";

export interface Written {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param cwd where it was typed */
export async function runInProcess(
  command: (argv: readonly string[], io: Io) => Promise<number>,
  cwd: string,
  argv: readonly string[],
  environment: Io["environment"] = {},
): Promise<Written> {
  const written = { stdout: "", stderr: "" };
  const output = (name: keyof typeof written): Io["stdout"] => ({
    write: (text) => {
      written[name] += text;
    },
  });
  const io = { environment, cwd, version: "1.2.3", signal: new AbortController().signal };
  const code = await command(argv, { ...io, stdout: output("stdout"), stderr: output("stderr") });
  return { code, ...written };
}
