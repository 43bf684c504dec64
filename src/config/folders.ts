// Whether the folders that options name are there. The schema cannot know, because it looks at no file.
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import type { SiteOptions } from "../features/site-options.ts";
import type { ResolvedOptions } from "../options.ts";
import { OptionError, placeName } from "./mistakes.ts";

/** @throws {OptionError} for the first that is not a folder that can be read */
export async function checkFolders({ site, sites }: Pick<ResolvedOptions, "site" | "sites">): Promise<void> {
  for (const [place, folder] of [
    ...foldersOf(site, []),
    ...sites.flatMap((one) => foldersOf(one.site, ["sites", one.host])),
  ]) {
    if (!(await isReadable(folder))) throw new OptionError(placeName(place), folder, "a folder that can be read");
  }
}

function foldersOf({ root, mounts = {} }: SiteOptions, above: readonly string[]): [readonly string[], string][] {
  const mounted = Object.entries(mounts).map(([path, folder]): [string[], string] => [
    [...above, "mounts", path],
    folder,
  ]);
  return [[[...above, "root"], root], ...mounted];
}

async function isReadable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.R_OK | constants.X_OK);
    return (await stat(folder)).isDirectory();
  } catch {
    // Missing and unreadable are the same to whoever has to name another.
    return false;
  }
}
