// The few file system calls that content/ makes, as promises over plain numeric descriptors. Not FileHandle:
// a descriptor is shared by many replies and crosses to the kernel transport, and a handle that is collected
// while open is an error of its own. Here too a system error becomes a word, and nothing further in knows errno.
import { close, closeSync, constants, fstat, lstat, open, read, readlink, realpath } from "node:fs";
import { opendir } from "node:fs/promises";
import { promisify } from "node:util";
import { type FileStat, fileStatOf } from "../http/file.ts";

// Non-blocking, so that a FIFO or a device cannot hold the open; and no terminal becomes ours.
// Windows has neither flag.
export const READ_FLAGS: number = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

export const openDescriptor: (path: string, flags: number) => Promise<number> = promisify(open);
export const readLink: (path: string) => Promise<string> = promisify(readlink);
export const realPath: (path: string) => Promise<string> = promisify(realpath.native);

const fstatAsync = promisify(fstat);
const lstatAsync = promisify(lstat);
const readAsync = promisify(read);

export async function statDescriptor(fd: number): Promise<FileStat> {
  return fileStatOf(await fstatAsync(fd, { bigint: true }));
}

/** Folders with more are rare, and reading them all for a hint is not worth it. */
const NAMES_LIMIT_COUNT = 20_000;

/** The names in a folder; `undefined` when it cannot be read, or has too many. */
export async function namesIn(path: string): Promise<readonly string[] | undefined> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(path, { bufferSize: 512 })) {
      if (names.push(name) > NAMES_LIMIT_COUNT) return undefined;
    }
    return names;
  } catch {
    return undefined;
  }
}

/** Which file a path names at this moment; a link names itself. */
export async function identityOf(path: string): Promise<{ dev: bigint; ino: bigint }> {
  return await lstatAsync(path, { bigint: true });
}

/** Up to `length` bytes from the beginning of the file; fewer only where it ends. */
export async function readStart(fd: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let end = 0;
  while (end < length) {
    const { bytesRead } = await readAsync(fd, bytes, end, length - end, end);
    if (bytesRead === 0) break;
    end += bytesRead;
  }
  return bytes.subarray(0, end);
}

/** Never fails: a descriptor that was only read from has nothing to lose, and is gone even when close(2) complains. */
export function closeDescriptor(fd: number): void {
  close(fd, () => {});
}

/**
 * The same without a way through libuv's pool, which costs ten times as much: where it cannot be a file's last close,
 * or little would have to be freed by that.
 */
export function closeSpareDescriptor(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // As above.
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
    // A name that this file system cannot hold.
    case "EINVAL":
    case "EILSEQ":
      return "missing";
    case "EACCES":
    case "EPERM":
      return "forbidden";
    // What open(2) says of sockets, of devices that are not there, and, on some systems, of folders.
    case "ENXIO":
    case "ENODEV":
    case "EOPNOTSUPP":
    case "EISDIR":
      return "special";
    // Descriptors or memory are used up, or another process has the file to itself: it passes.
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
