// The other end of a stream, in words. A connection in memory has no address.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** The prefix of an IPv4 address on a socket for both families: RFC 4291 §2.5.5.2. */
const MAPPED = /^::ffff:(?=\d+\.)/;

/** Address and port in words, for the trace. */
export function peerOf(stream: Duplex): string {
  return stream instanceof Socket && stream.remoteAddress !== undefined
    ? `${stream.remoteAddress.replace(MAPPED, "")} port ${stream.remotePort}`
    : "memory";
}
