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

/** The descriptors belong to the caller. @param open never rejects */
export async function openSidecars(
  path: string,
  stat: FileStat,
  opener: Opener,
  open: (path: string) => Promise<Opened>,
  nowMs: number,
): Promise<{ surroundings: Surroundings; opened: OpenedSidecar[] }> {
  // Before the sidecars: what is added meanwhile makes this one old.
  const folder = opener.lookAtOnce?.(folderOf(path), 0);
  const found = await Promise.all(
    CODINGS.map(async (coding) => {
      const sidecarPath = path + SIDECAR_EXTENSIONS[coding];
      return { coding, path: sidecarPath, result: await open(sidecarPath) };
    }),
  );
  const sidecars: { path: string; stat: FileStat }[] = [];
  const opened: OpenedSidecar[] = [];
  for (const { coding, path: sidecarPath, result } of found) {
    if (result.kind !== "file") continue;
    sidecars.push({ path: sidecarPath, stat: result.stat });
    if (result.stat.mtimeNs >= stat.mtimeNs) opened.push({ coding, fd: result.fd, stat: result.stat });
    else closeSpareDescriptor(result.fd);
  }
  return { surroundings: { folder, isYoung: folder !== undefined && isYoung(folder, nowMs), sidecars }, opened };
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
