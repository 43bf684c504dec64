// System calls through node:ffi, with their constants for Linux on x86-64 and arm64. A call from optimised TypeScript
// costs about as much as from C (a refused recv: 190 ns, compared to 155). pinned.ts provides memory for them.
import { constants, endianness } from "node:os";
import { ffi } from "./ffi.ts";
import { registers, registersToPointer } from "./signatures.ts";

export const EAGAIN: number = constants.errno.EAGAIN;
export const ENOENT: number = constants.errno.ENOENT;
export const ENOTDIR: number = constants.errno.ENOTDIR;
export const EXDEV: number = constants.errno.EXDEV;
export const EOPNOTSUPP: number = constants.errno.EOPNOTSUPP;
export const EINVAL: number = constants.errno.EINVAL;
export const ENOSYS: number = constants.errno.ENOSYS;
export const EINTR: number = constants.errno.EINTR;
export const ECONNABORTED: number = constants.errno.ECONNABORTED;

export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
/** Sending to a connection that is closed is an error, not a signal. */
export const MSG_PEEK = 0x2;
export const MSG_NOSIGNAL = 0x4000;
/** More bytes follow at once: do not send a short packet. */
export const MSG_MORE = 0x8000;
/** How many sent bytes the peer has not acknowledged yet: tcp(7). */
export const SIOCOUTQ = 0x5411;
/** Read only if no wait for a disk is needed; EAGAIN otherwise. */
export const RWF_NOWAIT = 0x8;
/** The working folder of the process, in place of a folder's descriptor. */
export const AT_FDCWD = -100;
/** A descriptor for a place in the file system. The file itself is not opened: no device wakes up, no FIFO waits. */
export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;
/** With an empty path, statx(2) describes the descriptor itself. */
export const AT_EMPTY_PATH = 0x1000;
export const RUSAGE_THREAD = 1;
/** openat2(2) has the same number on every architecture. libc has no function for it. */
const SYS_OPENAT2 = 437;
export const RESOLVE_NO_XDEV = 0x01;
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_BENEATH = 0x08;
/** Use only what is in memory already; EAGAIN where a disk would have to be read (Linux 5.12). */
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
/** EFD_NONBLOCK and EFD_CLOEXEC: eventfd(2). */
export const EFD_NONBLOCK_CLOEXEC = 0o2004000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

/** `null`: libc and libuv are both in the process already. Their files have other names with musl. */
const library = ffi.dlopen(null, {
  socket: registers(3),
  socketpair: registers(4),
  bind: registers(3),
  listen: registers(2),
  accept4: registers(4),
  getpeername: registers(3),
  setsockopt: registers(5),
  shutdown: registers(2),
  close: registers(1),
  recv: registers(4),
  send: registers(4),
  sendfile: registers(4),
  ioctl: registers(3),
  preadv2: registers(5),
  statx: registers(5),
  getrusage: registers(2),
  eventfd: registers(2),
  eventfd_read: registers(2),
  eventfd_write: registers(2),
  epoll_create1: registers(1),
  epoll_ctl: registers(4),
  epoll_wait: registers(4),
  syscall: registers(5),
  uv_backend_fd: registers(1),
  clock_gettime: registers(2),
  uv_backend_timeout: registers(1),
  __errno_location: registersToPointer(0),
});

/** A copy: optimised code treats its properties as constants, but not those of the object that node:ffi gives. */
const call: typeof library.functions = { ...library.functions };

const register = new BigUint64Array(1);
const halves = new Int32Array(register.buffer);
const LOWER: number = endianness() === "LE" ? 0 : 1;

/** A number of 32 bits as the bigint of a register. By way of memory, optimised code makes no BigInt. */
function word(value: number): bigint {
  halves[LOWER] = value;
  return register[0]!;
}

/** errno has one address for the whole life of a thread, so one view serves. */
const errnoCell: Int32Array = new Int32Array(ffi.toArrayBuffer(call.__errno_location(), 4, false));

/**
 * The errno of the last call below that has failed. Each reads it before it returns: V8 may compile a function, with
 * system calls of its own, when another function returns or is entered.
 */
let failure = 0;

/** Each call returns what its manual page says: -1 for a failure, with the reason in `errno`. Addresses: pinned.ts. */
export const libc = {
  socket(domain: number, type: number, protocol: number): number {
    const returned = call.socket(word(domain), word(type), word(protocol));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  socketpair(domain: number, type: number, protocol: number, pair: bigint): number {
    const returned = call.socketpair(word(domain), word(type), word(protocol), pair);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  bind(fd: number, address: bigint, length: number): number {
    const returned = call.bind(word(fd), address, word(length));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  listen(fd: number, backlog: number): number {
    const returned = call.listen(word(fd), word(backlog));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  accept4(fd: number, address: bigint, length: bigint, flags: number): number {
    const returned = call.accept4(word(fd), address, length, word(flags));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  getpeername(fd: number, address: bigint, length: bigint): number {
    const returned = call.getpeername(word(fd), address, length);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  setsockopt(fd: number, level: number, name: number, value: bigint, length: number): number {
    const returned = call.setsockopt(word(fd), word(level), word(name), value, word(length));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  shutdown(fd: number, how: number): number {
    const returned = call.shutdown(word(fd), word(how));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  close(fd: number): number {
    const returned = call.close(word(fd));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  recv(fd: number, address: bigint, length: number, flags: number): number {
    const returned = call.recv(word(fd), address, word(length), word(flags));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  send(fd: number, address: bigint, length: number, flags: number): number {
    const returned = call.send(word(fd), address, word(length), word(flags));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  sendfile(toFd: number, fromFd: number, offset: bigint, count: number): number {
    const returned = call.sendfile(word(toFd), word(fromFd), offset, word(count));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  ioctl(fd: number, request: number, value: bigint): number {
    const returned = call.ioctl(word(fd), word(request), value);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  preadv2(fd: number, vectors: bigint, count: number, offset: bigint, flags: number): number {
    const returned = call.preadv2(word(fd), vectors, word(count), offset, word(flags));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  statx(fd: number, path: bigint, flags: number, mask: number, result: bigint): number {
    const returned = call.statx(word(fd), path, word(flags), word(mask), result);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  getrusage(who: number, result: bigint): number {
    const returned = call.getrusage(word(who), result);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  eventfd(count: number, flags: number): number {
    const returned = call.eventfd(word(count), word(flags));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  eventfd_read(fd: number, value: bigint): number {
    const returned = call.eventfd_read(word(fd), value);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  eventfd_write(fd: number, value: number): number {
    const returned = call.eventfd_write(word(fd), word(value));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  epoll_create1(flags: number): number {
    const returned = call.epoll_create1(word(flags));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  epoll_ctl(epollFd: number, operation: number, fd: number, event: bigint): number {
    const returned = call.epoll_ctl(word(epollFd), word(operation), word(fd), event);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  epoll_wait(epollFd: number, events: bigint, count: number, timeoutMs: number): number {
    const returned = call.epoll_wait(word(epollFd), events, word(count), word(timeoutMs));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  /** By syscall(2), since libc has no function for openat2(2). */
  openat2(dirFd: number, path: bigint, how: bigint, howLength: number): number {
    const returned = call.syscall(word(SYS_OPENAT2), word(dirFd), path, how, word(howLength));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  clock_gettime(clock: number, result: bigint): number {
    const returned = call.clock_gettime(word(clock), result);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  uv_backend_fd(loop: bigint): number {
    return call.uv_backend_fd(loop);
  },
  /** How long libuv would wait by itself, in ms: 0 while it has something to do, -1 without a timer. */
  uv_backend_timeout(loop: bigint): number {
    return call.uv_backend_timeout(loop);
  },
};

/** Why the last call that failed has failed, as in errno(3). Other calls may have succeeded since. */
export function errno(): number {
  return failure;
}

/** An error with its `code`, for a call that has just failed. */
export function systemError(call: string): NodeJS.ErrnoException {
  const number = errno();
  const code = Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
  return Object.assign(new Error(`${call}: ${code}`), { code, errno: -number, syscall: call });
}

/**
 * What tells which pages of a file are in memory. An address must be a whole register, also as a result, so `mmap` gives
 * a bigint: MAP_FAILED for a failure, whose reason is not told. To make the bigint, V8 may collect garbage first, with system
 * calls that leave an errno of their own.
 */
const pages = ffi.dlopen(null, {
  mmap: registersToPointer(6),
  munmap: registers(2),
  mincore: registers(3),
  fstatfs: registers(2),
  getpagesize: registers(0),
});
const callForPages: typeof pages.functions = { ...pages.functions };

export const PROT_READ = 1;
export const MAP_SHARED = 1;
export const MAP_FAILED: bigint = 2n ** 64n - 1n;
/** cachestat(2) has the same number on every architecture, and no function in most versions of libc. */
const SYS_CACHESTAT = 451;

export const libcPages = {
  mmap(length: number, protection: number, flags: number, fd: number, offset: bigint): bigint {
    return callForPages.mmap(0n, word(length), word(protection), word(flags), word(fd), offset);
  },
  munmap(address: bigint, length: number): number {
    const returned = callForPages.munmap(address, word(length));
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  mincore(address: bigint, length: number, vector: bigint): number {
    const returned = callForPages.mincore(address, word(length), vector);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  fstatfs(fd: number, result: bigint): number {
    const returned = callForPages.fstatfs(word(fd), result);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
  getpagesize(): number {
    return callForPages.getpagesize();
  },
  /** Linux 6.5. `range` is a struct cachestat_range, `result` a struct cachestat. */
  cachestat(fd: number, range: bigint, result: bigint): number {
    const returned = call.syscall(word(SYS_CACHESTAT), word(fd), range, result, 0n);
    if (returned < 0) failure = errnoCell[0]!;
    return returned;
  },
};
