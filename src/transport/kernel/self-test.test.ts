// The calls work on this machine, and a call that does not work is noticed.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

if (process.platform === "linux") {
  const { libc } = await import("../../linux/libc.ts");
  const { selfTest } = await import("./self-test.ts");

  const mistakes: [what: string, calls: Partial<typeof libc>, message: RegExp][] = [
    ["no eventfd", { eventfd: () => libc.eventfd(0, -1) }, /^eventfd: EINVAL$/],
    ["a wake that does not arrive", { eventfd_write: () => 0 }, /^epoll_wait did not find what is ready$/],
    ["a wake of another number", { eventfd_write: (fd) => libc.eventfd_write(fd, 2) }, /another number/],
    ["no socketpair", { socketpair: () => libc.socketpair(1, 1, 0, 0n) }, /^socketpair: EFAULT$/],
    ["bytes that come from nowhere", { recv: (_fd, _address, length) => length }, /^recv gave 256 and errno \d+$/],
    ["bytes that are lost", { send: (fd, address) => libc.send(fd, address, 8, 0) }, /^recv gave other bytes/],
    ["an errno that is not", { shutdown: () => libc.shutdown(0, -1) }, /^shutdown gave -1 and errno \d+$/],
    ["a refusal that is not", { shutdown: () => 0 }, /^shutdown gave 0 and errno \d+$/],
  ];

  test("selfTest() finds that the calls work here, and leaves nothing open", () => {
    const before = readdirSync("/proc/self/fd").length;
    selfTest();
    assert.equal(readdirSync("/proc/self/fd").length, before);
  });

  for (const [what, calls, message] of mistakes) {
    test(`selfTest() notices ${what}, and leaves nothing open`, () => {
      const before = readdirSync("/proc/self/fd").length;
      assert.throws(() => selfTest({ ...libc, ...calls }), { message });
      assert.equal(readdirSync("/proc/self/fd").length, before);
    });
  }
}
