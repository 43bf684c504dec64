// `heddle check [file]`: whether a configuration can be used, and which options it sets. Serves nothing.
import { checkFolders } from "../config/folders.ts";
import { missingPages } from "../config/named-pages.ts";
import { readSettings, type Settings } from "../config/settings.ts";
import { withSiteFiles } from "../config/site-files.ts";
import { parseArguments } from "./arguments.ts";
import { printable } from "./banner.ts";
import type { Io } from "./commands.ts";
import { noteLines, settingsFailure } from "./failure.ts";

export async function check(argv: readonly string[], io: Io): Promise<number> {
  // The variables count as they would when it is served; the only argument is the file.
  const parsed = parseArguments(argv, io.environment, io.version);
  if (parsed.kind === "exit") {
    io.stdout.write(parsed.stdout);
    io.stderr.write(parsed.stderr);
    return parsed.code;
  }
  const { root: file, ...options } =
    parsed.sources.root === "root" ? parsed.options : { ...parsed.options, root: undefined };
  const { root: _, ...sources } = parsed.sources;
  try {
    const settings = await readSettings({ options, sources, config: file ?? parsed.config }, io.cwd);
    await checkFolders(settings.resolved);
    const { options: complete, notes, files } = await withSiteFiles(settings.resolved);
    if (settings.file === undefined && files.length === 0) {
      io.stderr.write("heddle: there is no heddle.config.ts, .js, .mjs or .json here: name the file to check\n");
      return 2;
    }
    io.stderr.write(noteLines([...notes, ...(await missingPages(complete))]));
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
