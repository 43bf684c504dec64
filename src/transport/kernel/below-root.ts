// Finds what a path below the root leads to, by openat2(2): the kernel itself stays beneath the root while it walks.
// Never waits for a disk: it takes only what is in memory (RESOLVE_CACHED). Gives a place, an O_PATH descriptor with
// which nothing is opened: no device wakes up. The root may be a link that a deployment swaps, so it is opened anew,
// except that looks which allow for it share one for a moment.
import { closeSync, constants, openSync } from "node:fs";
import { getSystemErrorName } from "node:util";
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
/** Where `Buffer.write` stops when a character does not fit: it never writes a part of one. */
const CHARACTER_LIMIT_BYTES = 4;
/** struct open_how: flags, mode, resolve. */
const HOW_BYTES = 24;

const ROOT_HOW: Pinned = newHow(O_PATH | O_CLOEXEC | constants.O_DIRECTORY, RESOLVE_CACHED);
const BELOW_HOW: Pinned = newHow(O_PATH | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED);

/** The path that is being walked; one serves a thread, as each call is complete when it returns. */
const pathMemory = new Pinned(PATH_LIMIT_BYTES);

export class BelowRoot {
  readonly #root: Pinned;
  readonly #call: Openat2;
  /** The shared one, -1 for none. */
  #rootFd = -1;
  #rootOpenedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param root absolute */
  constructor(root: string, call: Openat2) {
    this.#root = new Pinned(Buffer.byteLength(root) + CHARACTER_LIMIT_BYTES);
    this.#call = call;
    writePath(this.#root, root);
  }

  /**
   * @param toleranceMs the root may be what it was so long ago; 0 for what it is now
   * @param use gets a descriptor that is closed afterwards
   * @returns what `use` gives; undefined when the kernel did not find it at once, or `use` throws
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

  #openRoot(): number {
    return this.#call(AT_FDCWD, this.#root, ROOT_HOW);
  }

  #shareRoot(toleranceMs: number): number {
    const now = performance.now();
    if (this.#rootFd >= 0 && now - this.#rootOpenedMs < toleranceMs) return this.#rootFd;
    this.#letGo();
    const rootFd = this.#openRoot();
    if (rootFd < 0) return rootFd;
    this.#rootFd = adopt(rootFd);
    this.#rootOpenedMs = now;
    // Not for longer, however rarely somebody looks: what is open cannot be unmounted.
    this.#timer = setTimeout(() => this.#letGo(), toleranceMs).unref();
    return this.#rootFd;
  }

  #letGo(): void {
    clearTimeout(this.#timer);
    if (this.#rootFd >= 0) closeSync(this.#rootFd);
    this.#rootFd = -1;
  }
}

/** The same place, as a descriptor that Node closes when its thread dies: Node knows only what it has opened itself. */
function adopt(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, O_PATH | O_CLOEXEC | constants.O_DIRECTORY);
  } catch {
    return -1;
  } finally {
    libc.close(fd);
  }
}

/** Why `call` cannot be used on this system; `undefined` when it can. */
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

/** Writes a path with the NUL that ends it. @returns false when it has one inside, or may not have fitted */
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
