// How long a thread may wait for a name that the kernel does not have in memory yet. To find a name in a folder that was
// used lately takes two microseconds, and is the usual case: a path that leads nowhere is asked for once. A folder that
// must be read from a disk takes milliseconds, and all connections of the thread would wait for them. So the time is
// taken: once the disk has kept us waiting, the pool finds the names for a while. File systems that may wait for a
// network or for another process are never waited for.
import { statfs } from "node:fs";
import { libc, RUSAGE_THREAD } from "../../linux/libc.ts";
import { monotonicMs } from "../../linux/monotonic.ts";
import { Pinned } from "../../linux/pinned.ts";

/** A call that takes longer was slow: it has waited, or another process had the core meanwhile. */
const SLOW_MS = 1;
/** After a slow call, so many calls are watched: whether they wait. */
const WATCHED_COUNT = 1000;
/** How long nothing is waited for after a slow call that has waited. */
const PAUSE_MS = 10_000;

/** The numbers of statfs(2) for file systems that read from a local disk, or from memory. */
const LOCAL_TYPES: ReadonlySet<number> = new Set([
  0xef53, // ext2 to ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xca451a4e, // bcachefs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlayfs, of containers
  0x73717368, // SquashFS
  0xe0f5e1e2, // EROFS
]);

/** struct rusage; the voluntary context switches of the thread are its 17th word. */
const usage = new Pinned(144);
const usageWords = new BigInt64Array(usage.bytes.buffer);

export class Patience {
  #isLocal = false;
  #watchedCount = 0;
  #pausedUntilMs = 0;

  /** @param root absolute; until its file system is known, nothing is waited for */
  constructor(root: string) {
    statfs(root, (cause, stats) => {
      this.#isLocal = cause === null && LOCAL_TYPES.has(Number(stats.type));
    });
  }

  /** Whether a call may wait. */
  get isGranted(): boolean {
    return this.#isLocal && (this.#pausedUntilMs === 0 || monotonicMs() >= this.#pausedUntilMs);
  }

  /** Makes a call that may wait, and takes its time. */
  spend<T>(call: () => T): T {
    const isWatched = this.#watchedCount > 0;
    const waitCount = isWatched ? waitCountOfThread() : 0n;
    const startMs = monotonicMs();
    const result = call();
    const endMs = monotonicMs();
    if (isWatched) this.#watchedCount--;
    if (endMs - startMs > SLOW_MS) {
      this.#watchedCount = WATCHED_COUNT;
      if (isWatched && waitCountOfThread() !== waitCount) this.#pausedUntilMs = endMs + PAUSE_MS;
    }
    return result;
  }
}

/** How often the thread has waited, in a system call, until now. */
function waitCountOfThread(): bigint {
  libc.getrusage(RUSAGE_THREAD, usage.at(0, usage.bytes.length));
  return usageWords[128 / 8]!;
}
