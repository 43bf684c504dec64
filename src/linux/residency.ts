// Whether a part of a file is in the page cache. Where it is not, `sendfile` would wait for the disk, and with it every
// connection of the thread. preadv2(2) with RWF_NOWAIT tells, and a read on libuv's pool brings the part in.
import { read } from "node:fs";
import { EAGAIN, EOPNOTSUPP, errno, libc, RWF_NOWAIT } from "./libc.ts";
import { PinnedAim, PinnedVector } from "./pinned.ts";

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

const probe = new PinnedVector(1);
const aim = new PinnedAim();

/**
 * Checks the first and the last byte: read-ahead brings the pages between them. Where the file system cannot tell
 * (EOPNOTSUPP), the part counts as resident.
 */
export function isResident({ fd }: Pick<CountedFile, "fd">, { start, end }: Slice): boolean {
  return isByteResident(fd, start) && isByteResident(fd, end - 1);
}

/** Fills `bytes` from the beginning of a file. @returns false if the disk would have to be waited for */
export function readWhole(fd: number, bytes: Buffer): boolean {
  if (bytes.length === 0) return true;
  let count = libc.preadv2(fd, aim.at(bytes), 1, 0n, RWF_NOWAIT);
  // The file system cannot tell.
  if (count < 0 && errno() === EOPNOTSUPP) count = libc.preadv2(fd, aim.at(bytes), 1, 0n, 0);
  return count === bytes.length;
}

/** Calls back when the slice has been read once, or reading has failed. The file stays open until then. */
export function warm(file: CountedFile, { start, end }: Slice, onWarm: () => void): void {
  file.retain();
  const scratch = Buffer.allocUnsafeSlow(end - start);
  read(file.fd, scratch, 0, scratch.length, start, () => {
    file.release();
    onWarm();
  });
}

function isByteResident(fd: number, offset: number): boolean {
  return libc.preadv2(fd, probe.address, 1, BigInt(offset), RWF_NOWAIT) >= 0 || errno() !== EAGAIN;
}
