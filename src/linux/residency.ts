// Whether a part of a file is in the page cache. Where it is not, `sendfile` would wait for the disk, and with it every
// connection of the thread; a read on libuv's pool brings the part in. What tells it depends on the file system
// (file-systems.ts): preadv2(2) with RWF_NOWAIT on most disks, mincore(2) on overlayfs, and on tmpfs nothing need be asked.
// Where nothing tells, such as for a file on overlayfs that is another user's, each part is read once on the pool, and
// then counts as resident for a while.
import { fstatSync } from "node:fs";
import { ColdReads } from "./cold-reads.ts";
import { type FileSystem, fileSystemOf } from "./file-systems.ts";
import { EAGAIN, EOPNOTSUPP, errno, libc, RWF_NOWAIT } from "./libc.ts";
import { arePagesResident, isFileResident, tellsResidentPages } from "./mapped-pages.ts";
import { monotonicMs } from "./monotonic.ts";
import { PinnedAim, PinnedVector } from "./pinned.ts";
import { WarmedParts } from "./warmed-parts.ts";

/** A part of a file, half-open, in bytes. */
interface Slice {
  readonly start: number;
  readonly end: number;
}

/** An open file whose users are counted. */
interface CountedFile {
  readonly fd: number;
  retain(): void;
  release(): void;
}

/** What is known of an open file that is sent from its descriptor. */
interface Known {
  readonly system: FileSystem;
  /** Undefined where the kernel tells, or has not been asked. */
  warmed: WarmedParts | undefined;
  isAsked: boolean;
}

/** The file as stat(2) names it. */
interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

const probe = new PinnedVector(1);
const aim = new PinnedAim();
/** Of all connections of the thread. */
const coldReads = new ColdReads();
const knownFiles = new WeakMap<Pick<CountedFile, "fd">, Known>();
/** Small files of which nothing tells, and that were read on the pool. */
const warmedFiles = new Map<bigint, number>();
const WARMED_FILE_COUNT = 4096;
/** How long what was read on the pool counts as resident: the kernel may drop it at any time. */
const WARM_LIMIT_MS = 60_000;

/** Whether the part can be sent without waiting for a disk, as far as the system tells. */
export function isResident(file: Pick<CountedFile, "fd">, slice: Slice): boolean {
  const known = knownOf(file);
  const { residency } = known.system;
  if (residency === "nothing") return true;
  const told = residency === "reads" ? tellsByReads(file.fd, slice) : undefined;
  return told ?? isMappingResident(file.fd, known, slice);
}

/**
 * Fills `bytes` from the beginning of a file.
 * @param identity of the file
 * @returns false if the disk would have to be waited for, as far as the system tells
 */
export function readWhole(fd: number, bytes: Buffer, identity: FileIdentity): boolean {
  if (bytes.length === 0) return true;
  const { residency } = fileSystemOf(fd, identity.dev);
  if (residency === "reads") {
    const count = libc.preadv2(fd, aim.at(bytes), 1, 0n, RWF_NOWAIT);
    if (count >= 0 || errno() !== EOPNOTSUPP) return count === bytes.length;
  }
  const isInMemory = residency === "nothing" || (isFileResident(fd, bytes.length) ?? isWarmed(identity));
  return isInMemory && libc.preadv2(fd, aim.at(bytes), 1, 0n, 0) === bytes.length;
}

/** A small file is being read on the pool. Where nothing tells, it counts as resident from now on. */
export function noteRead(identity: FileIdentity): void {
  const [oldest] = warmedFiles.size < WARMED_FILE_COUNT ? [] : warmedFiles.keys();
  if (oldest !== undefined) warmedFiles.delete(oldest);
  warmedFiles.set(keyOf(identity), monotonicMs());
}

/**
 * Calls back when the slice has been read once, or reading has failed. The file stays open until then.
 * @returns a function that takes it back if it has not begun
 */
export function warm(file: CountedFile, slice: Slice, onWarm: () => void): () => void {
  return coldReads.add(file, slice, () => {
    knownFiles.get(file)?.warmed?.add(slice, monotonicMs());
    onWarm();
  });
}

function knownOf(file: Pick<CountedFile, "fd">): Known {
  let known = knownFiles.get(file);
  if (known === undefined) {
    const system = fileSystemOf(file.fd, fstatSync(file.fd, { bigint: true }).dev);
    known = { system, warmed: undefined, isAsked: false };
    knownFiles.set(file, known);
  }
  return known;
}

/**
 * Checks the first and the last byte: read-ahead brings the pages between them. Undefined where the file system does not
 * tell.
 */
function tellsByReads(fd: number, { start, end }: Slice): boolean | undefined {
  return isByteResident(fd, start) && isByteResident(fd, end - 1);
}

function isByteResident(fd: number, offset: number): boolean | undefined {
  if (libc.preadv2(fd, probe.address, 1, BigInt(offset), RWF_NOWAIT) >= 0) return true;
  switch (errno()) {
    case EAGAIN:
      return false;
    case EOPNOTSUPP:
      return undefined;
    // The call that sends says what is wrong.
    default:
      return true;
  }
}

function isMappingResident(fd: number, known: Known, slice: Slice): boolean {
  if (!known.isAsked) {
    known.isAsked = true;
    if (!tellsResidentPages(fd)) known.warmed = new WarmedParts(WARM_LIMIT_MS);
  }
  if (known.warmed !== undefined) return known.warmed.has(slice, monotonicMs());
  return arePagesResident(fd, slice.start, slice.end) === true;
}

function isWarmed(identity: FileIdentity): boolean {
  const readMs = warmedFiles.get(keyOf(identity));
  return readMs !== undefined && monotonicMs() - readMs < WARM_LIMIT_MS;
}

/** Inode numbers have 64 bits, and devices fit into 44. */
function keyOf({ dev, ino }: FileIdentity): bigint {
  return (dev << 64n) | ino;
}
