// What a path below the root turned out to be, and whoever finds out. Here, and not with the file system calls,
// because two folders that do not know each other do that: `content/` in the way that works everywhere, and
// `transport/kernel/` by a system call of Linux. Plain data, and no call is made here.

/** What an open descriptor is, and what tells one version of one file from another. */
export interface FileStat {
  readonly type: "file" | "folder" | "special";
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
}

export type Opened =
  /** A regular file below the root. The descriptor belongs to the caller; in every other case nothing is left open. */
  | { readonly kind: "file"; readonly fd: number; readonly stat: FileStat }
  | { readonly kind: "folder" }
  | { readonly kind: "missing" }
  /** The file system does not let us read it. */
  | { readonly kind: "forbidden" }
  /** Outside of the root, or a FIFO, socket or device. To a peer the same as missing: what lies outside is not told. */
  | { readonly kind: "refused" }
  /** No descriptor or memory left, or no root at this moment: it may go well later. */
  | { readonly kind: "unavailable"; readonly cause: unknown }
  | { readonly kind: "failed"; readonly cause: unknown };

/** A folder that can be read, or why not: the same words. */
export type OpenedFolder =
  /**
   * A descriptor that belongs to the caller, or, where no descriptor can be read as a folder, its real path, which was
   * below the root just now.
   */
  { readonly kind: "folder"; readonly folder: number | string } | Exclude<Opened, { readonly kind: "file" | "folder" }>;

export interface Opener {
  /** @param path as `resolvePath` gives it: relative, no dot segments. Never rejects. */
  open(path: string): Promise<Opened>;
  /**
   * What the path leads to below the root, where that can be told at once; `undefined` says nothing. Never throws.
   * @param toleranceMs the root itself, but not what is below, may be what it was so long ago; 0 for what it is now
   */
  lookAtOnce?(path: string, toleranceMs: number): FileStat | undefined;
  /**
   * The names in a folder below the root; `undefined` when they cannot be read, or are too many. A hint about what to
   * open, never an answer: it may be of a folder outside that was moved in. Never rejects.
   */
  names?(path: string): Promise<readonly string[] | undefined>;
  /** The folder itself, to be read. What is no folder is missing. Never rejects. */
  openFolder?(path: string): Promise<OpenedFolder>;
  /** Whether a path is never served, though it may be there; `undefined` where none is such. */
  isHidden?(path: string): boolean;
  /** A whole open file, with its stat after that, where no disk has to be waited for; `undefined` otherwise. Never throws. */
  readAtOnce?(fd: number, sizeBytes: number): { readonly bytes: Buffer; readonly stat: FileStat } | undefined;
}

/** What fstat(2) says, with 64-bit numbers, as Node gives it. */
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
