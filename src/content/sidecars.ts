// Sidecars: files beside a file that hold its content coded ("app.js.br"), made by a build or by `heddle precompress`.
// One counts if it is at least as new as the file, because an older one may be of an earlier content.
import type { FileStat, Opened, Opener } from "../http/file.ts";
import { CODINGS, type Coding, SIDECAR_EXTENSIONS } from "./coding.ts";
import { closeSpareDescriptor } from "./descriptors.ts";
import { isSameVersion, isYoung } from "./validators.ts";

export interface OpenedSidecar {
  readonly coding: Coding;
  readonly fd: number;
  readonly stat: FileStat;
}

/** What tells whether a file's sidecars are those that were found, without opening any. */
export interface Surroundings {
  /** Of the folder: adding, removing and renaming a file changes it. Undefined where that cannot be told at once. */
  readonly folder: FileStat | undefined;
  /** The folder changed so shortly before that another change may have left no trace. */
  readonly isYoung: boolean;
  /** All that are there, those that are too old as well. */
  readonly sidecars: readonly { readonly path: string; readonly stat: FileStat }[];
}

export const NO_SURROUNDINGS: Surroundings = { folder: undefined, isYoung: false, sidecars: [] };

/** Folders whose sidecars are remembered: a site has most of its files in a few. */
const FOLDER_COUNT = 64;

/** What a folder was when it was read, and the names in it that may be of sidecars. */
interface Folder {
  readonly stat: FileStat;
  /** Many files of a folder are often planned at one time: they share one reading. */
  readonly names: Promise<ReadonlySet<string> | undefined>;
}

export class SidecarFinder {
  readonly #opener: Opener;
  readonly #open: (path: string) => Promise<Opened>;
  readonly #folders = new Map<string, Folder>();

  /** @param open `opener.open`, or what makes room for it; never rejects */
  constructor(opener: Opener, open: (path: string) => Promise<Opened>) {
    this.#opener = opener;
    this.#open = open;
  }

  /** The descriptors belong to the caller. */
  async find(
    path: string,
    stat: FileStat,
    nowMs: number,
  ): Promise<{ surroundings: Surroundings; opened: OpenedSidecar[] }> {
    // Before the sidecars: what is added meanwhile makes this one old.
    const folder = this.#opener.lookAtOnce?.(folderOf(path), 0);
    const names =
      folder === undefined || isYoung(folder, nowMs) ? undefined : await this.#namesIn(folderOf(path), folder);
    const sidecars: { path: string; stat: FileStat }[] = [];
    const opened: OpenedSidecar[] = [];
    for (const coding of CODINGS) {
      const sidecarPath = path + SIDECAR_EXTENSIONS[coding];
      if (names?.has(sidecarPath.slice(sidecarPath.lastIndexOf("/") + 1)) === false) continue;
      const result = await this.#open(sidecarPath);
      if (result.kind !== "file") continue;
      sidecars.push({ path: sidecarPath, stat: result.stat });
      if (result.stat.mtimeNs >= stat.mtimeNs) opened.push({ coding, fd: result.fd, stat: result.stat });
      else closeSpareDescriptor(result.fd);
    }
    return { surroundings: { folder, isYoung: folder !== undefined && isYoung(folder, nowMs), sidecars }, opened };
  }

  /** To open three names in vain costs more than all else that a first plan does: the folder is read once instead. */
  async #namesIn(path: string, stat: FileStat): Promise<ReadonlySet<string> | undefined> {
    const known = this.#folders.get(path);
    if (known !== undefined && isSameVersion(known.stat, stat)) return known.names;
    const folder = { stat, names: this.#read(path) };
    const oldest = this.#folders.size < FOLDER_COUNT ? undefined : this.#folders.keys().next().value;
    if (oldest !== undefined) this.#folders.delete(oldest);
    // Last in the order again, if it was there.
    this.#folders.delete(path);
    this.#folders.set(path, folder);
    return folder.names;
  }

  async #read(path: string): Promise<ReadonlySet<string> | undefined> {
    const names = await this.#opener.names?.(path);
    return names && new Set(names.filter(isSidecarName));
  }
}

function isSidecarName(name: string): boolean {
  return Object.values(SIDECAR_EXTENSIONS).some((extension) => name.endsWith(extension));
}

/** Whether a look at once says that nothing has changed; false also when it does not say. */
export function isUnchanged(path: string, { folder, isYoung, sidecars }: Surroundings, look: Look): boolean {
  if (folder === undefined || isYoung) return false;
  const current = look(folderOf(path));
  if (current === undefined || !isSameVersion(current, folder)) return false;
  return sidecars.every((sidecar) => {
    const stat = look(sidecar.path);
    return stat !== undefined && isSameVersion(stat, sidecar.stat);
  });
}

type Look = (path: string) => FileStat | undefined;

export function isSameSidecars(a: Surroundings, b: Surroundings): boolean {
  return (
    a.sidecars.length === b.sidecars.length &&
    a.sidecars.every(({ path, stat }, index) => {
      const other = b.sidecars[index]!;
      return path === other.path && isSameVersion(stat, other.stat);
    })
  );
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash);
}
