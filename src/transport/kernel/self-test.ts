// Tests whether the system calls work in this process. A sandbox may refuse one, an emulated kernel may lack one, and
// node:ffi is experimental. So bytes go once through the calls that serve requests, and the result is compared. Nothing
// is open afterwards. Where node:ffi or a function of libc is missing, this module does not even load.
import { constants } from "node:os";
import {
  AF_UNIX,
  EAGAIN,
  EFD_NONBLOCK_CLOEXEC,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  errno,
  libc,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  systemError,
} from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";
import { Epoll } from "./epoll.ts";

/** The descriptor is ready before we wait: a wait takes this long, in ms, only if epoll does not work. */
const LONGEST_WAIT_MS = 100;
const MESSAGE_BYTES = 256;

/**
 * @param calls libc; only tests give another
 * @throws an error that says what does not work
 */
export function selfTest(calls: typeof libc = libc): void {
  const opened: number[] = [];
  const epoll = new Epoll();
  try {
    wake(calls, epoll, opened);
    exchange(calls, epoll, opened);
    refuse(calls);
  } finally {
    for (const fd of opened) libc.close(fd);
    epoll.close();
  }
}

/** One thread wakes another. The descriptor is watched as the listening socket is. */
function wake(calls: typeof libc, epoll: Epoll, opened: number[]): void {
  const fd = calls.eventfd(0, EFD_NONBLOCK_CLOEXEC);
  if (fd < 0) throw systemError("eventfd");
  opened.push(fd);
  epoll.add(fd, EPOLLIN | EPOLLEXCLUSIVE);
  if (calls.eventfd_write(fd, 1) < 0) throw systemError("eventfd_write");
  expectReady(epoll, fd);
  const value = new Pinned(8);
  if (calls.eventfd_read(fd, value.at(0, 8)) < 0) throw systemError("eventfd_read");
  if (value.bytes.readBigUInt64LE() !== 1n) throw new Error("eventfd_read gave another number than was written");
}

/** A request arrives: first there is nothing, then the socket is ready, then the bytes are there. */
function exchange(calls: typeof libc, epoll: Epoll, opened: number[]): void {
  const pair = new Pinned(8);
  if (calls.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.at(0, 8)) < 0) {
    throw systemError("socketpair");
  }
  const [here, there] = [pair.bytes.readInt32LE(0), pair.bytes.readInt32LE(4)];
  opened.push(here, there);
  epoll.add(there, EPOLLIN);
  const sent = new Pinned(MESSAGE_BYTES);
  const received = new Pinned(MESSAGE_BYTES);
  for (let index = 0; index < MESSAGE_BYTES; index++) sent.bytes[index] = index;
  expectErrno("recv", calls.recv(there, received.at(0, MESSAGE_BYTES), MESSAGE_BYTES, 0), EAGAIN);
  if (calls.send(here, sent.at(0, MESSAGE_BYTES), MESSAGE_BYTES, MSG_NOSIGNAL) < 0) throw systemError("send");
  expectReady(epoll, there);
  if (calls.recv(there, received.at(0, MESSAGE_BYTES), MESSAGE_BYTES, 0) < 0) throw systemError("recv");
  if (!received.bytes.equals(sent.bytes)) throw new Error("recv gave other bytes than were sent");
}

/** A call with the descriptor -1 fails: negative numbers arrive as such, and errno can be read. */
function refuse(calls: typeof libc): void {
  expectErrno("shutdown", calls.shutdown(-1, 0), constants.errno.EBADF);
}

function expectReady(epoll: Epoll, fd: number): void {
  const count = epoll.wait(LONGEST_WAIT_MS);
  if (count !== 1 || epoll.fdAt(0) !== fd || (epoll.eventsAt(0) & EPOLLIN) === 0) {
    throw new Error("epoll_wait did not find what is ready");
  }
}

function expectErrno(name: string, result: number, wanted: number): void {
  const found = errno();
  if (result !== -1 || found !== wanted) throw new Error(`${name} gave ${result} and errno ${found}`);
}
