// What a file system can tell about the pages of its files that are in memory. Linux has no call that tells it everywhere:
//
//   most disks (ext4, XFS, Btrfs)   preadv2(2) with RWF_NOWAIT tells, and cachestat(2) tells which pages are dirty
//   overlayfs, root of containers   RWF_NOWAIT is EOPNOTSUPP, and cachestat says 0; mincore(2) on a mapping tells
//   tmpfs, and others in memory     RWF_NOWAIT is EOPNOTSUPP too; there is no disk, so nothing need be asked
//   FUSE, NFS, FAT and more         RWF_NOWAIT is EOPNOTSUPP; mincore and cachestat tell
//
// The answer is remembered by device, as stat(2) gives it.
import { EOPNOTSUPP, errno, libc, libcPages, RWF_NOWAIT } from "./libc.ts";
import { Pinned, PinnedVector } from "./pinned.ts";

export interface FileSystem {
  /** What tells whether a part of a file is in memory; "nothing" where it always is. */
  readonly residency: "reads" | "mappings" | "nothing";
  /** Whether cachestat tells the truth about dirty pages. */
  readonly tellsDirtyPages: boolean;
}

const DISK: FileSystem = { residency: "reads", tellsDirtyPages: true };
const OVERLAY: FileSystem = { residency: "mappings", tellsDirtyPages: false };
const MEMORY: FileSystem = { residency: "nothing", tellsDirtyPages: false };
const OTHER: FileSystem = { residency: "mappings", tellsDirtyPages: true };

/** By the numbers of statfs(2). */
const BY_TYPE: ReadonlyMap<number, FileSystem> = new Map([
  [0x794c7630, OVERLAY],
  [0x01021994, MEMORY], // tmpfs
  [0x858458f6, MEMORY], // ramfs
  [0x958458f6, MEMORY], // hugetlbfs
]);

/** The number of a device goes to another file system when its own is unmounted. */
const REMEMBERED_MS = 1_000;
/** A root has files on few devices. Overlayfs may have one for each layer. */
const REMEMBERED_COUNT = 64;

const remembered = new Map<bigint, FileSystem>();
/** The one that was asked for last: mostly the next is the same. */
let last: { readonly device: bigint; readonly system: FileSystem } | undefined;
const probe = new PinnedVector(1);
/** struct statfs; its first word is the type. */
const statfs = new Pinned(256);

/** @param device of the open file, as its stat has it */
export function fileSystemOf(fd: number, device: bigint): FileSystem {
  if (last?.device === device) return last.system;
  let system = remembered.get(device);
  if (system === undefined) {
    if (remembered.size >= REMEMBERED_COUNT) remembered.clear();
    // A timer, as reading the clock for each file would cost more than all the rest.
    if (remembered.size === 0) setTimeout(forget, REMEMBERED_MS).unref();
    system = ask(fd);
    remembered.set(device, system);
  }
  last = { device, system };
  return system;
}

function forget(): void {
  remembered.clear();
  last = undefined;
}

function ask(fd: number): FileSystem {
  if (libc.preadv2(fd, probe.address, 1, 0n, RWF_NOWAIT) >= 0 || errno() !== EOPNOTSUPP) return DISK;
  if (libcPages.fstatfs(fd, statfs.at(0, statfs.bytes.length)) < 0) return OTHER;
  return BY_TYPE.get(statfs.bytes.readUInt32LE(0)) ?? OTHER;
}
