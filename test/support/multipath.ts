// Clients of Multipath TCP (RFC 8684), for Linux. The kernel offers it in the handshake, and goes on with plain TCP where the
// server does not agree.
import { Socket } from "node:net";
import { libc, SOCK_CLOEXEC, SOCK_STREAM, systemError } from "../../src/linux/libc.ts";
import { findMptcpObstacle, IPPROTO_MPTCP } from "../../src/linux/mptcp.ts";
import { Pinned } from "../../src/linux/pinned.ts";
import { rareCall } from "../../src/linux/rare-calls.ts";

const AF_INET = 2;
/** struct sockaddr_in. */
const ADDRESS_BYTES = 16;
const SOL_MPTCP = 284;
const MPTCP_INFO = 1;
/** Up to mptcpi_flags of struct mptcp_info. */
const INFO_BYTES = 12;
const FLAGS_OFFSET = 8;
const FALLBACK = 1;
const REMOTE_KEY_RECEIVED = 2;

/** Why this machine has none: tests prove the fallback there. */
export const OBSTACLE: string | undefined = findMptcpObstacle();

/** From an address of this machine to another one: 127.0.0.1, unless something else is said. */
export function connectMultipath(port: number, where: { from?: string; to?: string } = {}): Socket {
  const { from = "127.0.0.1", to = "127.0.0.1" } = where;
  const fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, OBSTACLE === undefined ? IPPROTO_MPTCP : 0);
  if (fd < 0) throw systemError("socket");
  const own = addressOf(from, 0);
  if (libc.bind(fd, own.at(0, ADDRESS_BYTES), ADDRESS_BYTES) < 0) throw systemError("bind");
  rareCall("connect", fd, addressOf(to, port).at(0, ADDRESS_BYTES), ADDRESS_BYTES);
  return new Socket({ fd, allowHalfOpen: true, readable: true, writable: true });
}

/** Whether the server has agreed: otherwise the connection goes on as plain TCP, on the same socket. */
export function hasAgreed(socket: Socket): boolean {
  const info = infoOf(socket);
  return info !== undefined && (info.flags & (FALLBACK | REMOTE_KEY_RECEIVED)) === REMOTE_KEY_RECEIVED;
}

/** How many paths there are besides the one that the connection began on. */
export function furtherPathCount(socket: Socket): number {
  return infoOf(socket)?.subflows ?? 0;
}

/** Undefined for a connection of plain TCP. */
function infoOf(socket: Socket): { subflows: number; flags: number } | undefined {
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  const info = new Pinned(INFO_BYTES);
  const length = new Pinned(4);
  length.bytes.writeUInt32LE(INFO_BYTES);
  try {
    rareCall("getsockopt", fd, SOL_MPTCP, MPTCP_INFO, info.at(0, INFO_BYTES), length.at(0, 4));
  } catch {
    return undefined;
  }
  return { subflows: info.bytes.readUInt8(0), flags: info.bytes.readUInt32LE(FLAGS_OFFSET) };
}

function addressOf(address: string, port: number): Pinned {
  const made = new Pinned(ADDRESS_BYTES);
  made.bytes.writeUInt16LE(AF_INET);
  made.bytes.writeUInt16BE(port, 2);
  made.bytes.set(address.split(".").map(Number), 4);
  return made;
}
