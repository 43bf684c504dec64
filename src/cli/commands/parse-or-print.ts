// The arguments of a command; or the end of the command, after its help, the version or a mistake was printed.
import { type Arguments, parseArguments } from "../arguments/parse.ts";
import { rootFailure } from "../failure.ts";
import type { Io } from "./io.ts";

/** @returns the exit status when there is nothing more to do */
export function parseOrPrint(
  argv: readonly string[],
  { environment, version, stdout, stderr }: Io,
  command?: Parameters<typeof parseArguments>[3],
): (Arguments & { kind: "run" }) | number {
  const parsed = parseArguments(argv, environment, version, command);
  if (parsed.kind === "run") return parsed;
  stdout.write(parsed.stdout);
  stderr.write(parsed.stderr + rootFailure(parsed.root));
  return parsed.code;
}
