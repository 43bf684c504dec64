// The address at the other end of a socket: getpeername(2), and struct sockaddr of ip(7) and ipv6(7).
import { libc } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";

const AF_INET = 2;
const AF_INET6 = 10;
/** struct sockaddr_in6, the larger of the two. */
const ADDRESS_BYTES = 28;

/** The prefix of an IPv4 address on a socket for both families: RFC 4291 §2.5.5.2. */
const MAPPED: Buffer = Buffer.from("00000000000000000000ffff", "hex");

const address = new Pinned(ADDRESS_BYTES);
const length = new Pinned(4);

/** Address and port in words, for the trace. */
export function peerOf(fd: number): string {
  const host = addressOf(fd);
  return host === "" ? "a local socket" : `${host} port ${address.bytes.readUInt16BE(2)}`;
}

/** The numeric address; "" for a local socket, "nowhere" when the peer is gone already. */
export function addressOf(fd: number): string {
  length.bytes.writeInt32LE(ADDRESS_BYTES);
  if (libc.getpeername(fd, address.at(0, ADDRESS_BYTES), length.at(0, 4)) < 0) return "nowhere";
  const { bytes } = address;
  const host = bytes.subarray(8, 24);
  const family = bytes.readUInt16LE(0);
  if (family === AF_INET) return bytes.subarray(4, 8).join(".");
  if (family !== AF_INET6) return "";
  return host.subarray(0, 12).equals(MAPPED) ? host.subarray(12).join(".") : ipv6(host);
}

/** RFC 5952, as the URL parser writes it. */
function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
