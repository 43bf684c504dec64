// `heddle check [file]`: says whether a configuration can be used, and which options it sets. Serves nothing.

import { optionsWithoutEffect } from "../../options/check-effects.ts";
import { missingPages } from "../../options/check-pages.ts";
import { OptionError } from "../../options/mistakes.ts";
import { withSiteFiles } from "../../options/site-files/site-files.ts";
import { checkSettingsFolders, readSettings, type Settings, SettingsError } from "../../options/sources/sources.ts";
import { printable } from "../../telemetry/printable.ts";
import { checkCertificates } from "../../threads/supervisor/certificates.ts";
import { inFlags } from "../arguments/in-flags.ts";
import { settingsFailure, unusable, warningLines } from "../failure.ts";
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
    const [folders, certificates] = await Promise.allSettled([
      checkSettingsFolders(settings),
      readCertificates(settings),
    ]);
    const failures = [folders, certificates].flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    if (certificates.status === "rejected" || folders.status === "rejected") {
      io.stderr.write(failures.map(settingsFailure).join(""));
      return 2;
    }
    const { options: complete, notes, files } = await withSiteFiles(settings.resolved);
    if (settings.file === undefined && files.length === 0) {
      io.stderr.write(
        "heddle: found no heddle.config.ts, .js, .mjs or .json in this folder: write heddle check <file>\n",
      );
      return 2;
    }
    const missing = await missingPages(complete);
    const warnings = [...notes, ...optionsWithoutEffect(complete), ...missing, ...certificates.value];
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

/**
 * The certificates of the user; those that the server makes or gets by itself are there when it has started.
 * @returns warnings
 */
async function readCertificates({ resolved, sources }: Settings): Promise<string[]> {
  const { tls, acme, localAuthority, root } = resolved;
  if (tls === undefined || acme !== undefined || localAuthority !== undefined) return [];
  try {
    return await checkCertificates(tls);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new SettingsError(error.mistakes.map((mistake) => unusable(mistake, root, sources)));
  }
}

/** Options whose entries are as many as the user wants; those of others are fields of one thing. */
const MANY: ReadonlySet<string> = new Set(["mounts", "errorPages", "sites", "limits"]);

/** "port, redirects (3), sites (1)". */
function summary({ options, sources, file }: Settings): string {
  const names = Object.entries(options)
    .filter(([name]) => file?.endsWith(Reflect.get(sources, name)))
    .map(([name, value]) =>
      Array.isArray(value) || MANY.has(name) ? `${name} (${Object.keys(value as object).length})` : name,
    );
  return names.length === 0 ? "nothing" : names.join(", ");
}
