// Sidecars, which users know as precompressed files: "app.js.br" holds the content of "app.js" coded, made by a build
// or by `heddle precompress`. A sidecar counts if it is at least as new as the file: an older one may hold earlier
// content.

import { closeSpareDescriptor } from "../../files/descriptors.ts";
import type { FileStat, Opened, Opener } from "../../files/opener.ts";
import { isSameVersion, isYoung } from "../../files/version.ts";
import { settled, type Task } from "../task.ts";
import { CODINGS, type Coding, SIDECAR_EXTENSIONS } from "./coding.ts";

export interface OpenedSidecar extends Pick<Extract<Opened, { kind: "file" }>, "fd" | "stat" | "bytes"> {
  readonly coding: Coding;
  readonly found: FoundSidecar;
}

/** A folder as it was at the last check, which many plans share. */
export interface CheckedFolder {
  /** Adding, removing and renaming a file changes it. */
  readonly stat: FileStat;
  /** Wall clock, in ms. */
  checkedMs: number;
}

/** Tells whether a file's sidecars are those that were found, without opening any. */
export interface Surroundings {
  /** Undefined where its stat cannot be had at once. */
  readonly folder: CheckedFolder | undefined;
  /** The folder or a sidecar is young: another change may leave no trace. */
  readonly isYoung: boolean;
  /** All sidecars that exist, including those that are too old. */
  readonly sidecars: readonly FoundSidecar[];
}

interface FoundSidecar {
  readonly path: string;
  readonly stat: FileStat;
  readonly isYoung: boolean;
  /** It does not begin as content in its coding does, and is not sent. */
  isMalformed: boolean;
}

export const NO_SURROUNDINGS: Surroundings = { folder: undefined, isYoung: false, sidecars: [] };

/** Folders whose sidecars are remembered. Each costs about a kilobyte. */
const FOLDER_COUNT = 4096;
/** Names of sidecars that are remembered, in all folders. */
const NAMES_LIMIT_COUNT = 65_536;
/** The names in a folder are read when so many of its files were asked for: to try three names costs 5 us, a list more. */
const TRIES_BEFORE_LIST_COUNT = 16;

/** A folder, and the names in it that may be those of sidecars. */
interface Folder extends CheckedFolder {
  /** Undefined until they are read, and where they cannot be read or are too many. */
  names: ReadonlySet<string> | undefined;
  /** Many files of a folder are often planned at one time: they share one reading. */
  reading: Promise<void> | undefined;
  triedCount: number;
  /** Of all its files that have no sidecar. */
  bare: Surroundings;
}

export interface SidecarFinderOptions {
  readonly opener: Opener;
  /** Opens a file, or reads it at once if it has no more than `limitBytes`; never fails. */
  readonly open: (path: string, limitBytes: number) => Opened | Promise<Opened>;
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

export class SidecarFinder {
  readonly #options: SidecarFinderOptions;
  readonly #folders = new Map<string, Folder>();
  #nameCount = 0;

  constructor(options: SidecarFinderOptions) {
    this.#options = options;
  }

  /**
   * The descriptors belong to the caller.
   * @param limitBytes sidecars up to this size may be read at once
   */
  *find(
    path: string,
    stat: FileStat,
    nowMs: number,
    limitBytes: number,
  ): Task<{ surroundings: Surroundings; opened: readonly OpenedSidecar[] }> {
    // Before the sidecars: a file that is added meanwhile makes this stat old.
    const folderPath = folderOf(path);
    const folder = yield* this.#lookInTime(folderPath, nowMs);
    const isKnown = folder !== undefined && "bare" in folder;
    const names = isKnown ? yield* this.#namesIn(folderPath, folder) : undefined;
    const sidecars: FoundSidecar[] = [];
    const opened: OpenedSidecar[] = [];
    for (const coding of CODINGS) {
      const sidecarPath = path + SIDECAR_EXTENSIONS[coding];
      if (names?.has(sidecarPath.slice(sidecarPath.lastIndexOf("/") + 1)) === false) continue;
      const result = yield* settled(this.#options.open(sidecarPath, limitBytes));
      if (result.kind !== "file") continue;
      const isFoundYoung = isYoung(result.stat, nowMs);
      const found = { path: sidecarPath, stat: result.stat, isYoung: isFoundYoung, isMalformed: false };
      sidecars.push(found);
      if (result.stat.mtimeNs >= stat.mtimeNs) opened.push({ ...result, coding, found });
      else closeSpareDescriptor(result.fd);
    }
    if (isKnown && sidecars.length === 0) return { surroundings: folder.bare, opened };
    const isFolderYoung = folder !== undefined && !isKnown;
    const isYoungNow = isFolderYoung || sidecars.some((sidecar) => sidecar.isYoung);
    return { surroundings: { folder, isYoung: isYoungNow, sidecars }, opened };
  }

  /** The answer for a file in a folder that is known to have no sidecars at all; undefined says nothing. */
  findNone(path: string, nowMs: number): Surroundings | undefined {
    const folder = this.#lookAt(folderOf(path), nowMs);
    return folder !== undefined && "bare" in folder && folder.names?.size === 0 ? folder.bare : undefined;
  }

  /** @returns a folder that is remembered, or the stat alone of a folder that is young */
  #lookAt(path: string, nowMs: number): Folder | CheckedFolder | undefined {
    const { opener, freshness } = this.#options;
    const known = this.#knownAt(path, nowMs);
    if (known !== undefined) return known;
    const stat = opener.lookAtOnce?.(path, freshness.toleranceMs);
    return this.#noteStat(path, stat, nowMs, freshness.checkedAt(nowMs));
  }

  /** The same for an opener that cannot look at once. */
  *#lookInTime(path: string, nowMs: number): Task<Folder | CheckedFolder | undefined> {
    const { opener } = this.#options;
    if (opener.lookAtOnce !== undefined || opener.look === undefined) return this.#lookAt(path, nowMs);
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
    const folder: Folder = {
      stat,
      checkedMs,
      names: undefined,
      reading: undefined,
      triedCount: 0,
      bare: NO_SURROUNDINGS,
    };
    folder.bare = { folder, isYoung: false, sidecars: [] };
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
  *#namesIn(path: string, folder: Folder): Task<ReadonlySet<string> | undefined> {
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
    const names = new Set(all.filter(isSidecarName));
    if (this.#nameCount + names.size > NAMES_LIMIT_COUNT) return;
    this.#nameCount += names.size;
    folder.names = names;
  }
}

function isSidecarName(name: string): boolean {
  return Object.values(SIDECAR_EXTENSIONS).some((extension) => name.endsWith(extension));
}

/** Whether the file system says at once that these sidecars are as they were; false also when it does not say. */
export function isUnchanged(sidecars: readonly FoundSidecar[], statAtOnce: StatAtOnce): boolean {
  return sidecars.every((sidecar) => {
    const stat = statAtOnce(sidecar.path);
    return stat !== undefined && isSameVersion(stat, sidecar.stat);
  });
}

type StatAtOnce = (path: string) => FileStat | undefined;

/** Whether these are the sidecars of the last check, with their content; a young one may have changed unseen. */
export function isSameSidecars(former: Surroundings, found: Surroundings): boolean {
  return (
    former.sidecars.length === found.sidecars.length &&
    former.sidecars.every(({ path, stat, isYoung }, index) => {
      const other = found.sidecars[index]!;
      return !isYoung && path === other.path && isSameVersion(stat, other.stat);
    })
  );
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash);
}
