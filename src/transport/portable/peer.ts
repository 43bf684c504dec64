// The other end of a stream, in words. A connection in memory has no address.
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { plainAddress } from "../../http/address.ts";

/** The prefix of an IPv4 address on a socket for both families: RFC 4291 §2.5.5.2. */
const MAPPED = /^::ffff:(?=\d+\.)/;

/** Address and port in words, for the trace. */
export function peerOf(stream: Duplex): string {
  return stream instanceof Socket && stream.remoteAddress !== undefined
    ? `${stream.remoteAddress.replace(MAPPED, "")} port ${stream.remotePort}`
    : "memory";
}

/** Numeric; "" for what has no address. Node tells IPv4 on a socket for both families as IPv6, and the zone of a local address. */
export function addressOf(stream: Duplex): string {
  const address = stream instanceof Socket ? stream.remoteAddress : undefined;
  return address === undefined ? "" : (plainAddress(address) ?? address);
}
