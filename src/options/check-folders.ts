// Whether the folders that the options name exist. The schema reads no file, so it cannot know.
import { access, constants, stat } from "node:fs";
import { promisify } from "node:util";
import { OptionError, placeName } from "./mistakes.ts";
import type { ResolvedOptions, ResolvedSite } from "./resolved-options.ts";

// By callbacks: these cost half of what the functions of node:fs/promises do.
const statOf = promisify(stat);
const accessOf = promisify(access);

/** @throws {OptionError} for the first one that is not a readable folder */
export async function checkFolders({ site, sites }: Pick<ResolvedOptions, "site" | "sites">): Promise<void> {
  const all = [...foldersOf(site, []), ...sites.flatMap((one) => foldersOf(one.site, ["sites", one.host]))];
  // All at once: a configuration may have a thousand sites.
  const readable = await Promise.all(all.map(([, folder]) => isReadable(folder)));
  const wrong = all[readable.indexOf(false)];
  if (wrong !== undefined) throw new OptionError(placeName(wrong[0]), wrong[1], "a folder that can be read");
}

/** The folders that the options name: those of a mount come and go as roots do. */
export function namedFolders({ site, sites }: Pick<ResolvedOptions, "site" | "sites">): string[] {
  const all = [foldersOf(site, []), ...sites.map((one) => foldersOf(one.site, []))].flat();
  return [...new Set(all.map(([, folder]) => folder))];
}

function foldersOf({ root, mounts }: ResolvedSite, above: readonly string[]): [readonly string[], string][] {
  const mounted = Object.entries(mounts).map(([path, folder]): [string[], string] => [
    [...above, "mounts", path],
    folder,
  ]);
  return [[[...above, "root"], root], ...mounted];
}

async function isReadable(folder: string): Promise<boolean> {
  try {
    const [found] = await Promise.all([statOf(folder), accessOf(folder, constants.R_OK | constants.X_OK)]);
    return found.isDirectory();
  } catch {
    // The same message for a missing and an unreadable folder: in both cases another one has to be named.
    return false;
  }
}
