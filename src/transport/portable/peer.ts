// The two ends of a stream, in words. A connection in memory has neither address.
import { isIPv6, Socket } from "node:net";
import type { Duplex } from "node:stream";

/** The prefix of an IPv4 address on a socket for both families: RFC 4291 §2.5.5.2. */
const MAPPED = /^::ffff:(?=\d+\.)/;

/** Address and port in words, for the trace. */
export function peerOf(stream: Duplex): string {
  return stream instanceof Socket && stream.remoteAddress !== undefined
    ? `${stream.remoteAddress.replace(MAPPED, "")} port ${stream.remotePort}`
    : "memory";
}

/** What the peer has connected to: "127.0.0.1:8080"; "" where that is no address. */
export function listenerOf(stream: Duplex): string {
  if (!(stream instanceof Socket) || stream.localAddress === undefined) return "";
  const host = stream.localAddress.replace(MAPPED, "");
  return `${isIPv6(host) ? `[${host}]` : host}:${stream.localPort}`;
}
