// The address at the other end of a socket: getpeername(2), and struct sockaddr of ip(7) and ipv6(7).
import { addressOfBytes } from "../../http/address.ts";
import { libc } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";

const AF_INET = 2;
const AF_INET6 = 10;
/** struct sockaddr_in6, the larger of the two. */
const ADDRESS_BYTES = 28;

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
  const family = bytes.readUInt16LE(0);
  if (family === AF_INET) return addressOfBytes(bytes, 4, 4);
  return family === AF_INET6 ? addressOfBytes(bytes, 8, 16) : "";
}
