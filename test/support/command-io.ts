// Runs a command without a process, and collects its output.
import type { Io } from "../../src/cli/commands/io.ts";

export interface Written {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param cwd the working directory of the command */
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
