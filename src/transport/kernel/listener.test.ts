// The files that may be at a path when a server wants to listen there, and those that are left when it stops.
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { BoundSocket, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import type { Listener } from "./listener.ts";

if (process.platform === "linux") {
  const { listenAt, listenBound } = await import("./listener.ts");
  const { libc, SOCK_CLOEXEC } = await import("../../linux/libc.ts");
  const { bindMultipath, findMptcpObstacle } = await import("../../linux/mptcp.ts");
  const folder = mkdtempSync(join(tmpdir(), "heddle-listener-"));
  after(() => rmSync(folder, { recursive: true }));
  let count = 0;

  const newPath = (): string => join(folder, String(++count));

  async function open(t: TestContext, path: string, mode = 0o660): Promise<Listener> {
    const listener = await listenAt(path, mode);
    t.after(() => {
      listener.refuse();
      listener.close();
    });
    return listener;
  }

  test("listenAt() lets connections in, with the requested mode under any umask", async (t) => {
    for (const mode of [0o600, 0o660, 0o666]) {
      const path = newPath();
      await open(t, path, mode);
      assert.equal(lstatSync(path).mode & 0o777, mode);
      await connects(path);
    }
  });

  test("listenAt() takes the longest path that there can be", async (t) => {
    const path = join(folder, "x".repeat(106 - folder.length));
    assert.equal(Buffer.byteLength(path), 107);
    await open(t, path);
    await connects(path);
  });

  test("listenAt() takes the place of a socket that nobody listens at", async (t) => {
    const path = newPath();
    await leaveStale(path);
    await assert.rejects(connects(path), { code: "ECONNREFUSED" });
    await open(t, path);
    await connects(path);
  });

  test("listenAt() leaves a socket to the server that listens at it", async (t) => {
    const path = newPath();
    await open(t, path);
    await assert.rejects(listenAt(path, 0o660), { code: "EADDRINUSE" });
    await connects(path);
  });

  const others: [what: string, make: (path: string) => void][] = [
    ["a file", (path) => writeFileSync(path, "precious")],
    ["a folder", (path) => mkdirSync(path)],
    ["a link that leads nowhere", (path) => symlinkSync("nowhere", path)],
  ];
  for (const [what, make] of others) {
    test(`listenAt() never takes the place of ${what}`, async () => {
      const path = newPath();
      make(path);
      const { ino } = lstatSync(path);
      await assert.rejects(listenAt(path, 0o660), { code: "ENOTSOCK" });
      assert.equal(lstatSync(path).ino, ino);
    });
  }

  test("listenAt() rejects with the system's error and leaves nothing open", async () => {
    const before = readdirSync("/proc/self/fd").length;
    await assert.rejects(listenAt(join(folder, "missing", "socket"), 0o660), { code: "ENOENT" });
    assert.equal(readdirSync("/proc/self/fd").length, before);
  });

  test("refuse() removes the path and refuses the clients that wait", async (t) => {
    const path = newPath();
    const listener = await open(t, path);
    const waiting = connect({ path });
    await once(waiting, "connect");
    listener.refuse();
    assert.equal(existsSync(path), false);
    await once(waiting.resume(), "close");
    listener.refuse();
  });

  test("hold() removes the path, and the clients that wait can be accepted", async (t) => {
    const path = newPath();
    const listener = await open(t, path);
    assert.equal(listener.isAwaited, false);
    const waiting = connect({ path });
    await once(waiting, "connect");
    listener.hold();
    assert.equal(existsSync(path), false);
    assert.equal(listener.isAwaited, true);
    libc.close(libc.accept4(listener.fd, 0n, 0n, SOCK_CLOEXEC));
    await once(waiting.resume(), "close");
    assert.equal(listener.isAwaited, false);
  });

  function multipathAt(bound: BoundSocket): Parameters<typeof listenBound>[0] {
    const fd = bindMultipath(bound.fd());
    const address = bound.address();
    bound.close();
    return { fd: () => fd, address: () => address, [Symbol.dispose]: () => void libc.close(fd) };
  }

  const obstacle = findMptcpObstacle();
  for (const protocol of ["plain TCP", "Multipath TCP"]) {
    const skip = protocol === "Multipath TCP" && obstacle;
    test(`hold() keeps new clients of a port waiting, until it is closed, ${protocol}`, { skip }, async (t) => {
      const bound = new BoundSocket({ host: "127.0.0.1", port: 0 });
      const listener = listenBound(protocol === "plain TCP" ? bound : multipathAt(bound));
      t.after(() => listener.close());
      const waiting = connect(listener.port, "127.0.0.1");
      await once(waiting, "connect");
      listener.hold();
      const late = connect(listener.port, "127.0.0.1");
      const refused = assert.rejects(once(late, "connect"), { code: "ECONNREFUSED" });
      assert.equal(listener.isAwaited, true);
      libc.close(libc.accept4(listener.fd, 0n, 0n, SOCK_CLOEXEC));
      // The client's kernel asks again after a second.
      await once(waiting.resume(), "close");
      assert.equal(listener.isAwaited, false);
      listener.refuse();
      await refused;
      // Nothing of it is left at the port.
      new BoundSocket({ host: "127.0.0.1", port: listener.port }).close();
    });
  }

  test("refuse() leaves the file that another server has put at the path", async (t) => {
    const path = newPath();
    const first = await open(t, path);
    renameSync(path, newPath());
    await open(t, path);
    first.refuse();
    await connects(path);
  });
}

async function connects(path: string): Promise<void> {
  const socket = connect({ path });
  await once(socket, "connect");
  socket.destroy();
}

/** Leaves a socket as a killed server does. Node removes only the name that it knows, so the file gets another one. */
async function leaveStale(path: string): Promise<void> {
  const server = createServer().listen(`${path}.moves`);
  await once(server, "listening");
  renameSync(`${path}.moves`, path);
  server.close();
  await once(server, "close");
}
