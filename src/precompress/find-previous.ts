// The files of previous releases that browsers may have as dictionaries for a file (RFC 9842): those in the same folder
// whose names differ in the fingerprint only.
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { sha256Of } from "../content/codings/encode.ts";
import { ENCODING_LIMIT_BYTES } from "../content/codings/encoder.ts";
import { versionsOf } from "../features/fields/fingerprint.ts";

export interface PreviousFile {
  readonly path: string;
  /** SHA-256, 64 hexadecimal digits in lower case. */
  readonly hash: string;
}

/** Of each release: more parts of one name are chunks, each a dictionary for one of them at best. The newest count. */
const MOST_COUNT = 4;

/**
 * @param name of the file below its root, with the system's separators
 * @param releases folders
 * @returns none for a file that no dictionary is for, and for one that a release has already
 */
export async function findPrevious(
  name: string,
  releases: readonly string[],
  leastBytes: number,
): Promise<readonly PreviousFile[]> {
  const versions = versionsOf(urlOf(name));
  if (versions === undefined) return [];
  const found = new Map<string, PreviousFile>();
  for (const release of releases) {
    const folder = join(release, dirname(name));
    const names = await readdir(folder).catch(() => []);
    const others = names.map((one) => join(dirname(name), one)).filter((one) => versionsOf(urlOf(one)) === versions);
    if (others.includes(name)) return [];
    for (const path of await newestOf(
      others.map((one) => join(release, one)),
      leastBytes,
    )) {
      const hash = sha256Of(await readFile(path));
      found.set(hash, { path, hash });
    }
  }
  return [...found.values()];
}

function urlOf(name: string): string {
  return name.split(sep).join("/");
}

/** Files of a size that dictionaries have. */
async function newestOf(paths: readonly string[], leastBytes: number): Promise<readonly string[]> {
  const all = await Promise.all(paths.map(async (path) => ({ path, stats: await stat(path) })));
  return all
    .filter(({ stats }) => stats.isFile() && stats.size >= leastBytes && stats.size <= ENCODING_LIMIT_BYTES)
    .sort((a, b) => b.stats.mtimeMs - a.stats.mtimeMs)
    .slice(0, MOST_COUNT)
    .map(({ path }) => path);
}
