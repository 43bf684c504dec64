// Each call once where it succeeds and once where the kernel refuses it, and numbers at the edges of 32 bits: node:ffi
// is given whole registers, and a lost sign or an extra bit would show here.
import assert from "node:assert/strict";
import { openSync, readlinkSync, statfsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { getSystemErrorName } from "node:util";
import { makeSite } from "../../test/support/site.ts";
import type { Pinned as PinnedType } from "./pinned.ts";

const STATX_INO = 0x100;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const E = constants.errno;

if (process.platform === "linux") {
  const kernel = await import("./libc.ts");
  const {
    EFD_NONBLOCK_CLOEXEC,
    AF_UNIX,
    AT_FDCWD,
    EPOLL_CTL_ADD,
    errno,
    libc,
    libcPages,
    MSG_NOSIGNAL,
    SIOCOUTQ,
    systemError,
  } = kernel;
  const { Pinned, PinnedVector } = await import("./pinned.ts");
  const STREAM = kernel.SOCK_STREAM | kernel.SOCK_NONBLOCK | kernel.SOCK_CLOEXEC;

  const cell = (value: number): bigint => {
    const memory = new Pinned(4);
    memory.bytes.writeInt32LE(value);
    kept.push(memory);
    return memory.at(0, 4);
  };
  const text = (value: string): bigint => whole(pinned(`${value}\0`));
  const pinned = (value: string): PinnedType => {
    const memory = new Pinned(value.length);
    memory.bytes.write(value, "latin1");
    kept.push(memory);
    return memory;
  };
  const whole = (memory: PinnedType): bigint => memory.at(0, memory.bytes.length);
  /** The memory whose addresses are used. */
  const kept: PinnedType[] = [];

  /** A descriptor, closed when the test is over. */
  const opened = (t: TestContext, fd: number): number => {
    assert.ok(fd >= 0, systemError("open").message);
    t.after(() => libc.close(fd));
    return fd;
  };
  const pair = (t: TestContext): [here: number, there: number] => {
    const fds = new Pinned(8);
    assert.equal(libc.socketpair(AF_UNIX, STREAM, 0, whole(fds)), 0);
    return [opened(t, fds.bytes.readInt32LE(0)), opened(t, fds.bytes.readInt32LE(4))];
  };
  const event = (t: TestContext): number => opened(t, libc.eventfd(1, EFD_NONBLOCK_CLOEXEC));
  const socket = (t: TestContext): number => opened(t, libc.socket(AF_UNIX, STREAM, 0));
  const epoll = (t: TestContext): number => opened(t, libc.epoll_create1(kernel.EPOLL_CLOEXEC));
  const file = (t: TestContext, content: string): number =>
    opened(t, openSync(join(makeSite(t, { file: content }), "file"), "r"));
  const unixAddress = (path: string): bigint => {
    const address = pinned("\0".repeat(110));
    address.bytes.writeUInt16LE(AF_UNIX);
    address.bytes.write(path, 2);
    return whole(address);
  };
  const bound = (t: TestContext): [fd: number, path: string] => {
    const [fd, path] = [socket(t), join(makeSite(t), "socket")];
    assert.equal(libc.bind(fd, unixAddress(path), 110), 0);
    return [fd, path];
  };
  const how = (): bigint => whole(pinned("\0".repeat(24)));

  const succeeds: Record<Exclude<keyof typeof libc, `uv_${string}`>, (t: TestContext) => number> = {
    socket: (t) => socket(t) * 0,
    socketpair: (t) => pair(t)[0] * 0,
    bind: (t) => bound(t)[0] * 0,
    listen: (t) => libc.listen(bound(t)[0], 1),
    accept4: (t) => {
      const [fd, path] = bound(t);
      libc.listen(fd, 1);
      const client = connect(path);
      t.after(() => client.destroy());
      return opened(t, libc.accept4(fd, 0n, 0n, kernel.SOCK_CLOEXEC)) * 0;
    },
    getpeername: (t) => {
      const address = new Pinned(110);
      assert.equal(libc.getpeername(pair(t)[0], whole(address), cell(110)), 0);
      return address.bytes.readUInt16LE() - AF_UNIX;
    },
    setsockopt: (t) => libc.setsockopt(pair(t)[0], SOL_SOCKET, SO_SNDBUF, cell(5000), 4),
    shutdown: (t) => {
      const [here, there] = pair(t);
      assert.equal(libc.shutdown(here, kernel.SHUT_WR), 0);
      return libc.recv(there, whole(new Pinned(1)), 1, 0);
    },
    close: () => libc.close(libc.eventfd(0, EFD_NONBLOCK_CLOEXEC)),
    recv: (t) => {
      const [here, there] = pair(t);
      const memory = pinned("......");
      libc.send(here, whole(pinned("abc")), 3, 0);
      assert.equal(libc.recv(there, memory.at(1, 5), 5, 0), 3);
      return Buffer.compare(memory.bytes, Buffer.from(".abc.."));
    },
    send: (t) => libc.send(pair(t)[0], whole(pinned("abc")), 3, MSG_NOSIGNAL) - 3,
    sendfile: (t) => {
      const [here, there] = pair(t);
      const offset = pinned("\x02\0\0\0\0\0\0\0");
      assert.equal(libc.sendfile(here, file(t, "0123456789"), whole(offset), 5), 5);
      assert.equal(offset.bytes.readBigInt64LE(), 7n);
      const received = new Pinned(10);
      assert.equal(libc.recv(there, whole(received), 10, 0), 5);
      return Buffer.compare(received.bytes.subarray(0, 5), Buffer.from("23456"));
    },
    ioctl: (t) => {
      const queued = new Pinned(4);
      assert.equal(libc.ioctl(pair(t)[0], SIOCOUTQ, whole(queued)), 0);
      return queued.bytes.readInt32LE();
    },
    preadv2: (t) => {
      const vector = new PinnedVector(3);
      assert.equal(libc.preadv2(file(t, "0123456789"), vector.address, 1, 4n, kernel.RWF_NOWAIT), 3);
      return Buffer.compare(vector.target.bytes, Buffer.from("456"));
    },
    statx: () => {
      const result = new Pinned(256);
      assert.equal(libc.statx(AT_FDCWD, text("."), 0, STATX_INO, whole(result)), 0);
      return Number(result.bytes.readBigUInt64LE(32) - statSync(".", { bigint: true }).ino);
    },
    clock_gettime: () => {
      const time = new Pinned(16);
      assert.equal(libc.clock_gettime(0, whole(time)), 0);
      return Math.floor(Math.abs(Number(time.bytes.readBigInt64LE()) - Date.now() / 1000) / 60);
    },
    getrusage: () => {
      const result = new Pinned(144);
      assert.equal(libc.getrusage(kernel.RUSAGE_THREAD, whole(result)), 0);
      // The thread has waited before: voluntary context switches.
      return result.bytes.readBigInt64LE(128) > 0n ? 0 : -1;
    },
    eventfd: (t) => event(t) * 0,
    eventfd_read: (t) => libc.eventfd_read(event(t), whole(new Pinned(8))),
    eventfd_write: (t) => libc.eventfd_write(event(t), 1),
    epoll_create1: (t) => epoll(t) * 0,
    epoll_ctl: (t) => libc.epoll_ctl(epoll(t), EPOLL_CTL_ADD, event(t), whole(new Pinned(16))),
    epoll_wait: (t) => libc.epoll_wait(epoll(t), whole(new Pinned(16)), 1, 0),
    openat2: (t) => {
      const fd = opened(t, libc.openat2(AT_FDCWD, text("."), how(), 24));
      return readlinkSync(`/proc/self/fd/${fd}`) === process.cwd() ? 0 : -1;
    },
  };
  for (const [name, call] of Object.entries(succeeds)) {
    test(`libc.${name}() does what it is for`, (t) => assert.equal(call(t), 0));
  }

  test("libc.uv_backend_fd() is the epoll of Node's own loop", async () => {
    const { ffi } = await import("./ffi.ts");
    const fd = libc.uv_backend_fd(ffi.getCurrentEventLoop());
    assert.equal(readlinkSync(`/proc/self/fd/${fd}`), "anon_inode:[eventpoll]");
  });

  const refusals: [name: keyof typeof succeeds, number: number, call: (t: TestContext) => number][] = [
    ["socket", E.EAFNOSUPPORT, () => libc.socket(-1, STREAM, 0)],
    ["socketpair", E.EFAULT, () => libc.socketpair(AF_UNIX, STREAM, 0, 0n)],
    ["bind", E.ENOENT, (t) => libc.bind(socket(t), unixAddress("/nowhere/socket"), 110)],
    ["bind", E.EADDRINUSE, (t) => libc.bind(socket(t), unixAddress(bound(t)[1]), 110)],
    ["listen", E.EINVAL, (t) => libc.listen(pair(t)[0], 1)],
    ["accept4", E.EAGAIN, (t) => nobodyThere(bound(t)[0])],
    ["accept4", E.EINVAL, (t) => libc.accept4(socket(t), 0n, 0n, 0)],
    ["getpeername", E.ENOTCONN, (t) => libc.getpeername(socket(t), whole(new Pinned(110)), cell(110))],
    ["setsockopt", E.ENOTSOCK, (t) => libc.setsockopt(event(t), SOL_SOCKET, SO_SNDBUF, cell(1), 4)],
    ["shutdown", E.ENOTSOCK, (t) => libc.shutdown(event(t), kernel.SHUT_RDWR)],
    ["close", E.EBADF, () => libc.close(-1)],
    ["recv", E.EAGAIN, (t) => libc.recv(pair(t)[0], whole(new Pinned(1)), 1, 0)],
    [
      "send",
      E.EPIPE,
      (t) => {
        const [here] = pair(t);
        libc.shutdown(here, kernel.SHUT_WR);
        return libc.send(here, whole(pinned("a")), 1, MSG_NOSIGNAL);
      },
    ],
    ["sendfile", E.EBADF, (t) => libc.sendfile(pair(t)[0], -1, 0n, 1)],
    ["ioctl", E.ENOTTY, (t) => libc.ioctl(file(t, ""), SIOCOUTQ, whole(new Pinned(4)))],
    ["preadv2", E.EBADF, () => libc.preadv2(-1, new PinnedVector(1).address, 1, 0n, 0)],
    ["statx", E.ENOENT, () => libc.statx(AT_FDCWD, text("/nowhere"), 0, STATX_INO, whole(new Pinned(256)))],
    ["getrusage", E.EINVAL, () => libc.getrusage(-100, whole(new Pinned(144)))],
    ["eventfd", E.EINVAL, () => libc.eventfd(0, -1)],
    ["eventfd_read", E.EBADF, () => libc.eventfd_read(-1, whole(new Pinned(8)))],
    ["eventfd_write", E.EBADF, () => libc.eventfd_write(-1, 1)],
    ["epoll_create1", E.EINVAL, () => libc.epoll_create1(-1)],
    ["epoll_ctl", E.EEXIST, (t) => again(epoll(t), event(t))],
    ["epoll_wait", E.EINVAL, (t) => libc.epoll_wait(epoll(t), whole(new Pinned(16)), 0, 0)],
    ["clock_gettime", E.EINVAL, () => libc.clock_gettime(99, whole(new Pinned(16)))],
    ["openat2", E.ENOENT, () => libc.openat2(AT_FDCWD, text("/nowhere"), how(), 24)],
    ["openat2", E.EINVAL, () => libc.openat2(AT_FDCWD, text("."), how(), 8)],
  ];
  const nobodyThere = (fd: number): number => libc.listen(fd, 1) + libc.accept4(fd, 0n, 0n, 0);
  const again = (epollFd: number, fd: number): number => {
    const change = new Pinned(16);
    libc.epoll_ctl(epollFd, EPOLL_CTL_ADD, fd, whole(change));
    return libc.epoll_ctl(epollFd, EPOLL_CTL_ADD, fd, whole(change));
  };
  for (const [name, number, call] of refusals) {
    const code = getSystemErrorName(-number);
    test(`libc.${name}() is -1 where the kernel says ${code}, and systemError() says so`, (t) => {
      assert.equal(call(t), -1);
      const error = systemError(name);
      assert.deepEqual([error.code, error.errno, error.syscall], [code, -number, name]);
      assert.equal(error.message, `${name}: ${code}`);
    });
  }
  test("libc has a refusal for each call", () => {
    assert.deepEqual(new Set(refusals.map(([name]) => name)), new Set(Object.keys(succeeds)));
  });

  const numbers: [given: number, arrives: bigint][] = [
    [0, 0n],
    [1, 1n],
    [2 ** 31 - 1, 2n ** 31n - 1n],
    [2 ** 31, 2n ** 31n],
    [2 ** 32 - 2, 2n ** 32n - 2n],
    [2 ** 32 - 1, 2n ** 32n - 1n],
    [-1, 2n ** 32n - 1n],
    [-(2 ** 31), 2n ** 31n],
  ];
  const value = new Pinned(8);
  const written = (fd: number, count: number): bigint => {
    assert.equal(libc.eventfd_write(fd, count), 0);
    // A read gives the whole count. With a count of 0 there is nothing to read.
    value.bytes.writeBigUInt64LE(0n);
    libc.eventfd_read(fd, whole(value));
    return value.bytes.readBigUInt64LE();
  };
  for (const [given, arrives] of numbers) {
    test(`libc gives the kernel the 32 bits of ${given}, and nothing above them`, (t) => {
      const fd = opened(t, libc.eventfd(given, EFD_NONBLOCK_CLOEXEC));
      assert.equal(libc.eventfd_read(fd, whole(value)) === 0 ? value.bytes.readBigUInt64LE() : 0n, arrives);
      assert.equal(written(fd, given), arrives);
    });
  }

  test("libc gives the kernel the same numbers when its code is optimised", (t) => {
    const fd = opened(t, libc.eventfd(0, EFD_NONBLOCK_CLOEXEC));
    for (let count = 0; count < 50_000; count++) {
      const [given, arrives] = numbers[count % numbers.length]!;
      if (written(fd, given) !== arrives) assert.fail(`${given} arrived as ${value.bytes.readBigUInt64LE()}`);
      if (libc.close(-1 - (count % 3)) !== -1 || errno() !== E.EBADF) assert.fail(`close gave ${errno()}`);
    }
  });

  test("errno() gives the reason of our last failed call, whatever the process has called since", () => {
    assert.equal(libc.close(-1), -1);
    // Node's call fails too, and leaves its own reason in errno(3).
    assert.throws(() => statSync("/no such file"));
    assert.equal(errno(), E.EBADF);
  });
  const PAGE_BYTES = libcPages.getpagesize();
  const mapped = (t: TestContext, content: string): bigint => {
    const address = libcPages.mmap(PAGE_BYTES, kernel.PROT_READ, kernel.MAP_SHARED, file(t, content), 0n);
    assert.notEqual(address, kernel.MAP_FAILED);
    t.after(() => libcPages.munmap(address, PAGE_BYTES));
    return address;
  };

  test("libcPages.mmap() gives the address of a file's content, with all of its 64 bits", async (t) => {
    const { ffi } = await import("./ffi.ts");
    const address = mapped(t, "mapped");
    assert.equal(Buffer.from(ffi.toArrayBuffer(address, 6, false)).toString(), "mapped");
  });

  test("libcPages.mmap() is MAP_FAILED for what is not open", () => {
    for (let count = 0; count < 20_000; count++) {
      const address = libcPages.mmap(PAGE_BYTES, kernel.PROT_READ, kernel.MAP_SHARED, -1, 0n);
      if (address !== kernel.MAP_FAILED) assert.fail(`mmap gave ${address}`);
    }
  });

  test("libcPages.mincore() says that a page is in memory, and refuses an address between two pages", (t) => {
    const vector = new Pinned(1);
    const address = mapped(t, "x");
    assert.equal(libcPages.mincore(address, PAGE_BYTES, whole(vector)), 0);
    assert.equal(vector.bytes[0]! & 1, 1);
    assert.equal(libcPages.mincore(address + 1n, PAGE_BYTES, whole(vector)), -1);
    assert.equal(errno(), E.EINVAL);
  });

  test("libcPages.munmap() refuses an address between two pages", (t) => {
    assert.equal(libcPages.munmap(mapped(t, "x") + 1n, PAGE_BYTES), -1);
    assert.equal(errno(), E.EINVAL);
  });

  test("libcPages.fstatfs() says what Node's statfs says, and refuses what is not open", async (t) => {
    const result = new Pinned(256);
    assert.equal(libcPages.fstatfs(file(t, ""), whole(result)), 0);
    assert.equal(result.bytes.readBigInt64LE(), statfsSync(tmpdir(), { bigint: true }).type);
    assert.equal(libcPages.fstatfs(-1, whole(result)), -1);
    assert.equal(errno(), E.EBADF);
  });

  test("libcPages.cachestat() counts pages, or says that it cannot", (t) => {
    const [range, result] = [new Pinned(16), new Pinned(40)];
    const count = libcPages.cachestat(file(t, "x"), whole(range), whole(result));
    const code = count === 0 ? "" : getSystemErrorName(-errno());
    // Before Linux 6.5, and in sandboxes that do not know the call.
    assert.match(code, /^(|ENOSYS|EPERM)$/);
    assert.equal(libcPages.cachestat(-1, whole(range), whole(result)), -1);
  });
}
