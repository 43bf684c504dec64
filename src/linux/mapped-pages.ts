// Which pages of a file are in memory, by mincore(2) on a mapping that nobody touches. It costs 4 us, so it is asked only
// where preadv2 does not tell. Since Linux 5.2 mincore says of files that the process neither owns nor may write that all
// of their pages are in memory, so that nobody learns from the page cache what others read. It says so of pages behind
// the end of the file too, and thereby gives itself away.
import { libcPages, MAP_FAILED, MAP_SHARED, PROT_READ } from "./libc.ts";
import { Pinned } from "./pinned.ts";

/** How many pages can be asked for at once: a MiB of the smallest pages, and two. */
const PAGE_LIMIT_COUNT = 258;
/** No file is as long as this. */
const BEHIND_EVERY_FILE: bigint = 2n ** 62n;

const PAGE_BYTES: number = libcPages.getpagesize();
const vector = new Pinned(PAGE_LIMIT_COUNT);

/** Whether all pages of a part are in memory. Undefined where nothing tells, or the part is too long. */
export function arePagesResident(fd: number, start: number, end: number): boolean | undefined {
  const first = Math.floor(start / PAGE_BYTES);
  const count = Math.ceil(end / PAGE_BYTES) - first;
  return askPages(fd, BigInt(first * PAGE_BYTES), count)
    ? vector.bytes.subarray(0, count).every(isResident)
    : undefined;
}

/** The same for a whole file, in one call that also shows whether the answer is true. */
export function isFileResident(fd: number, sizeBytes: number): boolean | undefined {
  const count = Math.ceil(sizeBytes / PAGE_BYTES);
  if (!askPages(fd, 0n, count + 1) || isResident(vector.bytes[count]!)) return undefined;
  return vector.bytes.subarray(0, count).every(isResident);
}

/** Whether the kernel tells this process the truth about the pages of the file. */
export function tellsResidentPages(fd: number): boolean {
  return askPages(fd, BEHIND_EVERY_FILE, 1) && !isResident(vector.bytes[0]!);
}

/** Fills the vector. The mapping costs no memory: it gets pages only when it is read. */
function askPages(fd: number, offset: bigint, count: number): boolean {
  if (count < 1 || count > PAGE_LIMIT_COUNT) return false;
  const length = count * PAGE_BYTES;
  const address = libcPages.mmap(length, PROT_READ, MAP_SHARED, fd, offset);
  if (address === MAP_FAILED) return false;
  const hasTold = libcPages.mincore(address, length, vector.at(0, count)) === 0;
  libcPages.munmap(address, length);
  return hasTold;
}

/** The other bits are reserved. */
function isResident(page: number): boolean {
  return (page & 1) === 1;
}
