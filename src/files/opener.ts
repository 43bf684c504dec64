// What a path below the root leads to, and the interface that finds out. There are two openers: containment.ts works
// everywhere, linux/opener.ts by system calls of Linux. This file has plain data and makes no call.

/** The type of an open file, and the numbers that tell its versions apart. */
export interface FileStat {
  readonly type: "file" | "folder" | "special";
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
  /**
   * Set when pages of the file in memory were not on the disk yet: a program that has mapped the file may change them
   * without new times. Only an opener that can tell sets it, of a file that it has opened.
   */
  readonly hasDirtyPages?: true;
}

export type Opened =
  /**
   * A regular file below the root. The descriptor belongs to the caller. `openAtOnce` may read the file instead: then
   * `bytes` is the whole content and `fd` is -1. In every other case nothing is left open.
   */
  | { readonly kind: "file"; readonly fd: number; readonly stat: FileStat; readonly bytes?: Buffer }
  | { readonly kind: "folder" }
  | { readonly kind: "missing" }
  /** We lack the permission to read it. */
  | { readonly kind: "forbidden"; readonly cause?: unknown }
  /**
   * Outside the root, or a FIFO, socket or device. For a peer this is the same as missing: we do not tell what is
   * outside.
   */
  | { readonly kind: "refused" }
  /** No descriptor or memory is left, or there is no root at this moment. It may succeed later. */
  | { readonly kind: "unavailable"; readonly cause: unknown }
  | { readonly kind: "failed"; readonly cause: unknown };

/** A folder that can be read, or why it cannot. */
export type OpenedFolder =
  /**
   * A descriptor that belongs to the caller. Where a folder cannot be read by a descriptor, its real path, which was
   * below the root just now.
   */
  { readonly kind: "folder"; readonly folder: number | string } | Exclude<Opened, { readonly kind: "file" | "folder" }>;

export interface Opener {
  /** @param path as `resolvePath` gives it: relative, no dot segments. Never rejects. */
  open(path: string): Promise<Opened>;
  /**
   * The same, if it is to be had without waiting for a disk. `undefined` says nothing. What is missing is missing below
   * the root as it is now, whatever is tolerated. Never throws.
   */
  openAtOnce?(path: string, how: OpenAtOnce): Opened | undefined;
  /**
   * What the path leads to below the root, if we can tell at once. `undefined` says nothing. Never throws.
   * @param toleranceMs how long ago the root, but not the path below it, may have been resolved; 0 for now
   */
  lookAtOnce?(path: string, toleranceMs: number): FileStat | undefined;
  /** The stat of the folder that a path leads to, for openers that cannot look at once. Never rejects. */
  look?(path: string): Promise<FileStat | undefined>;
  /**
   * The names in a folder below the root; `undefined` when they cannot be read, or are too many. They are a hint about
   * what to open, and never an answer: the path may lead to a folder outside the root. Never rejects.
   */
  names?(path: string): Promise<readonly string[] | undefined>;
  /** Opens a folder for reading. Anything else is missing. Never rejects. */
  openFolder?(path: string): Promise<OpenedFolder>;
  /** Whether a path is never served, even if the file exists. Left out when no path is hidden. */
  isHidden?(path: string): boolean;
  /** The bytes of an open file, and its stat after reading; `undefined` if that would wait for a disk. Never throws. */
  readAtOnce?(fd: number, sizeBytes: number): { readonly bytes: Buffer; readonly stat: FileStat } | undefined;
}

export interface OpenAtOnce {
  /** How long ago the root, but not the path below it, may have been resolved; 0 for now. */
  readonly toleranceMs: number;
  /** Files up to this size are read, and closed again; -1 reads none. */
  readonly readLimitBytes: number;
}

/** The result of fstat(2), with 64-bit numbers, as Node gives it. */
interface SystemStat {
  isFile(): boolean;
  isDirectory(): boolean;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
}

export function fileStatOf(stats: SystemStat): FileStat {
  const { size, mtimeNs, ctimeNs, ino, dev } = stats;
  const type = stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "special";
  return { type, sizeBytes: Number(size), mtimeNs, ctimeNs, ino, dev };
}
