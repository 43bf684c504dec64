// `heddle config`: every option as it would be used, and where each comes from, as JSON. Takes what serving takes.
// Hashes of passwords are not shown: what is printed ends up in reports and chats.
import { isDeepStrictEqual } from "node:util";
import { readSettings, type Settings } from "../config/settings.ts";
import { withSiteFiles } from "../config/site-files.ts";
import { OPTION_NAMES, type ResolvedOptions, type ServerOptions } from "../options.ts";
import { parseArguments } from "./arguments.ts";
import type { Io } from "./commands.ts";
import { noteLines, settingsFailure } from "./failure.ts";

export async function config(argv: readonly string[], io: Io): Promise<number> {
  const parsed = parseArguments(argv, io.environment, io.version);
  if (parsed.kind === "exit") {
    io.stdout.write(parsed.stdout);
    io.stderr.write(parsed.stderr);
    return parsed.code;
  }
  try {
    const settings = await readSettings(parsed, io.cwd);
    const { options, notes } = await withSiteFiles(settings.resolved);
    io.stderr.write(noteLines(notes));
    const rows = OPTION_NAMES.map((name) => [
      name,
      { value: valueFor(name, options) ?? null, from: from(name, settings, options) },
    ]);
    io.stdout.write(`${JSON.stringify(Object.fromEntries(rows), masked, 2)}\n`);
    return 0;
  } catch (error) {
    io.stderr.write(settingsFailure(error));
    return 2;
  }
}

function from(name: keyof ServerOptions, { sources, resolved }: Settings, options: ResolvedOptions): string {
  const source = sources[name] === "root" ? "[root]" : (sources[name] ?? "default");
  if (isDeepStrictEqual(valueFor(name, resolved), valueFor(name, options))) return source;
  return source === "default" ? "files in the root" : `${source}, and files in the root`;
}

function valueFor(name: keyof ServerOptions, resolved: ResolvedOptions): unknown {
  if (name === "threads" && resolved.mode === "per-connection") return resolved.mode;
  return name in resolved ? Reflect.get(resolved, name) : Reflect.get(resolved.site, name);
}

function masked(name: string, value: unknown): unknown {
  if (name !== "users" || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).map((user) => [user, "(not shown)"]));
}
