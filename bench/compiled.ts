// The small C programs of the bench, compiled when they are needed.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isInstalled } from "./load.ts";

/** Path of the program, undefined without a compiler. */
export function compiled(name: "floor" | "steady" | "evict", folder: string): string | undefined {
  if (!isInstalled("gcc")) return undefined;
  const program = join(folder, name);
  if (!existsSync(program)) execFileSync("gcc", ["-O2", "-o", program, join(import.meta.dirname, `${name}.c`)]);
  return program;
}
