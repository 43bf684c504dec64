// `heddle config`: every option as it would be used, and where each comes from, as JSON. Takes what serving takes.
// Hashes of passwords are not shown: what is printed ends up in reports and chats.
import { readSettings, type Settings } from "../config/settings.ts";
import { OPTION_NAMES, type ServerOptions } from "../options.ts";
import { parseArguments } from "./arguments.ts";
import type { Io } from "./commands.ts";
import { settingsFailure } from "./failure.ts";

export async function config(argv: readonly string[], io: Io): Promise<number> {
  const parsed = parseArguments(argv, io.environment, io.version);
  if (parsed.kind === "exit") {
    io.stdout.write(parsed.stdout);
    io.stderr.write(parsed.stderr);
    return parsed.code;
  }
  try {
    const settings = await readSettings(parsed, io.cwd);
    const rows = OPTION_NAMES.map((name) => [
      name,
      { value: valueFor(name, settings) ?? null, from: from(name, settings) },
    ]);
    io.stdout.write(`${JSON.stringify(Object.fromEntries(rows), masked, 2)}\n`);
    return 0;
  } catch (error) {
    io.stderr.write(settingsFailure(error));
    return 2;
  }
}

function from(name: keyof ServerOptions, { sources }: Settings): string {
  return sources[name] === "root" ? "[root]" : (sources[name] ?? "default");
}

function valueFor(name: keyof ServerOptions, { resolved }: Settings): unknown {
  if (name === "threads" && resolved.mode === "per-connection") return resolved.mode;
  return name in resolved ? Reflect.get(resolved, name) : Reflect.get(resolved.site, name);
}

function masked(name: string, value: unknown): unknown {
  if (name !== "users" || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).map((user) => [user, "(not shown)"]));
}
