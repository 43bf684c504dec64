// Part of a file to a socket by sendfile(2), which moves pages inside the kernel, without a copy in our memory.
import { libc } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";

/** The `off_t` that sendfile reads and writes. One serves a thread, as each call is complete when it returns. */
const offsetCell = new Pinned(8);
const offsetWords = new Uint32Array(offsetCell.bytes.buffer, 0, 2);

/** @returns how many bytes the socket has taken; 0 where the file ends before them */
export function sendSlice(fd: number, fileFd: number, offset: number, count: number): number {
  offsetWords[0] = offset % 2 ** 32;
  offsetWords[1] = Math.floor(offset / 2 ** 32);
  return libc.sendfile(fd, fileFd, offsetCell.at(0, 8), count);
}
