// The few file system calls that serving needs, as promises over plain numeric descriptors. We do not use FileHandle:
// many replies and the kernel transport share a descriptor, and a handle that is collected while open is an error.
// System errors become words here, and no other file reads error codes.
import {
  close,
  closeSync,
  constants,
  type Dir,
  fstat,
  fstatSync,
  lstat,
  type OpenDirOptions,
  open,
  opendir,
  read,
  readlink,
  readlinkSync,
  realpath,
  stat,
} from "node:fs";
import { promisify } from "node:util";
import { type FileStat, fileStatOf } from "./opener.ts";

// Non-blocking, so that a FIFO or a device cannot block open(2). O_NOCTTY, so that no terminal becomes the controlling
// terminal of the process. Windows has neither flag.
export const READ_FLAGS: number = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

export const openDescriptor: (path: string, flags: number) => Promise<number> = promisify(open);
export const readLink: (path: string) => Promise<string> = promisify(readlink);
/** For links of /proc, which are on no disk. */
export const readLinkAtOnce: (path: string) => string = (path) => readlinkSync(path);
export const realPath: (path: string) => Promise<string> = promisify(realpath.native);

const fstatAsync = promisify(fstat);
const lstatAsync = promisify(lstat);
const statAsync = promisify(stat);
const opendirAsync = promisify<string, OpenDirOptions, Dir>(opendir);
const readAsync = promisify(read);

export async function statDescriptor(fd: number): Promise<FileStat> {
  return fileStatOf(await fstatAsync(fd, { bigint: true }));
}

/** The kernel has this of an open file in memory, and a hop to libuv's pool costs ten times as much. */
export function statDescriptorAtOnce(fd: number): FileStat {
  return fileStatOf(fstatSync(fd, { bigint: true }));
}

/** What a path leads to at this moment; undefined when that cannot be had. */
export async function statPath(path: string): Promise<FileStat | undefined> {
  try {
    return fileStatOf(await statAsync(path, { bigint: true }));
  } catch {
    return undefined;
  }
}

/** Larger folders are rare, and reading all their names for a hint is not worth it. */
const NAMES_LIMIT_COUNT = 20_000;

/** The names in a folder; `undefined` when they cannot be read, or are too many. */
export async function namesIn(path: string): Promise<readonly string[] | undefined> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendirAsync(path, { bufferSize: 512 })) {
      if (names.push(name) > NAMES_LIMIT_COUNT) return undefined;
    }
    return names;
  } catch {
    return undefined;
  }
}

/** The file that a path names at this moment. Links are not followed. */
export async function identityOf(path: string): Promise<{ dev: bigint; ino: bigint }> {
  return await lstatAsync(path, { bigint: true });
}

/** `length` bytes from the beginning of the file; fewer only if the file is shorter. */
export function readStart(fd: number, length: number): Promise<Buffer> {
  return readPart(fd, 0, length);
}

/** `length` bytes from `start` on; fewer only if the file is shorter. */
export async function readPart(fd: number, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let end = 0;
  while (end < length) {
    const { bytesRead } = await readAsync(fd, bytes, end, length - end, start + end);
    if (bytesRead === 0) break;
    end += bytesRead;
  }
  return bytes.subarray(0, end);
}

/** Never fails: nothing was written to the descriptor, and it is closed even when close(2) reports an error. */
export function closeDescriptor(fd: number): void {
  close(fd, () => {});
}

/**
 * Closes a descriptor at once: libuv's pool costs ten times as much. Only for a close that frees little: another
 * descriptor of the file is open, or the file is small.
 * @param fd -1 where nothing is open
 */
export function closeSpareDescriptor(fd: number): void {
  if (fd < 0) return;
  try {
    closeSync(fd);
  } catch {
    // Errors are ignored, as above.
  }
}

export type SystemOutcome = "missing" | "forbidden" | "special" | "exhausted" | "failed";

/** The one place that reads error codes. */
export function outcomeOf(cause: unknown): SystemOutcome {
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case "ENOENT":
    case "ENOTDIR":
    case "ENAMETOOLONG":
    case "ELOOP":
    // The file system cannot hold such a name.
    case "EINVAL":
    case "EILSEQ":
      return "missing";
    case "EACCES":
    case "EPERM":
      return "forbidden";
    // The errors of open(2) for sockets, for devices that do not exist and, on some systems, for folders.
    case "ENXIO":
    case "ENODEV":
    case "EOPNOTSUPP":
    case "EISDIR":
      return "special";
    // Descriptors or memory are used up, or another process has locked the file: this is temporary.
    case "EMFILE":
    case "ENFILE":
    case "ENOMEM":
    case "EAGAIN":
    case "EBUSY":
      return "exhausted";
    default:
      return "failed";
  }
}
