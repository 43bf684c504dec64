// Several listeners of one server: addresses, Unix sockets with and without a file, and inherited sockets, together.
import assert from "node:assert/strict";
import { once } from "node:events";
import { BoundSocket, connect, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { systemError } from "../src/linux/libc.ts";
import { createServer, type ServerEvent } from "../src/server.ts";
import { Command } from "./support/command.ts";
import { TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { until } from "./support/until.ts";

const skip = process.platform === "linux" ? false : "needs Linux";
const MODES = [1, 2, "per-connection"] as const;

/** The reply at a URL of the server: http://host:port/, or unix:path. */
async function ask(url: string): Promise<string> {
  const [, path] = /^unix:(.*)$/.exec(url) ?? [];
  const { hostname, port } = path === undefined ? new URL(url) : { hostname: "", port: "" };
  const socket =
    path === undefined
      ? connect(Number(port), hostname.replace(/^\[(.*)\]$/, "$1"))
      : connect(path.replace(/^@/, "\0"));
  await once(socket, "connect");
  socket.end("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  return text(socket);
}

for (const transport of TRANSPORTS) {
  for (const threads of MODES) {
    test(`a server listens on several addresses, ${transport}, threads ${threads}`, async (t) => {
      const root = makeSite(t, { "index.html": "several" });
      const events: ServerEvent[] = [];
      const listen = ["127.0.0.1:0", { host: "::1", port: 0 }, "localhost:0"];
      const onEvent = (event: ServerEvent): void => void events.push(event);
      const server = createServer({ root, transport, threads, trace: true, listen, onEvent });
      t.after(() => server.close({ graceMs: 0 }));
      await server.listen();
      assert.equal(server.urls.length, 3);
      for (const url of server.urls) assert.match(await ask(url), /^HTTP\/1\.1 200 .*several$/s);
      // The trace says where each connection came to.
      const traced = (): string => events.map((event) => (event.kind === "trace" ? event.text : "")).join("\n");
      const names = ["127.0.0.1:0", "[::1]:0", "localhost:0"];
      await until(() => names.every((name) => traced().includes(` at ${name}`)));
    });
  }

  test(`a listener that cannot be opened closes the others, and is named, ${transport}`, async (t) => {
    const root = makeSite(t);
    const taken = createTcpServer().listen(0, "127.0.0.1");
    t.after(() => taken.close());
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const free = new BoundSocket({ host: "127.0.0.1" });
    const freePort = free.address().port;
    free.close();
    const listen = [`127.0.0.1:${freePort}`, `127.0.0.1:${port}`];
    const server = createServer({ root, transport, threads: 1, listen });
    await assert.rejects(server.listen(), { code: "EADDRINUSE" });
    const again = createServer({ root, transport, threads: 1, listen: listen[0]! });
    await again.listen();
    await again.close({ graceMs: 0 });
    const command = new Command(t, [root, "--no-config", ...listen.flatMap((one) => ["--listen", one])]);
    assert.equal(await command.ended(), 1);
    assert.match(command.stderr, new RegExp(`^heddle: port ${port} is in use on 127\\.0\\.0\\.1\\. .*--listen`, "m"));
  });
}

test("a server listens on addresses, Unix sockets and inherited sockets together", { skip }, async (t) => {
  const { libc } = await import("../src/linux/libc.ts");
  const folder = makeSite(t, { "index.html": "mixed" });
  const bound = new BoundSocket({ host: "127.0.0.1" });
  t.after(() => bound[Symbol.dispose]());
  if (libc.listen(bound.fd(), 64) < 0) throw systemError("listen");
  const path = join(folder, "a.sock");
  const name = `@heddle-test-${process.pid}`;
  const listen = ["127.0.0.1:0", `unix:${path}`, `unix:${name}`, "fd:3"];
  const argv = [folder, "--no-config", "--threads", "2", ...listen.flatMap((one) => ["--listen", one])];
  const command = new Command(t, argv, { descriptors: [bound.fd()] });
  const line = (await command.printed(/ on (.*) with /))[1]!;
  const urls = line.split(" and ");
  assert.deepEqual(urls.slice(1), [`unix:${path}`, `unix:${name}`, `http://127.0.0.1:${bound.address().port}/`]);
  for (const url of urls) assert.match(await ask(url), /mixed$/, url);
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
  // The name is free again at once.
  const next = createServer({ root: folder, socket: name, threads: 1 });
  await next.listen();
  assert.equal(next.url, `unix:${name}`);
  await next.close({ graceMs: 0 });
});

test("an abstract name that another program has is told", { skip }, async (t) => {
  const root = makeSite(t);
  const name = `@heddle-taken-${process.pid}`;
  const server = createServer({ root, socket: name, threads: 1 });
  t.after(() => server.close({ graceMs: 0 }));
  await server.listen();
  const command = new Command(t, [root, "--no-config", "--listen", `unix:${name}`]);
  assert.equal(await command.ended(), 1);
  assert.match(command.stderr, new RegExp(`^heddle: another program listens on ${name}\\. `));
});

test("the portable transport refuses a Unix socket in words", async (t) => {
  const listen = ["127.0.0.1:0", "unix:a.sock"];
  const server = createServer({ root: makeSite(t), transport: "portable", threads: 1, listen });
  await assert.rejects(server.listen(), /^OptionError: listen\[1\]: found .*a\.sock", wanted host and port, because/);
});

/** Of three sockets, the first and the third are called "web". */
async function withNames(t: TestContext, listen: readonly string[], transport: string): Promise<void> {
  const { libc } = await import("../src/linux/libc.ts");
  const folder = makeSite(t, { "index.html": "named", "heddle.config.json": JSON.stringify({ listen }) });
  const bounds = [0, 1, 2].map(() => new BoundSocket({ host: "127.0.0.1" }));
  t.after(() => {
    for (const bound of bounds) bound[Symbol.dispose]();
  });
  for (const bound of bounds) if (libc.listen(bound.fd(), 64) < 0) throw systemError("listen");
  const command = new Command(t, [folder, "--config", join(folder, "heddle.config.json"), "--transport", transport], {
    descriptors: bounds.map((bound) => bound.fd()),
    environment: { LISTEN_FDS: "3", LISTEN_FDNAMES: "web:other:web" },
    hasListenPid: true,
  });
  const line = (await command.printed(/ on (.*) with /))[1]!;
  const [first, , third] = bounds.map((bound) => `http://127.0.0.1:${bound.address().port}/`);
  const urls = line.split(" and ");
  assert.deepEqual(urls.slice(0, 2), [first, third]);
  assert.equal(urls.length, 3);
  for (const url of urls) assert.match(await ask(url), /named$/, url);
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
}

for (const transport of TRANSPORTS) {
  test(`names of LISTEN_FDNAMES select sockets of systemd, beside a port, ${transport}`, { skip }, (t) =>
    withNames(t, ["fd:web", "127.0.0.1:0"], transport),
  );
}

test("a name that no socket has is told, with those that there are", { skip }, async (t) => {
  const server = createServer({ root: makeSite(t), listen: "fd:web", threads: 1 });
  await assert.rejects(server.listen(), /^OptionError: listen: found "fd:web", wanted the name of a socket of systemd/);
});
