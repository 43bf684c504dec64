// Whether the folders that the options name exist. The schema reads no file, so it cannot know.
import { access, constants, stat } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { mistakeAt, OptionError, type OptionMistake, type Path } from "./mistakes.ts";
import type { ResolvedOptions, ResolvedSite } from "./resolved-options.ts";

// By callbacks: these cost half of what the functions of node:fs/promises do.
const statOf = promisify(stat);
const accessOf = promisify(access);

type Sites = Pick<ResolvedOptions, "site" | "sites">;

/** @throws {OptionError} for those that are no readable folders */
export async function checkFolders({ site, sites }: Sites): Promise<void> {
  const shown = { ...site, sites: Object.fromEntries(sites.map((one) => [one.host, one.site])) };
  const mistakes = await mistakesOf(shown, placesOf(shown));
  if (mistakes.length > 0) throw new OptionError(mistakes);
}

/**
 * The same for options that have other mistakes, so that the user learns of all of them at once.
 * @param options as they were written, of any shape
 * @param folder base of relative folders
 */
export async function folderMistakes(options: unknown, folder: string): Promise<OptionMistake[]> {
  const found = placesOf(options).filter(([, named]) => typeof named === "string" && !/^$|\0/.test(named));
  return mistakesOf(
    options,
    found.map(([place, named]) => [place, resolve(folder, String(named))]),
  );
}

/** The folders that the options name: those of a mount come and go as roots do. */
export function namedFolders({ site, sites }: Sites): string[] {
  const folders = ({ root, mounts }: ResolvedSite): string[] => [root, ...Object.values(mounts)];
  return [...new Set([site, ...sites.map((one) => one.site)].flatMap(folders))];
}

type Place<Folder> = readonly [place: Path, folder: Folder];

function placesOf(options: ResolvedSite & { readonly sites: object }): Place<string>[];
function placesOf(options: unknown): Place<unknown>[];
function placesOf(options: unknown): Place<unknown>[] {
  const { root, mounts, sites } = fieldsOf(options);
  return [
    ...(root === undefined ? [] : [[["root"], root] as const]),
    ...Object.entries(fieldsOf(mounts)).map(([path, folder]) => [["mounts", path], folder] as const),
    ...Object.entries(fieldsOf(sites)).flatMap(([host, site]) =>
      placesOf(site).map(([place, folder]) => [["sites", host, ...place], folder] as const),
    ),
  ];
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

async function mistakesOf(options: unknown, places: readonly Place<string>[]): Promise<OptionMistake[]> {
  // All at once: a configuration may have a thousand sites.
  const problems = await Promise.all(places.map(([, folder]) => problemOf(folder)));
  return places.flatMap(([place, folder], index) => {
    const problem = problems[index];
    if (problem === undefined) return [];
    return [{ ...mistakeAt(options, place, `a folder that can be read (${problem})`), found: JSON.stringify(folder) }];
  });
}

async function problemOf(folder: string): Promise<string | undefined> {
  try {
    const found = await statOf(folder);
    if (!found.isDirectory()) return "it is a file";
    await accessOf(folder, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code = "an error" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "it does not exist";
    return code === "EACCES" || code === "EPERM" ? "this user may not read it" : code;
  }
}
