// Sidecars, which users know as precompressed files: "app.js.br" holds the content of "app.js" coded, made by a build
// or by `heddle precompress`. A sidecar counts if it is at least as new as the file: an older one may hold earlier
// content.

import { closeSpareDescriptor } from "../../files/descriptors.ts";
import type { FileStat, Opened } from "../../files/opener.ts";
import { isSameVersion, isYoung } from "../../files/version.ts";
import { type CheckedFolder, type Folder, Folders, type FoldersOptions, folderOf, isRemembered } from "../folders.ts";
import { settled, type Task } from "../task.ts";
import { CODINGS, type Coding, SIDECAR_EXTENSIONS } from "./coding.ts";

export interface OpenedSidecar extends Pick<Extract<Opened, { kind: "file" }>, "fd" | "stat" | "bytes"> {
  readonly coding: Coding;
  readonly found: FoundSidecar;
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

export interface SidecarFinderOptions extends FoldersOptions {
  /** Opens a file, or reads it at once if it has no more than `limitBytes`; never fails. */
  readonly open: (path: string, limitBytes: number) => Opened | Promise<Opened>;
}

export class SidecarFinder {
  readonly #options: SidecarFinderOptions;
  readonly #folders: Folders;
  /** Of all files without sidecars in a folder that is remembered. */
  readonly #bare = new WeakMap<Folder, Surroundings>();

  constructor(options: SidecarFinderOptions) {
    this.#options = options;
    this.#folders = new Folders(options, isSidecarName);
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
    const folder = yield* this.#folders.lookInTime(folderPath, nowMs);
    const isKnown = isRemembered(folder);
    const names = isKnown ? yield* this.#folders.namesIn(folderPath, folder) : undefined;
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
    if (isKnown && sidecars.length === 0) return { surroundings: this.#bareOf(folder), opened };
    const isFolderYoung = folder !== undefined && !isKnown;
    const isYoungNow = isFolderYoung || sidecars.some((sidecar) => sidecar.isYoung);
    return { surroundings: { folder, isYoung: isYoungNow, sidecars }, opened };
  }

  /** The answer for a file in a folder that is known to have no sidecars at all; undefined says nothing. */
  findNone(path: string, nowMs: number): Surroundings | undefined {
    const folder = this.#folders.lookAt(folderOf(path), nowMs);
    return isRemembered(folder) && folder.names?.size === 0 ? this.#bareOf(folder) : undefined;
  }

  #bareOf(folder: Folder): Surroundings {
    let bare = this.#bare.get(folder);
    if (bare === undefined) {
      bare = { folder, isYoung: false, sidecars: [] };
      this.#bare.set(folder, bare);
    }
    return bare;
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
