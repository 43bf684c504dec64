// How many connections wait in the queue of a listening TCP socket. Linux tells it where it tells the segments of a
// connection that are not acknowledged: tcp_get_info() in net/ipv4/tcp.c, and what `ss -l` shows as Recv-Q.
import { IPPROTO_TCP } from "./libc.ts";
import { Pinned } from "./pinned.ts";
import { rareCall } from "./rare-calls.ts";

const TCP_INFO = 11;
/** Up to tcpi_unacked, and a few words more. */
const INFO_BYTES = 64;
const UNACKED_OFFSET = 24;

/** @returns undefined for a socket of another kind */
export function countWaiting(fd: number): number | undefined {
  const info = new Pinned(INFO_BYTES);
  const length = new Pinned(4);
  length.bytes.writeUInt32LE(INFO_BYTES);
  try {
    rareCall("getsockopt", fd, IPPROTO_TCP, TCP_INFO, info.at(0, INFO_BYTES), length.at(0, 4));
  } catch {
    return undefined;
  }
  return info.bytes.readUInt32LE(UNACKED_OFFSET);
}
