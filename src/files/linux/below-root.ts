// Finds what a path below the root leads to, by openat2(2): the kernel itself stays beneath the root while it resolves
// the path. It uses only what is in memory (RESOLVE_CACHED); a name that is not there yet is read from the disk only
// where that has proved quick (patience.ts). `at` gives an O_PATH descriptor, which opens no file and wakes no device.
// The root may be a link that a deployment swaps, so it is opened anew for each path, except for callers that tolerate a
// slightly older one.
import { closeSync, constants, openSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import {
  AT_FDCWD,
  ENOENT,
  ENOTDIR,
  EXDEV,
  errno,
  libc,
  O_CLOEXEC,
  O_PATH,
  RESOLVE_BENEATH,
  RESOLVE_CACHED,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_XDEV,
} from "../../linux/libc.ts";
import { monotonicMs } from "../../linux/monotonic.ts";
import { Pinned } from "../../linux/pinned.ts";
import type { FileStat } from "../opener.ts";
import { Patience } from "./patience.ts";
import { identityAt, statAtOnce } from "./stat.ts";

/** @returns a descriptor, or the error's number, negated */
export type Openat2 = (dirFd: number, path: Pinned, how: Pinned) => number;

/** The longest path that the kernel takes, with its NUL. A longer path is left to the fallback. */
const PATH_LIMIT_BYTES = 4096;
/** The longest character in UTF-8. `Buffer.write` never writes a part of one: it may stop so many bytes early. */
const CHARACTER_LIMIT_BYTES = 4;
/** struct open_how: flags, mode, resolve. */
const HOW_BYTES = 24;

const ROOT_HOW: Pinned = newHow(O_PATH | O_CLOEXEC | constants.O_DIRECTORY, RESOLVE_CACHED);
/** As in descriptors.ts: open(2) does not block, and no terminal becomes the controlling terminal. */
const READ_FLAGS: number = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | O_CLOEXEC;
const READ_HOW: Pinned = newHow(READ_FLAGS, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED);
/** Reads names that are not in memory from the disk, but only on the file system of the root. */
const PATIENT_HOW: Pinned = newHow(READ_FLAGS, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
const BELOW_HOW: Pinned = newHow(O_PATH | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED);

/** The path that is being resolved. One serves a thread, as each call is complete when it returns. */
const pathMemory = new Pinned(PATH_LIMIT_BYTES);

export class BelowRoot {
  readonly #root: Pinned;
  readonly #rootPath: string;
  readonly #call: Openat2;
  /** The root that callers share; -1 when there is none. */
  #rootFd = -1;
  #rootOpenedMs = 0;
  #rootIdentity: FileStat | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Undefined until the root was opened. */
  #patience: Patience | undefined;

  /** @param root absolute */
  constructor(root: string, call: Openat2) {
    this.#root = new Pinned(Buffer.byteLength(root) + CHARACTER_LIMIT_BYTES);
    this.#call = call;
    writePath(this.#root, root);
    this.#rootPath = root;
  }

  /**
   * @param toleranceMs how long ago the root may have been opened; 0 for now
   * @param use gets a descriptor that is closed afterwards
   * @returns the result of `use`; undefined when the kernel did not find the path at once, or `use` throws
   */
  at<T>(path: string, toleranceMs: number, use: (fd: number) => T): T | undefined {
    if (!writePath(pathMemory, path)) return undefined;
    const isShared = toleranceMs > 0;
    const rootFd = isShared ? this.#shareRoot(toleranceMs) : this.#openRoot();
    if (rootFd < 0) return undefined;
    const fd = this.#call(rootFd, pathMemory, BELOW_HOW);
    if (!isShared) libc.close(rootFd);
    if (fd < 0) return undefined;
    try {
      return use(fd);
    } catch {
      return undefined;
    } finally {
      libc.close(fd);
    }
  }

  /**
   * Opens a path for reading: a regular file, a folder, or whatever else is there.
   * @param toleranceMs as for `at`
   * @returns a descriptor that the caller closes in the same turn; "missing" if nothing is there; undefined when the
   * kernel does not tell at once
   */
  open(path: string, toleranceMs: number): number | "missing" | undefined {
    if (!writePath(pathMemory, path === "" ? "." : path)) return undefined;
    const isShared = toleranceMs > 0;
    const rootFd = isShared ? this.#shareRoot(toleranceMs) : this.#openRoot();
    if (rootFd < 0) return undefined;
    const fd = this.#openBelow(rootFd, isShared);
    if (!isShared) libc.close(rootFd);
    if (fd >= 0) return fd;
    // A deployment may have swapped the root meanwhile, and removed what the former root had.
    const isMissing = (fd === -ENOENT || fd === -ENOTDIR) && (!isShared || this.#isRootCurrent());
    return isMissing ? "missing" : undefined;
  }

  /** One call mostly: with patience, also for a name that is not in memory yet. */
  #openBelow(rootFd: number, isShared: boolean): number {
    const patience = isShared ? this.#patience : undefined;
    if (patience?.isGranted !== true) return this.#call(rootFd, pathMemory, READ_HOW);
    const fd = patience.spend(() => this.#call(rootFd, pathMemory, PATIENT_HOW));
    return fd === -EXDEV ? this.#call(rootFd, pathMemory, READ_HOW) : fd;
  }

  #isRootCurrent(): boolean {
    const known = this.#rootIdentity;
    if (known === undefined) return false;
    const current = identityAt(this.#root);
    return current !== undefined && current.ino === known.ino && current.dev === known.dev;
  }

  #openRoot(): number {
    return this.#call(AT_FDCWD, this.#root, ROOT_HOW);
  }

  #shareRoot(toleranceMs: number): number {
    const now = monotonicMs();
    if (this.#rootFd >= 0 && now - this.#rootOpenedMs < toleranceMs) return this.#rootFd;
    this.#letGo();
    const rootFd = this.#openRoot();
    if (rootFd < 0) return rootFd;
    const former = this.#rootIdentity;
    this.#rootIdentity = statAtOnce(rootFd);
    // The root may have been swapped for one on another file system.
    if (former?.dev !== this.#rootIdentity?.dev) this.#patience = new Patience(this.#rootPath);
    this.#rootFd = adopt(rootFd);
    this.#rootOpenedMs = now;
    // The root is closed in time even if no other caller comes: a file system with an open folder cannot be unmounted.
    this.#timer = setTimeout(() => this.#letGo(), toleranceMs).unref();
    return this.#rootFd;
  }

  #letGo(): void {
    clearTimeout(this.#timer);
    if (this.#rootFd >= 0) closeSync(this.#rootFd);
    this.#rootFd = -1;
  }
}

/** Opens the same place again by Node, which closes its own descriptors, and no others, when a thread dies. */
function adopt(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, O_PATH | O_CLOEXEC | constants.O_DIRECTORY);
  } catch {
    return -1;
  } finally {
    libc.close(fd);
  }
}

/** Why `call` does not work on this system; `undefined` when it does. */
export function problemOf(call: Openat2): string | undefined {
  writePath(pathMemory, "/");
  const disk = call(AT_FDCWD, pathMemory, ROOT_HOW);
  if (disk < 0) return `openat2: ${getSystemErrorName(disk)}`;
  libc.close(disk);
  return undefined;
}

export function openat2(dirFd: number, path: Pinned, how: Pinned): number {
  const fd = libc.openat2(dirFd, path.at(0, path.bytes.length), how.at(0, HOW_BYTES), HOW_BYTES);
  return fd < 0 ? -errno() : fd;
}

/** Writes a path with its final NUL. @returns false when the path contains a NUL, or may not have fitted */
function writePath({ bytes }: Pinned, path: string): boolean {
  const length = bytes.write(path);
  if (length > bytes.length - CHARACTER_LIMIT_BYTES || path.includes("\0")) return false;
  bytes[length] = 0;
  return true;
}

function newHow(flags: number, resolve: number): Pinned {
  const how = new Pinned(HOW_BYTES);
  how.bytes.writeBigUInt64LE(BigInt(flags), 0);
  how.bytes.writeBigUInt64LE(BigInt(resolve), 16);
  return how;
}
