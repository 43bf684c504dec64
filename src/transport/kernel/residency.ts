// Whether a part of a file is in the page cache: `sendfile` waits for the disk where it is not, and with it every
// connection of the thread. preadv2(2) with RWF_NOWAIT tells; warming it is a read on libuv's pool.
import { read } from "node:fs";
import type { FileSlice, OpenFile } from "../../http/message.ts";
import { EAGAIN, errno, libc, RWF_NOWAIT } from "./libc.ts";
import { PinnedVector } from "./pinned.ts";

const probe = new PinnedVector(1);

/**
 * Looks at the first and the last byte: pages between them come with read-ahead. A file system that cannot tell
 * (EOPNOTSUPP) counts as resident, as it would be without this.
 */
export function isResident(file: Pick<OpenFile, "fd">, { start, end }: FileSlice): boolean {
  return isByteResident(file.fd, start) && isByteResident(file.fd, end - 1);
}

/** Calls back when the slice has been read once, or cannot be; the file stays open till then. */
export function warm(file: OpenFile, { start, end }: FileSlice, onWarm: () => void): void {
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
