// `heddle check [file]`: says whether a configuration can be used, and which options it sets. Serves nothing.

import { optionsWithoutEffect } from "../../options/check-effects.ts";
import { missingPages } from "../../options/check-pages.ts";
import { withSiteFiles } from "../../options/site-files/site-files.ts";
import { checkSettingsFolders, readSettings, type Settings } from "../../options/sources/sources.ts";
import { printable } from "../../telemetry/printable.ts";
import { inFlags } from "../arguments/in-flags.ts";
import { settingsFailure, warningLines } from "../failure.ts";
import type { Io } from "./io.ts";
import { parseOrPrint } from "./parse-or-print.ts";

export async function check(argv: readonly string[], io: Io): Promise<number> {
  // Variables count as in serving; the only argument is the file.
  const parsed = parseOrPrint(argv, io);
  if (typeof parsed === "number") return parsed;
  const { root: file, ...options } =
    parsed.sources.root === "root" ? parsed.options : { ...parsed.options, root: undefined };
  const { root: _, ...sources } = parsed.sources;
  try {
    const settings = await readSettings({ options, sources, config: file ?? parsed.config }, io.cwd);
    await checkSettingsFolders(settings);
    const { options: complete, notes, files } = await withSiteFiles(settings.resolved);
    if (settings.file === undefined && files.length === 0) {
      io.stderr.write(
        "heddle: found no heddle.config.ts, .js, .mjs or .json in this folder: write heddle check <file>\n",
      );
      return 2;
    }
    const warnings = [...notes, ...optionsWithoutEffect(complete), ...(await missingPages(complete))];
    io.stderr.write(warningLines(warnings.map((warning) => inFlags(warning, sources))));
    if (settings.file !== undefined) {
      io.stdout.write(`${printable(settings.file)} has no mistakes; it sets ${summary(settings)}.\n`);
    }
    for (const path of files) io.stdout.write(`${printable(path)} is read.\n`);
    return 0;
  } catch (error) {
    io.stderr.write(settingsFailure(error));
    return 2;
  }
}

/** "port, redirects (3), sites (1)". */
function summary({ options, sources, file }: Settings): string {
  const names = Object.entries(options)
    .filter(([name]) => file?.endsWith(Reflect.get(sources, name)))
    .map(([name, value]) => (typeof value === "object" ? `${name} (${Object.keys(value).length})` : name));
  return names.length === 0 ? "nothing" : names.join(", ");
}
