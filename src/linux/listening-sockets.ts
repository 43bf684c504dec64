// The listening sockets of this process, whoever uses them: threads, node:net, or a channel in which one waits to be used.
// A socket that has several descriptors is told once.
import { readdirSync, readlinkSync } from "node:fs";
import { optionOf, placeOf, type SocketPlace } from "./inherited-socket.ts";

const SO_REUSEPORT = 15;
const SO_ACCEPTCONN = 30;
const DESCRIPTORS = "/proc/self/fd";

interface ListeningSocket extends SocketPlace {
  readonly fd: number;
  /** Others can be opened at the same port. */
  readonly isReusePort: boolean;
}

export function listeningSockets(): ListeningSocket[] {
  const found = new Map<string, ListeningSocket>();
  for (const name of readdirSync(DESCRIPTORS)) {
    const socket = lookAt(name);
    if (socket !== undefined && !found.has(socket.link)) found.set(socket.link, socket.found);
  }
  return [...found.values()];
}

/** Undefined for what is no listening socket, or was closed meanwhile. */
function lookAt(name: string): { link: string; found: ListeningSocket } | undefined {
  const fd = Number(name);
  try {
    const link = readlinkSync(`${DESCRIPTORS}/${name}`);
    if (!link.startsWith("socket:") || optionOf(fd, SO_ACCEPTCONN) === 0) return undefined;
    const place = placeOf(fd);
    return { link, found: { fd, isReusePort: place.port > 0 && optionOf(fd, SO_REUSEPORT) !== 0, ...place } };
  } catch {
    return undefined;
  }
}
