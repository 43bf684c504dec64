// `heddle completion <shell>`: the completions of a shell, which travel in the package.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { printable } from "../../telemetry/printable.ts";
import { SHELLS } from "../arguments/usage.ts";
import { PACKAGE_FOLDER } from "../package.ts";
import type { Io } from "./io.ts";

const FILES: Readonly<Record<string, string>> = { bash: "heddle.bash", zsh: "_heddle", fish: "heddle.fish" };

/** @returns the exit status: 0, 2 for another shell */
export async function completion(argv: readonly string[], { stdout, stderr }: Io): Promise<number> {
  const [shell = "", second] = argv;
  const file = Object.hasOwn(FILES, shell) && second === undefined ? FILES[shell] : undefined;
  if (file === undefined) {
    const found = argv.length === 0 ? "" : `, not ${printable(argv.join(" "))}`;
    stderr.write(`heddle: completion takes the name of a shell (${SHELLS.join(", ")})${found}\n`);
    return 2;
  }
  stdout.write(readFileSync(join(PACKAGE_FOLDER, "deploy", "shell", file), "utf8"));
  return 0;
}
