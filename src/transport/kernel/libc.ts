// The system calls that the kernel transport makes, through node:ffi, with their constants for Linux on x86-64
// and arm64. Sizes and counts are declared 32 bits wide wherever the values fit: 64-bit ones would come and go
// as BigInt, which allocates; measured, a call costs what it costs from C then (getppid: 125 ns in both).
// Nothing here knows about memory (pinned.ts) or about HTTP.
import { constants } from "node:os";
import { ffi } from "./ffi.ts";

export const EAGAIN: number = constants.errno.EAGAIN;
export const EINVAL: number = constants.errno.EINVAL;
export const EINTR: number = constants.errno.EINTR;
export const ECONNABORTED: number = constants.errno.ECONNABORTED;

export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
/** Writing to a connection that is gone is an error, not a signal. */
export const MSG_NOSIGNAL = 0x4000;
/** More follows at once: do not send a short packet. */
export const MSG_MORE = 0x8000;
/** Bytes that the peer's side has not acknowledged yet: tcp(7). */
export const SIOCOUTQ = 0x5411n;
/** Read only what needs no waiting for a disk; EAGAIN otherwise. */
export const RWF_NOWAIT = 0x8;
/** The folder of the process, where a descriptor of a folder is asked for. */
export const AT_FDCWD = -100;
/** A place in the file system, and nothing opened: no device wakes up, no FIFO waits. */
export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;
/** openat2(2), the same number on every architecture; libc has no function for it. */
export const SYS_OPENAT2 = 437n;
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_BENEATH = 0x08;
/** Only what is in memory already, and EAGAIN where the disk would be asked (Linux 5.12). */
export const RESOLVE_CACHED = 0x20;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;

export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLEXCLUSIVE: number = 1 << 28;
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

/** Each returns what its manual page says, -1 for a failure whose reason `errno` tells. Addresses are from pinned.ts. */
export interface Libc {
  listen(fd: number, backlog: number): number;
  accept4(fd: number, address: bigint, length: bigint, flags: number): number;
  getpeername(fd: number, address: bigint, length: bigint): number;
  setsockopt(fd: number, level: number, name: number, value: bigint, length: number): number;
  shutdown(fd: number, how: number): number;
  close(fd: number): number;
  recv(fd: number, address: bigint, length: number, flags: number): number;
  send(fd: number, address: bigint, length: number, flags: number): number;
  sendfile(toFd: number, fromFd: number, offset: bigint, count: number): number;
  ioctl(fd: number, request: bigint, value: bigint): number;
  preadv2(fd: number, vectors: bigint, count: number, offset: bigint, flags: number): number;
  eventfd(count: number, flags: number): number;
  eventfd_read(fd: number, value: bigint): number;
  eventfd_write(fd: number, value: bigint): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epollFd: number, operation: number, fd: number, event: bigint): number;
  epoll_wait(epollFd: number, events: bigint, count: number, timeoutMs: number): number;
  /** Whole registers, which is how the kernel reads them. */
  syscall(number: bigint, fd: number, path: bigint, how: bigint, howLength: bigint): number;
  uv_backend_fd(loop: bigint): number;
  __errno_location(): bigint;
}

/** `null`: libc and libuv are both in the process already, whatever their files are called (musl has other names). */
export const libc: Libc = ffi.dlopen(null, {
  listen: { return: "int32", arguments: ["int32", "int32"] },
  accept4: { return: "int32", arguments: ["int32", "pointer", "pointer", "int32"] },
  getpeername: { return: "int32", arguments: ["int32", "pointer", "pointer"] },
  setsockopt: { return: "int32", arguments: ["int32", "int32", "int32", "pointer", "uint32"] },
  shutdown: { return: "int32", arguments: ["int32", "int32"] },
  close: { return: "int32", arguments: ["int32"] },
  recv: { return: "int32", arguments: ["int32", "pointer", "uint32", "int32"] },
  send: { return: "int32", arguments: ["int32", "pointer", "uint32", "int32"] },
  sendfile: { return: "int32", arguments: ["int32", "int32", "pointer", "uint32"] },
  ioctl: { return: "int32", arguments: ["int32", "uint64", "pointer"] },
  preadv2: { return: "int32", arguments: ["int32", "pointer", "int32", "int64", "int32"] },
  eventfd: { return: "int32", arguments: ["uint32", "int32"] },
  eventfd_read: { return: "int32", arguments: ["int32", "pointer"] },
  eventfd_write: { return: "int32", arguments: ["int32", "uint64"] },
  epoll_create1: { return: "int32", arguments: ["int32"] },
  epoll_ctl: { return: "int32", arguments: ["int32", "int32", "int32", "pointer"] },
  epoll_wait: { return: "int32", arguments: ["int32", "pointer", "int32", "int32"] },
  syscall: { return: "int32", arguments: ["int64", "int32", "pointer", "pointer", "int64"] },
  uv_backend_fd: { return: "int32", arguments: ["pointer"] },
  __errno_location: { return: "pointer", arguments: [] },
}).functions;

/** Thread-local and at one address for the thread's whole life: one view serves, read right after a call has failed. */
const errnoView: Int32Array = new Int32Array(ffi.toArrayBuffer(libc.__errno_location(), 4, false));

export function errno(): number {
  return errnoView[0]!;
}

/** The system's error for a call that has just failed, with its `code`. */
export function systemError(call: string): NodeJS.ErrnoException {
  const number = errno();
  const code = Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
  return Object.assign(new Error(`${call}: ${code}`), { code, errno: -number, syscall: call });
}
