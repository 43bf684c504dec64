// The addresses at both ends of a socket: getpeername(2), getsockname(2), and struct sockaddr of ip(7), ipv6(7) and unix(7).
import { libc } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
/** struct sockaddr_un, the largest of them. */
const ADDRESS_BYTES = 110;
const PATH_OFFSET = 2;

/** The prefix of an IPv4 address on a socket for both families: RFC 4291 §2.5.5.2. */
const MAPPED: Buffer = Buffer.from("00000000000000000000ffff", "hex");

const address = new Pinned(ADDRESS_BYTES);
const length = new Pinned(4);

/** Address and port in words, for the trace. */
export function peerOf(fd: number): string {
  const host = addressOf(fd);
  return host === "" ? "a local socket" : `${host} port ${portIn(address.bytes)}`;
}

/** The numeric address; "" for a local socket, "nowhere" when the peer is gone already. */
export function addressOf(fd: number): string {
  length.bytes.writeInt32LE(ADDRESS_BYTES);
  if (libc.getpeername(fd, address.at(0, ADDRESS_BYTES), length.at(0, 4)) < 0) return "nowhere";
  return hostIn(address.bytes);
}

/** What the peer has connected to: "127.0.0.1:8080", or "unix:" and the path. */
export function listenerOf(fd: number): string {
  length.bytes.writeInt32LE(ADDRESS_BYTES);
  if (libc.getsockname(fd, address.at(0, ADDRESS_BYTES), length.at(0, 4)) < 0) return "";
  const { bytes } = address;
  if (bytes.readUInt16LE(0) === AF_UNIX) return `unix:${pathIn(bytes.subarray(0, length.bytes.readInt32LE(0)))}`;
  const host = hostIn(bytes);
  return `${host.includes(":") ? `[${host}]` : host}:${portIn(bytes)}`;
}

function portIn(bytes: Buffer): number {
  return bytes.readUInt16BE(2);
}

/** "" for a local socket. */
function hostIn(bytes: Buffer): string {
  const host = bytes.subarray(8, 24);
  const family = bytes.readUInt16LE(0);
  if (family === AF_INET) return bytes.subarray(4, 8).join(".");
  if (family !== AF_INET6) return "";
  return host.subarray(0, 12).equals(MAPPED) ? host.subarray(12).join(".") : ipv6(host);
}

/** An abstract socket has a NUL before its name, which is written as "@". */
function pathIn(bytes: Buffer): string {
  const isAbstract = bytes.length > PATH_OFFSET && bytes[PATH_OFFSET] === 0;
  const path = bytes.toString("utf8", isAbstract ? PATH_OFFSET + 1 : PATH_OFFSET);
  return isAbstract ? `@${path}` : path.split("\0", 1)[0]!;
}

/** RFC 5952, as the URL parser writes it. */
function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
