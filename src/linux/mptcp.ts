// Sockets for Multipath TCP (RFC 8684), mptcp(7). node:net cannot make one, but listens on one that exists. Clients of plain
// TCP connect to it as before: what accept(2) gives for them is a plain TCP socket.
import { constants } from "node:os";
import { optionOf, SOL_SOCKET } from "./inherited-socket.ts";
import { IPPROTO_TCP, libc, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, systemError, TCP_NODELAY } from "./libc.ts";
import { Pinned } from "./pinned.ts";
import { rareCall } from "./rare-calls.ts";

export const IPPROTO_MPTCP = 262;
const SO_REUSEADDR = 2;
export const SO_REUSEPORT = 15;
const SO_PROTOCOL = 38;
const SO_DOMAIN = 39;
const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
/** struct sockaddr_in6 is the larger one. */
const ADDRESS_BYTES = 28;

/** What socket(2) answers, and why. */
const OBSTACLES = new Map([
  [constants.errno.ENOPROTOOPT, "net.mptcp.enabled is 0"],
  [constants.errno.EPROTONOSUPPORT, "this kernel was built without it"],
  // Before Linux 5.6, no protocol had so large a number.
  [constants.errno.EINVAL, "this kernel is older than Linux 5.6"],
]);

/**
 * @param calls libc; only tests give another
 * @returns why there are no such sockets here, or none that serve well; undefined where there are
 */
export function findMptcpObstacle(calls: Pick<typeof libc, "socket" | "setsockopt"> = libc): string | undefined {
  const fd = calls.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
  if (fd < 0) {
    const { errno, code } = systemError("socket");
    return OBSTACLES.get(-errno!) ?? `the system refuses such sockets (${code})`;
  }
  try {
    setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1, calls);
    return undefined;
  } catch {
    // A short end of a reply would wait for an acknowledgement, 40 ms.
    return "this kernel is older than Linux 5.17, which brought TCP_NODELAY for it";
  } finally {
    libc.close(fd);
  }
}

/** As `bindBeside`, for Multipath TCP. */
export function bindMultipath(boundFd: number): number {
  return bindBeside(boundFd, IPPROTO_MPTCP);
}

/**
 * A second socket at the address of one that is bound, and allows that: by SO_REUSEADDR while it does not listen, or by
 * SO_REUSEPORT.
 * @returns its descriptor
 * @throws the system's error
 */
export function bindBeside(boundFd: number, protocol: number): number {
  const family = optionOf(boundFd, SO_DOMAIN);
  const fd = libc.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (fd < 0) throw systemError("socket");
  try {
    copyOption(boundFd, fd, SOL_SOCKET, SO_REUSEADDR);
    copyOption(boundFd, fd, SOL_SOCKET, SO_REUSEPORT);
    if (family === AF_INET6) copyOption(boundFd, fd, IPPROTO_IPV6, IPV6_V6ONLY);
    const address = new Pinned(ADDRESS_BYTES);
    const length = new Pinned(4);
    length.bytes.writeUInt32LE(ADDRESS_BYTES);
    rareCall("getsockname", boundFd, address.at(0, ADDRESS_BYTES), length.at(0, 4));
    if (libc.bind(fd, address.at(0, ADDRESS_BYTES), length.bytes.readUInt32LE()) < 0) throw systemError("bind");
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Whether a socket, or the connection of one, is of Multipath TCP. */
export function isMultipath(fd: number): boolean {
  return optionOf(fd, SO_PROTOCOL) === IPPROTO_MPTCP;
}

function copyOption(from: number, to: number, level: number, name: number): void {
  setOption(to, level, name, optionOf(from, name, level));
}

/** @throws the system's error */
export function setOption(
  fd: number,
  level: number,
  name: number,
  value: number,
  calls: Pick<typeof libc, "setsockopt"> = libc,
): void {
  const given = new Pinned(4);
  given.bytes.writeInt32LE(value);
  if (calls.setsockopt(fd, level, name, given.at(0, 4), 4) < 0) throw systemError("setsockopt");
}
