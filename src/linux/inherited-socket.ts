// A socket that another program has opened, given to this process as a descriptor: whether connections can be accepted
// from it, and at which address.
import { SocketAddress } from "node:net";
import { AF_UNIX, SOCK_STREAM } from "./libc.ts";
import { Pinned } from "./pinned.ts";
import { rareCall } from "./rare-calls.ts";

export const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_ACCEPTCONN = 30;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;
const AF_INET = 2;
const AF_INET6 = 10;
/** struct sockaddr_un is the largest. */
const ADDRESS_BYTES = 110;

export interface SocketPlace {
  /** Numeric; or the path of a Unix socket, with "@" in front for a name in the abstract namespace. */
  readonly address: string;
  /** 0 for a Unix socket. */
  readonly port: number;
}

/**
 * Makes it fit for our threads: accept(2) must not wait where another process was quicker, and programs that we start must
 * not inherit it. Both are allowed with the sockets of systemd: sd_listen_fds(3).
 * @throws an error that says what it is, when connections cannot be accepted from it
 */
export function adoptListeningSocket(fd: number): SocketPlace {
  if (optionOf(fd, SO_TYPE) !== SOCK_STREAM) throw new Error("it is no stream socket: write ListenStream= in the unit");
  if (optionOf(fd, SO_ACCEPTCONN) === 0)
    throw new Error("it does not listen: write Accept=no in the unit, or call listen() before the start");
  rareCall("fcntl", fd, F_SETFL, rareCall("fcntl", fd, F_GETFL, 0) | O_NONBLOCK);
  rareCall("fcntl", fd, F_SETFD, FD_CLOEXEC);
  return placeOf(fd);
}

export function optionOf(fd: number, name: number, level: number = SOL_SOCKET): number {
  const value = new Pinned(4);
  const length = new Pinned(4);
  length.bytes.writeUInt32LE(4);
  rareCall("getsockopt", fd, level, name, value.at(0, 4), length.at(0, 4));
  return value.bytes.readInt32LE();
}

export function placeOf(fd: number): SocketPlace {
  const address = new Pinned(ADDRESS_BYTES);
  const length = new Pinned(4);
  length.bytes.writeUInt32LE(ADDRESS_BYTES);
  rareCall("getsockname", fd, address.at(0, ADDRESS_BYTES), length.at(0, 4));
  return parseSocketAddress(address.bytes.subarray(0, Math.min(length.bytes.readUInt32LE(), ADDRESS_BYTES)));
}

/** @param bytes of a struct sockaddr, as long as the kernel says */
export function parseSocketAddress(bytes: Buffer): SocketPlace {
  const family = bytes.readUInt16LE();
  if (family === AF_UNIX) return { address: pathOf(bytes.subarray(2)), port: 0 };
  if (family === AF_INET) return { address: bytes.subarray(4, 8).join("."), port: bytes.readUInt16BE(2) };
  if (family !== AF_INET6) throw new Error(`it belongs to the address family ${family}, and not to IP or Unix sockets`);
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(8 + 2 * index).toString(16));
  const { address } = new SocketAddress({ family: "ipv6", address: groups.join(":") });
  return { address, port: bytes.readUInt16BE(2) };
}

/** A path ends with NUL; an abstract name begins with one, and holds any bytes up to its end. */
function pathOf(bytes: Buffer): string {
  if (bytes.length === 0) return "(unnamed)";
  if (bytes[0] === 0) return `@${bytes.toString("utf8", 1)}`;
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}
