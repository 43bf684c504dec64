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

export class PreviousReleases {
  readonly #releases: readonly string[];
  readonly #leastBytes: number;
  readonly #folders = new Map<string, Promise<Versions>>();

  /** @param releases folders */
  constructor(releases: readonly string[], leastBytes: number) {
    this.#releases = releases;
    this.#leastBytes = leastBytes;
  }

  /**
   * @param name of the file below its root, with the system's separators
   * @returns none for a file that no dictionary is for, and for one that a release has already
   */
  async find(name: string): Promise<readonly PreviousFile[]> {
    const versions = versionsOf(urlOf(name));
    if (versions === undefined) return [];
    const found = new Map<string, PreviousFile>();
    for (const release of this.#releases) {
      const names = (await this.#versionsIn(join(release, dirname(name)), dirname(name))).get(versions) ?? [];
      if (names.includes(name)) return [];
      const paths = names.map((one) => join(release, one));
      for (const path of await newestOf(paths, this.#leastBytes)) {
        const hash = sha256Of(await readFile(path));
        found.set(hash, { path, hash });
      }
    }
    return [...found.values()];
  }

  /** Each folder is read once, however many files it has. @param folder below its release */
  #versionsIn(path: string, folder: string): Promise<Versions> {
    let versions = this.#folders.get(path);
    if (versions === undefined) {
      versions = readVersions(path, folder);
      this.#folders.set(path, versions);
    }
    return versions;
  }
}

/** The names of files that differ in the fingerprint only, below their release. */
type Versions = ReadonlyMap<string, readonly string[]>;

async function readVersions(path: string, folder: string): Promise<Versions> {
  const names = (await readdir(path).catch(() => [])).map((name) => join(folder, name));
  const versions = new Map<string, string[]>();
  for (const name of names) {
    const key = versionsOf(urlOf(name));
    if (key === undefined) continue;
    const known = versions.get(key);
    if (known === undefined) versions.set(key, [name]);
    else known.push(name);
  }
  return versions;
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
