import assert from "node:assert/strict";
import { BoundSocket } from "node:net";
import { test } from "node:test";
import { countDescriptors } from "../../test/support/site.ts";

if (process.platform === "linux") {
  const { libc, SOCK_STREAM, IPPROTO_TCP } = await import("./libc.ts");
  const { bindMultipath, findMptcpObstacle, isMultipath } = await import("./mptcp.ts");
  const { optionOf, placeOf } = await import("./inherited-socket.ts");
  const { Pinned } = await import("./pinned.ts");
  const obstacle = findMptcpObstacle();
  const one = new Pinned(4);
  const LIBC = { socket: libc.socket.bind(libc), setsockopt: libc.setsockopt.bind(libc) };

  /** Calls that fail as socket(2) does where a kernel has no such sockets. */
  const refusals: { errno: string; fail: () => number; wanted: string }[] = [
    {
      errno: "ENOPROTOOPT",
      fail: () => onSocket((fd) => libc.setsockopt(fd, IPPROTO_TCP, 9999, one.at(0, 4), 4)),
      wanted: "net.mptcp.enabled is 0",
    },
    {
      errno: "EPROTONOSUPPORT",
      fail: () => libc.socket(2, SOCK_STREAM, 17),
      wanted: "this kernel was built without it",
    },
    { errno: "EINVAL", fail: () => libc.socket(2, 99, 0), wanted: "this kernel is older than Linux 5.6" },
    { errno: "EBADF", fail: () => libc.shutdown(-1, 0), wanted: "the system refuses such sockets (EBADF)" },
  ];
  for (const { errno, fail, wanted } of refusals) {
    test(`findMptcpObstacle() says what ${errno} means`, () => {
      assert.equal(findMptcpObstacle({ ...LIBC, socket: fail }), wanted);
    });
  }

  test("findMptcpObstacle() wants TCP_NODELAY, and closes the socket that it has tried", () => {
    const countBefore = countDescriptors();
    const calls = { socket: () => LIBC.socket(2, SOCK_STREAM, 0), setsockopt: () => -1 };
    assert.match(findMptcpObstacle(calls)!, /^this kernel is older than Linux 5\.17/);
    assert.equal(findMptcpObstacle({ ...calls, setsockopt: () => 0 }), undefined);
    assert.equal(countDescriptors(), countBefore);
  });

  const what = obstacle === undefined ? "takes" : `does not take (${obstacle})`;
  for (const wanted of [{ host: "127.0.0.1" }, { host: "127.0.0.1", reusePort: true }, { host: "::" }]) {
    test(`bindMultipath() ${what} the address of a socket: ${JSON.stringify(wanted)}`, (t) => {
      const bound = new BoundSocket(wanted);
      t.after(() => bound.close());
      assert.equal(isMultipath(bound.fd()), false);
      if (obstacle !== undefined) return assert.throws(() => bindMultipath(bound.fd()), { syscall: "socket" });
      const fd = bindMultipath(bound.fd());
      t.after(() => libc.close(fd));
      assert.equal(isMultipath(fd), true);
      assert.deepEqual(placeOf(fd), placeOf(bound.fd()));
      const SO_REUSEPORT = 15;
      assert.equal(optionOf(fd, SO_REUSEPORT), Number(wanted.reusePort ?? false));
    });
  }

  function onSocket(call: (fd: number) => number): number {
    using bound = new BoundSocket({ host: "127.0.0.1" });
    return call(bound.fd());
  }
}
