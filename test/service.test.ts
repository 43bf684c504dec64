// The command as a service: it takes over sockets that its parent has opened, leaves them open for the next server, and
// tells the service manager what it does. The parent here is the test; test/deploy has systemd's own tools.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { BoundSocket, connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { IPPROTO_TCP, systemError, TCP_NODELAY } from "../src/linux/libc.ts";
import { createServer } from "../src/server.ts";
import { listenAt } from "../src/transport/kernel/listener.ts";
import { Command } from "./support/command.ts";
import { openClient } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;
const F_DUPFD_CLOEXEC = 1030;
const skip = process.platform === "linux" ? false : "needs Linux";

interface Listening {
  readonly fd: number;
  readonly host: string;
  readonly port: number;
}

/** A listening socket from which the test accepts nothing: Node would take each connection that a server of it hears of. */
async function listen(t: TestContext, host = "127.0.0.1"): Promise<Listening> {
  const { libc } = await import("../src/linux/libc.ts");
  const bound = new BoundSocket({ host });
  t.after(() => bound[Symbol.dispose]());
  if (libc.listen(bound.fd(), 64) < 0) throw systemError("listen");
  return { fd: bound.fd(), host, port: bound.address().port };
}

/** The reply to a request that is sent right away, whether a server accepts already or not. */
async function ask(place: { host: string; port: number } | { path: string }): Promise<string> {
  const socket = "path" in place ? connect(place.path) : connect(place.port, place.host);
  await once(socket, "connect");
  socket.end("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  return text(socket);
}

const FIXED = ["--no-config", "--threads", "1"];

for (const transport of ["kernel", "portable"]) {
  for (const threads of ["1", "per-connection"]) {
    test(`--fd serves on sockets of the parent, ${transport}, threads ${threads}`, { skip }, async (t) => {
      const root = makeSite(t, { "index.html": "inherited" });
      const first = await listen(t);
      const second = await listen(t, "::1");
      const argv = [root, "--fd", "3", "--fd", "4", "--transport", transport, "--threads", threads, "--no-config"];
      const command = new Command(t, argv, { descriptors: [first.fd, second.fd] });
      const line = (await command.printed(/ on (.*) with /))[1];
      assert.equal(line, `http://127.0.0.1:${first.port}/ and http://[::1]:${second.port}/`);
      for (const place of [first, second]) assert.match(await ask(place), /^HTTP\/1\.1 200 .*inherited$/s);
      command.kill("SIGTERM");
      assert.equal(await command.ended(), 0);
    });
  }

  test(`a connection that comes between two servers waits in the parent's socket, ${transport}`, {
    skip,
  }, async (t) => {
    const root = makeSite(t, { "index.html": "inherited" });
    const place = await listen(t);
    const argv = [root, "--fd", "3", "--transport", transport, ...FIXED];
    for (let round = 0; round < 2; round++) {
      const reply = ask(place); // nobody listens yet, or any more
      const command = new Command(t, argv, { descriptors: [place.fd] });
      assert.match(await reply, /inherited$/);
      await command.printed(/ serving /);
      command.kill("SIGTERM");
      assert.equal(await command.ended(), 0);
    }
  });
}

/** TCP_NODELAY of the accepted connections at this port, whose descriptors are this process's. */
async function noDelaysAt(port: number): Promise<number[]> {
  const { rareCall } = await import("../src/linux/rare-calls.ts");
  const { Pinned } = await import("../src/linux/pinned.ts");
  const [value, length] = [new Pinned(128), new Pinned(4)];
  const ask = (call: () => number): Buffer => {
    length.bytes.writeUInt32LE(128);
    call();
    return value.bytes;
  };
  const optionOf = (fd: number, level: number, name: number): number =>
    ask(() => rareCall("getsockopt", fd, level, name, value.at(0, 128), length.at(0, 4))).readInt32LE();
  const fds = readdirSync("/proc/self/fd")
    .map(Number)
    .filter((fd) => {
      try {
        const isHere =
          ask(() => rareCall("getsockname", fd, value.at(0, 128), length.at(0, 4))).readUInt16BE(2) === port;
        return isHere && optionOf(fd, SOL_SOCKET, SO_ACCEPTCONN) === 0;
      } catch {
        return false; // it is no socket
      }
    });
  return fds.map((fd) => optionOf(fd, IPPROTO_TCP, TCP_NODELAY));
}

for (const transport of ["kernel", "portable"] as const) {
  test(`a connection that came before the server does not wait for acknowledgements, ${transport}`, {
    skip,
  }, async (t) => {
    const root = makeSite(t, { "index.html": "inherited" });
    const place = await listen(t);
    const client = await openClient(t, place);
    // The server closes what it is given, and so does the test.
    const { rareCall } = await import("../src/linux/rare-calls.ts");
    const fd = rareCall("fcntl", place.fd, F_DUPFD_CLOEXEC, 3);
    const server = createServer({ fd, root, transport, threads: 1 });
    t.after(() => server.close({ graceMs: 0 }));
    await server.listen();
    assert.equal((await client.request("GET", "/")).body.toString(), "inherited");
    assert.deepEqual(await noDelaysAt(place.port), [1]);
  });
}

test("--fd serves on a Unix socket of the parent, which stays when the server stops", { skip }, async (t) => {
  const root = makeSite(t, { "index.html": "inherited" });
  const path = join(root, "web.sock");
  const listener = await listenAt(path, 0o600);
  t.after(() => listener.close());
  const command = new Command(t, [root, "--fd", "3", ...FIXED], { descriptors: [listener.fd] });
  assert.equal((await command.printed(/ on (.*) with /))[1], `unix:${path}`);
  assert.match(await ask({ path }), /inherited$/);
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
  const reply = ask({ path });
  new Command(t, [root, "--fd", "3", ...FIXED], { descriptors: [listener.fd] });
  assert.match(await reply, /inherited$/);
});

test("the portable transport refuses a Unix socket of the parent, and ends", { skip }, async (t) => {
  const root = makeSite(t);
  const listener = await listenAt(join(root, "web.sock"), 0o600);
  t.after(() => listener.close());
  const first = await listen(t);
  const argv = [root, "--fd", "3", "--fd", "4", "--transport", "portable", ...FIXED];
  const command = new Command(t, argv, { descriptors: [first.fd, listener.fd] });
  assert.equal(await command.ended(), 1);
  assert.equal(
    command.stderr,
    "heddle: --fd: found 4, wanted a TCP socket, because a Unix socket needs the kernel transport\n",
  );
});

test("--fd refuses a descriptor that does not listen", { skip }, async (t) => {
  const command = new Command(t, [makeSite(t), "--fd", "1000", ...FIXED]);
  assert.equal(await command.ended(), 1);
  assert.match(
    command.stderr,
    /^heddle: --fd: found 1000, wanted the descriptor of a listening socket \(it is not open\)\n$/,
  );
});

test("the service manager is told of the start, each reload and the stop", { skip }, async (t) => {
  const { NotifySocket } = await import("./support/notify-socket.ts");
  const folder = makeSite(t, {
    "site/index.html": "",
    "heddle.config.json": '{ "root": "site", "port": 0, "threads": 1 }',
  });
  const address = `@heddle-notify-${process.pid}`;
  const manager = new NotifySocket(t, address);
  const command = new Command(t, [], { cwd: folder, environment: { NOTIFY_SOCKET: address } });
  assert.match(await manager.next(), /^READY=1\nSTATUS=serves .* on http:/);
  const before = process.hrtime.bigint() / 1000n;
  command.kill("SIGHUP");
  const [, at] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)\n/.exec(await manager.next())!;
  assert.ok(BigInt(at!) >= before && BigInt(at!) <= process.hrtime.bigint() / 1000n);
  assert.match(await manager.next(), /^READY=1\nSTATUS=.*last reload/);
  writeFileSync(join(folder, "heddle.config.json"), '{ "prot": 1 }');
  command.kill("SIGHUP");
  assert.match(await manager.next(), /^RELOADING=1\n/);
  assert.match(await manager.next(), /^READY=1\nSTATUS=refused /);
  command.kill("SIGTERM");
  assert.match(await manager.until(/STOPPING/), /^STOPPING=1\n/);
  assert.equal(await command.ended(), 0);
});

test("the watchdog hears of a healthy server, again and again", { skip }, async (t) => {
  const { NotifySocket } = await import("./support/notify-socket.ts");
  const address = `@heddle-watchdog-${process.pid}`;
  const manager = new NotifySocket(t, address);
  const environment = { NOTIFY_SOCKET: address, WATCHDOG_USEC: "50000" };
  new Command(t, [makeSite(t), "--port", "0", ...FIXED], { environment });
  await manager.until(/READY/);
  for (let count = 0; count < 3; count++) assert.equal(await manager.next(), "WATCHDOG=1");
});

test("a service manager that cannot be told is a warning, once", { skip }, async (t) => {
  const environment = { NOTIFY_SOCKET: `@heddle-nobody-${process.pid}` };
  const command = new Command(t, [makeSite(t), "--port", "0", ...FIXED], { environment });
  await command.complained(/^heddle: the service manager at @heddle-nobody-\d+ cannot be told: .*ECONNREFUSED\n/);
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
  assert.equal(command.stderr.split("\n").length, 2);
});
