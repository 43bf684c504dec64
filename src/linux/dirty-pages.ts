// Whether a file has pages in memory that are not on the disk yet. A program that has mapped a file (MAP_SHARED) changes
// its times with the first store into a page, and with no further store until the page was written back: as long as a
// page is dirty, the file may change and look the same. cachestat(2) tells: Linux 6.5 and later, of files that the process
// owns or may write. It looks at every page in memory: 12 ns for each.
import { ENOSYS, errno, libcPages } from "./libc.ts";
import { Pinned } from "./pinned.ts";

/** struct cachestat_range: offset and length; struct cachestat: pages in memory, dirty, in writeback, and two more. */
const range = new Pinned(16);
const rangeHalves = new Uint32Array(range.bytes.buffer);
const result = new Pinned(40);
const resultHalves = new Uint32Array(result.bytes.buffer);

/** Once the kernel has said that it has no such call, it is not asked again. */
let isKnown = true;

/** Of a part of an open file; false also where nothing tells. */
export function hasDirtyPages(fd: number, start: number, length: number): boolean {
  if (!isKnown || length === 0) return false;
  writeWord(0, start);
  writeWord(1, length);
  if (libcPages.cachestat(fd, range.at(0, 16), result.at(0, 40)) < 0) {
    isKnown = errno() !== ENOSYS;
    return false;
  }
  // Four halves: dirty, and in writeback.
  return (resultHalves[2]! | resultHalves[3]! | resultHalves[4]! | resultHalves[5]!) !== 0;
}

/** Without a BigInt. Both architectures have the lower half first. */
function writeWord(index: number, value: number): void {
  rangeHalves[index * 2] = value % 2 ** 32;
  rangeHalves[index * 2 + 1] = Math.floor(value / 2 ** 32);
}
