// Folders that were looked at lately, and the names in them that matter. Which files lie next to a file is known from this without
// opening any: adding, removing and renaming a file changes the stat of its folder.
import type { FileStat, Opener } from "../files/opener.ts";
import { isYoung } from "../files/version.ts";
import { settled, type Task } from "./task.ts";

/** A folder as it was at the last check, which many plans share. */
export interface CheckedFolder {
  /** Adding, removing and renaming a file changes it. */
  readonly stat: FileStat;
  /** Wall clock, in ms. */
  checkedMs: number;
}

/** A folder that is remembered: it was not young when it was looked at. */
export interface Folder extends CheckedFolder {
  /** Those that matter; undefined until they are read, and where they cannot be read or are too many. */
  names: ReadonlySet<string> | undefined;
  /** Many files of a folder are often planned at one time: they share one reading. */
  reading: Promise<void> | undefined;
  triedCount: number;
}

export interface FoldersOptions {
  readonly opener: Opener;
  readonly freshness: {
    readonly toleranceMs: number;
    checkedAt(nowMs: number): number;
    isFolderUnchanged(
      folder: CheckedFolder,
      stat: () => FileStat | undefined,
      nowMs: number,
      checkedMs?: number,
    ): boolean;
  };
}

/** Folders that are remembered. Each costs about a kilobyte. */
const FOLDER_COUNT = 4096;
/** Names that are remembered, in all folders. */
const NAMES_LIMIT_COUNT = 65_536;
/** The names in a folder are read when so many of its files were asked for: to try three names costs 5 us, a list more. */
const TRIES_BEFORE_LIST_COUNT = 16;

export class Folders {
  readonly #options: FoldersOptions;
  readonly #matters: (name: string) => boolean;
  readonly #folders = new Map<string, Folder>();
  #nameCount = 0;

  /** @param matters whether a name in a folder is worth to be remembered */
  constructor({ opener, freshness }: FoldersOptions, matters: (name: string) => boolean) {
    this.#options = { opener, freshness };
    this.#matters = matters;
  }

  /** @returns a folder that is remembered, or the stat alone of a folder that is young */
  lookAt(path: string, nowMs: number): Folder | CheckedFolder | undefined {
    const { opener, freshness } = this.#options;
    const known = this.#knownAt(path, nowMs);
    if (known !== undefined) return known;
    const stat = opener.lookAtOnce?.(path, freshness.toleranceMs);
    return this.#noteStat(path, stat, nowMs, freshness.checkedAt(nowMs));
  }

  /** The same for an opener that cannot look at once. */
  *lookInTime(path: string, nowMs: number): Task<Folder | CheckedFolder | undefined> {
    const { opener } = this.#options;
    if (opener.lookAtOnce !== undefined || opener.look === undefined) return this.lookAt(path, nowMs);
    return this.#knownAt(path, nowMs) ?? this.#noteStat(path, yield* settled(opener.look(path)), nowMs, nowMs);
  }

  /** A folder that was looked at lately. */
  #knownAt(path: string, nowMs: number): Folder | undefined {
    const known = this.#folders.get(path);
    const isFresh = known !== undefined && this.#options.freshness.isFolderUnchanged(known, () => undefined, nowMs);
    return isFresh ? known : undefined;
  }

  /** @param stat undefined where it cannot be had */
  #noteStat(
    path: string,
    stat: FileStat | undefined,
    nowMs: number,
    checkedMs: number,
  ): Folder | CheckedFolder | undefined {
    const { freshness } = this.#options;
    const known = this.#folders.get(path);
    if (known !== undefined && freshness.isFolderUnchanged(known, () => stat, nowMs, checkedMs)) return known;
    if (known !== undefined) this.#forget(path, known);
    if (stat === undefined) return undefined;
    const checked = { stat, checkedMs };
    return isYoung(stat, nowMs) ? checked : this.#remember(path, checked);
  }

  #remember(path: string, { stat, checkedMs }: CheckedFolder): Folder {
    const [oldest] = this.#folders.size < FOLDER_COUNT ? [] : this.#folders;
    if (oldest !== undefined) this.#forget(...oldest);
    const folder: Folder = { stat, checkedMs, names: undefined, reading: undefined, triedCount: 0 };
    this.#folders.set(path, folder);
    return folder;
  }

  #forget(path: string, folder: Folder): void {
    this.#folders.delete(path);
    this.#nameCount -= folder.names?.size ?? 0;
  }

  /**
   * Undefined where the names are to be tried. Where files are opened at once, nobody waits for the names. Elsewhere
   * opening three missing names costs more than the rest of a first plan, and the folder is read first.
   */
  *namesIn(path: string, folder: Folder): Task<ReadonlySet<string> | undefined> {
    const { opener } = this.#options;
    if (folder.names !== undefined || opener.names === undefined) return folder.names;
    if (opener.openAtOnce === undefined) {
      folder.reading ??= this.#read(path, folder);
      yield* settled(folder.reading);
    } else if (++folder.triedCount === TRIES_BEFORE_LIST_COUNT) {
      folder.reading = this.#read(path, folder);
    }
    return folder.names;
  }

  async #read(path: string, folder: Folder): Promise<void> {
    const all = await this.#options.opener.names!(path);
    if (all === undefined || this.#folders.get(path) !== folder) return;
    const names = new Set(all.filter(this.#matters));
    if (this.#nameCount + names.size > NAMES_LIMIT_COUNT) return;
    this.#nameCount += names.size;
    folder.names = names;
  }
}

export function isRemembered(folder: CheckedFolder | undefined): folder is Folder {
  return folder !== undefined && "names" in folder;
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash);
}
