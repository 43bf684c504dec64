// Registered descriptors come back with their events. The layout of struct epoll_event differs between machines, and a
// wrong one shows with the second ready descriptor at the latest.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Epoll as EpollType } from "./epoll.ts";

if (process.platform === "linux") {
  const { Epoll } = await import("./epoll.ts");
  const { EFD_NONBLOCK_CLOEXEC, EPOLLIN, EPOLLOUT, libc } = await import("../../linux/libc.ts");
  const { Pinned } = await import("../../linux/pinned.ts");

  const eightBytes = new Pinned(8);
  const drain = (fd: number): number => libc.eventfd_read(fd, eightBytes.at(0, 8));

  const openEpoll = (t: TestContext): EpollType => {
    const epoll = new Epoll();
    t.after(() => epoll.close());
    return epoll;
  };
  /** Always writable; readable when `count` is not 0. */
  const openEvents = (t: TestContext, length: number, count = 1): number[] => {
    const fds = Array.from({ length }, () => libc.eventfd(count, EFD_NONBLOCK_CLOEXEC));
    t.after(() => fds.forEach(libc.close));
    return fds;
  };
  const readyOf = (epoll: EpollType): [fd: number, events: number][] =>
    Array.from({ length: epoll.wait(0) }, (_, index) => [epoll.fdAt(index), epoll.eventsAt(index)]);

  test("Epoll gives hundreds of ready descriptors back, each with its own events", (t) => {
    const epoll = openEpoll(t);
    const watched = openEvents(t, 450).map((fd, index) => [fd, [EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT][index % 3]!]);
    for (const [fd, events] of watched) epoll.add(fd!, events!);
    assert.deepEqual(readyOf(epoll), watched);
  });

  test("Epoll gives the descriptors that do not fit one wait with the next", (t) => {
    const epoll = openEpoll(t);
    const fds = openEvents(t, 1100);
    for (const fd of fds) epoll.add(fd, EPOLLIN);
    const found: number[] = [];
    for (let ready = readyOf(epoll); ready.length > 0; ready = readyOf(epoll)) {
      for (const [fd] of ready) {
        found.push(fd);
        drain(fd);
      }
    }
    assert.deepEqual(found, fds);
  });

  test("Epoll is level-triggered: an event that is not handled comes again", (t) => {
    const epoll = openEpoll(t);
    const [fd] = openEvents(t, 1) as [number];
    epoll.add(fd, EPOLLIN);
    for (let count = 0; count < 3; count++) assert.deepEqual(readyOf(epoll), [[fd, EPOLLIN]]);
    drain(fd);
    assert.deepEqual(readyOf(epoll), []);
  });

  test("Epoll.change() changes what a descriptor is watched for, to nothing as well", (t) => {
    const epoll = openEpoll(t);
    const [fd, other] = openEvents(t, 2) as [number, number];
    epoll.add(other, EPOLLIN);
    epoll.add(fd, EPOLLIN);
    epoll.change(fd, EPOLLOUT);
    assert.deepEqual(new Map(readyOf(epoll)).get(fd), EPOLLOUT);
    epoll.change(fd, 0);
    assert.deepEqual(readyOf(epoll), [[other, EPOLLIN]]);
    epoll.change(fd, EPOLLIN | EPOLLOUT);
    assert.deepEqual(new Map(readyOf(epoll)).get(fd), EPOLLIN | EPOLLOUT);
  });

  test("Epoll.remove() ends the watching, may be repeated, and leaves the others", (t) => {
    const epoll = openEpoll(t);
    const [fd, other] = openEvents(t, 2) as [number, number];
    epoll.add(fd, EPOLLIN);
    epoll.add(other, EPOLLIN);
    epoll.remove(fd);
    epoll.remove(fd);
    assert.deepEqual(readyOf(epoll), [[other, EPOLLIN]]);
    epoll.add(fd, EPOLLIN);
    assert.equal(readyOf(epoll).length, 2);
  });

  test("Epoll forgets a descriptor that is closed", (t) => {
    const epoll = openEpoll(t);
    const fd = libc.eventfd(1, EFD_NONBLOCK_CLOEXEC);
    epoll.add(fd, EPOLLIN);
    assert.equal(readyOf(epoll).length, 1);
    libc.close(fd);
    assert.deepEqual(readyOf(epoll), []);
  });

  test("Epoll.wait() wakes for what becomes ready, and waits no longer than it is told to", (t) => {
    const epoll = openEpoll(t);
    const [fd] = openEvents(t, 1, 0) as [number];
    epoll.add(fd, EPOLLIN);
    assert.equal(epoll.wait(0), 0);
    assert.equal(epoll.wait(1), 0);
    libc.eventfd_write(fd, 1);
    assert.equal(epoll.wait(60_000), 1);
  });

  const failures: [what: string, code: string, call: (epoll: EpollType, fd: number) => void][] = [
    ["add() of no descriptor", "EBADF", (epoll) => epoll.add(-1, EPOLLIN)],
    ["add() of itself", "EINVAL", (epoll) => epoll.add(epoll.fd, EPOLLIN)],
    ["change() of what is not watched", "ENOENT", (epoll, fd) => epoll.change(fd, EPOLLIN)],
    ["change() of a closed descriptor", "EBADF", (epoll) => epoll.change(131_071, EPOLLIN)],
    [
      "add() of what is watched already",
      "EEXIST",
      (epoll, fd) => {
        epoll.add(fd, EPOLLIN);
        epoll.add(fd, EPOLLIN);
      },
    ],
  ];
  for (const [what, code, call] of failures) {
    test(`Epoll throws ${code} for ${what}`, (t) => {
      const epoll = openEpoll(t);
      const [fd] = openEvents(t, 1) as [number];
      assert.throws(() => call(epoll, fd), { code, syscall: "epoll_ctl", message: `epoll_ctl: ${code}` });
    });
  }
}
