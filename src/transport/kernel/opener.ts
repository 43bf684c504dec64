// Opens files below a root by openat2(2): the kernel itself stays beneath the root while it walks the path. It is
// synchronous, 10 us of CPU where five hops through libuv's pool take 170, and never waits for a disk to find a
// file: it takes only what is in memory (RESOLVE_CACHED). All else is left to the opener that works everywhere,
// which asks the descriptor where it lies and so is as safe: the cold, the missing, the forbidden, what moved
// meanwhile, and links that RESOLVE_BENEATH refuses although they lead back inside. So the two always agree.
import { constants, fstatSync, openSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import { fileStatOf, type Opened, type Opener } from "../../http/file.ts";
import {
  AT_FDCWD,
  errno,
  libc,
  O_CLOEXEC,
  O_PATH,
  RESOLVE_BENEATH,
  RESOLVE_CACHED,
  RESOLVE_NO_MAGICLINKS,
} from "./libc.ts";
import { Pinned } from "./pinned.ts";

/** @returns a descriptor, or the error's number, negated */
export type Openat2 = (dirFd: number, path: Pinned, how: Pinned) => number;

/** What the kernel takes for a path, with the NUL behind it; a longer one is its error, and the fallback's to tell. */
const PATH_LIMIT_BYTES = 4096;
/** struct open_how: flags, mode, resolve. */
const HOW_BYTES = 24;

const ROOT_HOW: Pinned = newHow(O_PATH | O_CLOEXEC | constants.O_DIRECTORY, RESOLVE_CACHED);
const BELOW_HOW: Pinned = newHow(O_PATH | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED);
/** As everywhere: nothing blocks, and no terminal becomes ours. */
const READ_FLAGS: number = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The path that is being opened; one serves a thread, as each call is complete when it returns. */
const pathMemory = new Pinned(PATH_LIMIT_BYTES);

/**
 * @param root absolute; may be a link that a deployment swaps: it is opened anew for each look
 * @param fallback for the same root: answers what the kernel does not answer at once
 * @param onFallback told once, and at once, why the fallback answers everything: ENOSYS or EINVAL before
 * Linux 5.12, EPERM or ENOSYS in a container whose profile does not know openat2
 */
export function createKernelOpener(
  root: string,
  fallback: Opener,
  onFallback: (reason: string) => void,
  call: Openat2 = openat2,
): Opener {
  writePath(pathMemory, "/");
  const disk = call(AT_FDCWD, pathMemory, ROOT_HOW);
  if (disk < 0) {
    onFallback(`openat2: ${getSystemErrorName(disk)}`);
    return fallback;
  }
  libc.close(disk);
  const rootMemory = new Pinned(Buffer.byteLength(root) + 1);
  writePath(rootMemory, root);
  return { open: async (path) => openAtOnce(rootMemory, path, call) ?? (await fallback.open(path)) };
}

/** @returns undefined where the fallback must be asked */
function openAtOnce(rootMemory: Pinned, path: string, call: Openat2): Opened | undefined {
  if (!writePath(pathMemory, path)) return undefined;
  const rootFd = call(AT_FDCWD, rootMemory, ROOT_HOW);
  if (rootFd < 0) return undefined;
  const fd = call(rootFd, pathMemory, BELOW_HOW);
  libc.close(rootFd);
  if (fd < 0) return undefined;
  try {
    return openFound(fd);
  } catch {
    return undefined;
  } finally {
    libc.close(fd);
  }
}

/**
 * Opens for reading what was found, by its descriptor. Not at once by openat2: Node closes what a dying thread has
 * left open, but only what Node itself has opened. And so nothing but regular files is ever opened.
 */
function openFound(fd: number): Opened {
  const stat = fileStatOf(fstatSync(fd, { bigint: true }));
  switch (stat.type) {
    case "folder":
      return { kind: "folder" };
    case "special":
      return { kind: "refused" };
    case "file":
      return { kind: "file", fd: openSync(`/proc/self/fd/${fd}`, READ_FLAGS), stat };
    default:
      return stat.type satisfies never;
  }
}

export function openat2(dirFd: number, path: Pinned, how: Pinned): number {
  const fd = libc.openat2(dirFd, path.at(0, path.bytes.length), how.at(0, HOW_BYTES), HOW_BYTES);
  return fd < 0 ? -errno() : fd;
}

/** Writes a path with the NUL that ends it. @returns false when it has one inside, or does not fit */
function writePath({ bytes }: Pinned, path: string): boolean {
  if (path.includes("\0") || Buffer.byteLength(path) >= bytes.length) return false;
  bytes[bytes.write(path)] = 0;
  return true;
}

function newHow(flags: number, resolve: number): Pinned {
  const how = new Pinned(HOW_BYTES);
  how.bytes.writeBigUInt64LE(BigInt(flags), 0);
  how.bytes.writeBigUInt64LE(BigInt(resolve), 16);
  return how;
}
