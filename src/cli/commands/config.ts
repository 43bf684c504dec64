// `heddle config`: every option as serving would use it, and its source, as JSON. Takes the options of serving.
// Hashes of passwords and keys are not shown, because people paste the output into reports and chats.
import { isDeepStrictEqual } from "node:util";
import { SITE_DEFAULTS } from "../../options/defaults.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { OPTION_NAMES } from "../../options/schema/schema.ts";
import type { ServerOptions } from "../../options/server-options.ts";
import { withSiteFiles } from "../../options/site-files/site-files.ts";
import { readSettings, type Settings } from "../../options/sources/sources.ts";
import { settingsFailure, warningLines } from "../failure.ts";
import type { Io } from "./io.ts";
import { parseOrPrint } from "./parse-or-print.ts";

export async function config(argv: readonly string[], io: Io): Promise<number> {
  const parsed = parseOrPrint(argv, io);
  if (typeof parsed === "number") return parsed;
  try {
    const settings = await readSettings(parsed, io.cwd);
    const { options, notes } = await withSiteFiles(settings.resolved);
    io.stderr.write(warningLines(notes));
    const rows = OPTION_NAMES.map((name) => [
      name,
      { value: shownFor(name, options) ?? null, from: from(name, settings, options) },
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

/** Permissions are read in octal digits, as a program writes them. */
function shownFor(name: keyof ServerOptions, options: ResolvedOptions): unknown {
  const value = valueFor(name, options);
  return name === "socketMode" ? `0o${Number(value).toString(8)}` : value;
}

function valueFor(name: keyof ServerOptions, resolved: ResolvedOptions): unknown {
  if (name === "threads" && resolved.mode === "per-connection") return resolved.mode;
  if (name === "tls" && resolved.acme !== undefined) return { acme: resolved.acme };
  if (name in resolved) return Reflect.get(resolved, name);
  // What is switched off is shown as it is written: false.
  return Reflect.get(resolved.site, name) ?? Reflect.get(SITE_DEFAULTS, name);
}

function masked(name: string, value: unknown): unknown {
  if (name === "hmacKey") return "(not shown)";
  if (name !== "users" || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).map((user) => [user, "(not shown)"]));
}
