// Listening sockets as plain descriptors, for threads to accept from: at an address that is bound already, or at a
// path of the file system, unix(7). If the path holds the socket of a server that was killed, that is removed. If a
// server answers there, or the file is not a socket, it stays and listening fails.
import { once } from "node:events";
import { chmodSync, lstatSync, type Stats, unlinkSync } from "node:fs";
import { connect } from "node:net";
import {
  AF_UNIX,
  EPOLLIN,
  libc,
  SHUT_RDWR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  systemError,
} from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";
import { BACKLOG_COUNT } from "./backlog.ts";
import { Epoll } from "./epoll.ts";
import { holdOff } from "./hold.ts";

export interface Listener {
  readonly fd: number;
  /** A numeric address, or a path. */
  readonly address: string;
  /** 0 for a path. */
  readonly port: number;
  /** Whether connections wait to be accepted. */
  readonly isAwaited: boolean;
  /** No new connection comes from now on; those that wait can be accepted. */
  hold(): void;
  /** Refuses connections from now on, and those that wait to be accepted. */
  refuse(): void;
  /** Frees the descriptor's number: call this only when no thread uses it any more. May be repeated. */
  close(): void;
}

/** struct sockaddr_un: the family, then the path with its NUL. */
const PATH_OFFSET = 2;
const ADDRESS_BYTES = 110;

const address = new Pinned(ADDRESS_BYTES);

/** An address that is bound, and does not listen yet: `BoundSocket` of node:net, or what stands for one. */
interface BoundAddress extends Disposable {
  fd(): number;
  address(): { readonly address: string; readonly port: number };
}

/** @throws the system's error when listening fails; the address is free again then */
export function listenBound(bound: BoundAddress): Listener {
  const fd = bound.fd();
  const close = (): void => bound[Symbol.dispose](); // unlike its close(), may be repeated
  if (libc.listen(fd, BACKLOG_COUNT) < 0) {
    const error = systemError("listen");
    close();
    throw error;
  }
  let endHold: (() => void) | undefined;
  return {
    ...bound.address(),
    fd,
    get isAwaited(): boolean {
      return isAwaited(fd);
    },
    hold: () => {
      endHold ??= holdOff(fd);
    },
    refuse: () => {
      libc.shutdown(fd, SHUT_RDWR);
      endHold?.();
      endHold = undefined;
    },
    close,
  };
}

/** A listening socket is readable while its queue holds a connection. */
export function isAwaited(fd: number): boolean {
  const epoll = new Epoll();
  try {
    epoll.add(fd, EPOLLIN);
    return epoll.wait(0) > 0;
  } finally {
    epoll.close();
  }
}

/**
 * @param path absolute, or "@" and a name in the abstract namespace; at most 107 bytes
 * @param mode who may connect, as for chmod; set before anyone can connect
 * @throws the system's error with its `code`; EADDRINUSE when a server answers there, ENOTSOCK when it is another file
 */
export async function listenAt(path: string, mode: number): Promise<Listener> {
  if (!isAbstract(path)) await removeStale(path);
  return new PathListener(path, mode);
}

/** A socket that a former server has handed over, which listens at this path. */
export function adoptPath(fd: number, path: string): Listener {
  return new PathListener(path, undefined, fd);
}

/** Removes a socket that refuses connections: a server has left it behind. */
async function removeStale(path: string): Promise<void> {
  const found = lookAt(path);
  if (found === undefined) return;
  if (!found.isSocket()) throw failure("ENOTSOCK", path);
  if (await isAnswered(path)) throw failure("EADDRINUSE", path);
  if (isSame(lookAt(path), found)) unlinkSync(path);
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    // A socket that we may not connect to, or of another type than stream, is in use too.
    return (error as NodeJS.ErrnoException).code !== "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}

class PathListener implements Listener {
  readonly fd: number;
  readonly address: string;
  readonly port = 0;
  /** The file that bind(2) made, until it is removed; an abstract name has none. */
  #file: Stats | undefined;
  #isOpen = true;

  /** @param fd of one that listens already */
  constructor(path: string, mode: number | undefined, fd?: number) {
    this.address = path;
    if (fd !== undefined) {
      this.fd = fd;
      this.#file = isAbstract(path) ? undefined : lookAt(path);
      return;
    }
    this.fd = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (this.fd < 0) throw systemError("socket");
    try {
      this.#bind(mode);
      if (libc.listen(this.fd, BACKLOG_COUNT) < 0) throw systemError("listen");
    } catch (error) {
      this.refuse();
      this.close();
      throw error;
    }
  }

  get isAwaited(): boolean {
    return isAwaited(this.fd);
  }

  /** Nobody finds the socket any more. An abstract name goes with the socket itself. */
  hold(): void {
    if (this.#file === undefined) return;
    // Another server may have come to this path by now.
    if (isSame(lookAt(this.address), this.#file)) unlinkSync(this.address);
    this.#file = undefined;
  }

  refuse(): void {
    if (this.#isOpen) this.#refuseAll();
    this.hold();
  }

  close(): void {
    if (this.#isOpen) libc.close(this.fd);
    this.#isOpen = false;
  }

  /** Unlike at a port, clients in the queue would go on waiting: they are accepted and closed. */
  #refuseAll(): void {
    libc.shutdown(this.fd, SHUT_RDWR);
    for (let fd = this.#accept(); fd >= 0; fd = this.#accept()) libc.close(fd);
  }

  #accept(): number {
    return libc.accept4(this.fd, 0n, 0n, SOCK_CLOEXEC);
  }

  #bind(mode = 0o600): void {
    address.bytes.fill(0).writeUInt16LE(AF_UNIX);
    const length = address.bytes.write(this.address, PATH_OFFSET, ADDRESS_BYTES - PATH_OFFSET - 1);
    if (isAbstract(this.address)) {
      address.bytes[PATH_OFFSET] = 0;
      // The name ends with the length: a NUL behind it would be a part of it.
      const nameLength = PATH_OFFSET + length;
      if (libc.bind(this.fd, address.at(0, nameLength), nameLength) < 0) throw systemError("bind");
      return;
    }
    if (libc.bind(this.fd, address.at(0, ADDRESS_BYTES), ADDRESS_BYTES) < 0) throw systemError("bind");
    this.#file = lookAt(this.address);
    // The socket does not listen yet, so no client could connect under another mode.
    chmodSync(this.address, mode);
  }
}

function isAbstract(path: string): boolean {
  return path.startsWith("@");
}

function lookAt(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isSame(one: Stats | undefined, other: Stats | undefined): boolean {
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`listen: ${code} ${path}`), { code, syscall: "listen" });
}
