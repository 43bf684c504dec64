// A new server takes the place of a running one while clients go on asking: none is refused, and none fails.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LOCALHOST } from "./support/certificates.ts";
import { Command } from "./support/command.ts";
import { NotifySocket } from "./support/notify-socket.ts";
import { makeSite } from "./support/site.ts";
import { until } from "./support/until.ts";

const skip = process.platform === "linux" ? false : "needs Linux";
const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

async function ask(place: { port: number; host: string } | { path: string }): Promise<string> {
  const socket = connect(place);
  await once(socket, "connect");
  socket.end(REQUEST);
  return text(socket);
}

/** Asks again and again on new connections, until it is told to stop. @returns how many were answered; throws for one that was not */
function askOn(port: number): () => Promise<number> {
  let isStopped = false;
  const one = async (): Promise<number> => {
    let count = 0;
    for (; !isStopped; count++) assert.match(await ask({ port, host: "127.0.0.1" }), /^HTTP\/1\.1 200 .*upgraded$/s);
    return count;
  };
  const all = Promise.all([one(), one(), one(), one()]);
  all.catch(() => {}); // told by the other function
  return async () => {
    isStopped = true;
    return (await all).reduce((sum, count) => sum + count, 0);
  };
}

/** The number of the process that has taken over. It is no child of ours: the end of the test ends it. */
async function successorOf(t: TestContext, command: Command): Promise<number> {
  const pid = Number((await command.printed(/process (\d+) has taken over/))[1]);
  t.after(() => end(pid, "SIGKILL"));
  return pid;
}

function end(pid: number, signal: "SIGTERM" | "SIGKILL" | "SIGUSR2"): void {
  try {
    process.kill(pid, signal);
  } catch {} // it has ended
}

async function upgrade(t: TestContext, pid: number): Promise<Command> {
  const command = new Command(t, ["upgrade", "--pid", String(pid)]);
  await command.ended();
  return command;
}

for (const transport of ["kernel", "portable"]) {
  for (const threads of ["2", "per-connection"]) {
    test(`an upgrade, and an upgrade of the upgraded server, refuse nobody, ${transport}, threads ${threads}`, {
      skip,
    }, async (t) => {
      const root = makeSite(t, { "index.html": "upgraded" });
      const argv = [root, "--no-config", "--listen", "127.0.0.1:0", "--threads", threads, "--transport", transport];
      const first = new Command(t, argv);
      const port = Number(new URL(await first.url()).port);
      const stop = askOn(port);
      const done = await upgrade(t, first.child.pid!);
      assert.equal(done.child.exitCode, 0, done.stderr);
      assert.match(done.stdout, /^heddle [\d.]+ serves as process \d+; [\d.]+, process \d+, finishes its requests/);
      const second = await successorOf(t, first);
      await until(() => first.child.exitCode !== null);
      assert.equal(first.child.exitCode, 0);
      const again = await upgrade(t, second);
      assert.equal(again.child.exitCode, 0, again.stderr);
      const third = Number(/serves as process (\d+)/.exec(again.stdout)![1]);
      t.after(() => end(third, "SIGKILL"));
      assert.ok((await stop()) > 0);
      assert.match(await ask({ port, host: "127.0.0.1" }), /upgraded$/);
      end(third, "SIGTERM");
    });
  }
}

test("a new server that cannot start leaves the running one as it is, and the reason is told", { skip }, async (t) => {
  const root = makeSite(t, { "index.html": "upgraded" });
  const config = join(root, "heddle.config.json");
  writeFileSync(config, JSON.stringify({ listen: "127.0.0.1:0" }));
  const server = new Command(t, [root, "--config", config, "--threads", "1"]);
  const port = Number(new URL(await server.url()).port);
  writeFileSync(config, JSON.stringify({ prot: 1 }));
  const failed = await upgrade(t, server.child.pid!);
  assert.equal(failed.child.exitCode, 1);
  assert.match(
    failed.stderr,
    /^heddle: the new server did not start, and process \d+ goes on: .*prot: found an unknown/,
  );
  await server.complained(/the upgrade failed, and this server goes on: .*prot/);
  assert.match(await ask({ port, host: "127.0.0.1" }), /upgraded$/);
  // It can be tried again.
  writeFileSync(config, JSON.stringify({ listen: "127.0.0.1:0" }));
  const done = await upgrade(t, server.child.pid!);
  assert.equal(done.child.exitCode, 0, done.stderr);
  end(await successorOf(t, server), "SIGTERM");
});

test("an upgrade keeps Unix sockets, and tells the service manager", { skip }, async (t) => {
  const root = makeSite(t, { "index.html": "upgraded" });
  const manager = new NotifySocket(t, `@heddle-upgrade-manager-${process.pid}`);
  const path = join(root, "a.sock");
  const name = `heddle-upgrade-test-${process.pid}`;
  const argv = [root, "--no-config", "--listen", `unix:${path}`, "--listen", `unix:@${name}`, "--threads", "1"];
  const server = new Command(t, argv, { environment: { NOTIFY_SOCKET: `@heddle-upgrade-manager-${process.pid}` } });
  await server.printed(/ serving /);
  const done = await upgrade(t, server.child.pid!);
  assert.equal(done.child.exitCode, 0, done.stderr);
  const pid = await successorOf(t, server);
  await until(() => server.child.exitCode !== null);
  assert.equal(server.child.exitCode, 0);
  for (const place of [path, `\0${name}`]) assert.match(await ask({ path: place }), /upgraded$/);
  // The former server names the new one, which speaks after that.
  assert.match(await manager.next(), /^READY=1/);
  assert.equal(await manager.next(), `MAINPID=${pid}`);
  assert.match(await manager.next(), /^READY=1/);
  end(pid, "SIGTERM");
  assert.match(await manager.next(), /^STOPPING=1/);
  // The new server has made the path its own.
  await until(() => !existsSync(path));
});

test("an upgrade keeps the Unix socket of the admin listener, and no scrape fails meanwhile", { skip }, async (t) => {
  const root = makeSite(t, { "index.html": "upgraded" });
  const path = join(root, "admin.sock");
  const config = join(root, "heddle.config.json");
  const options = { listen: "127.0.0.1:0", threads: 1, admin: path };
  writeFileSync(config, JSON.stringify(options));
  const first = new Command(t, [root, "--config", config]);
  await first.url();
  assert.equal(statSync(path).mode & 0o777, 0o660);
  const stop = scrapeOn(path);
  // A new server that does not start leaves the socket to the one that goes on.
  writeFileSync(config, JSON.stringify({ ...options, tls: { cert: "none.pem", key: "none.pem" } }));
  assert.equal((await upgrade(t, first.child.pid!)).child.exitCode, 1);
  writeFileSync(config, JSON.stringify(options));
  const done = await upgrade(t, first.child.pid!);
  assert.equal(done.child.exitCode, 0, done.stderr);
  const second = await successorOf(t, first);
  await until(() => first.child.exitCode !== null);
  const again = await upgrade(t, second);
  assert.equal(again.child.exitCode, 0, again.stderr);
  const third = Number(/serves as process (\d+)/.exec(again.stdout)![1]);
  t.after(() => end(third, "SIGKILL"));
  await until(() => hasEnded(second));
  assert.ok((await stop()) > 0);
  end(third, "SIGTERM");
  await until(() => hasEnded(third));
  assert.equal(existsSync(path), false);
});

/** Asks for metrics again and again, as `askOn` asks for a page. */
function scrapeOn(path: string): () => Promise<number> {
  let isStopped = false;
  const all = (async () => {
    let count = 0;
    for (; !isStopped; count++) {
      const socket = connect({ path });
      await once(socket, "connect");
      socket.end("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assert.match(await text(socket), /^HTTP\/1\.1 200 .*heddle_ready/s);
    }
    return count;
  })();
  all.catch(() => {}); // told by the other function
  return () => {
    isStopped = true;
    return all;
  };
}

/** It is no child of ours. */
function hasEnded(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return true;
  }
}

test("a new server that fails once it has the sockets leaves them as they are", { skip }, async (t) => {
  const root = makeSite(t, { "index.html": "upgraded" });
  const path = join(root, "a.sock");
  const busy = createServer().listen(0, "127.0.0.1");
  t.after(() => busy.close());
  await once(busy, "listening");
  const config = join(root, "heddle.config.json");
  const options = { listen: ["127.0.0.1:0", `unix:${path}`], threads: 1 };
  writeFileSync(config, JSON.stringify(options));
  const server = new Command(t, [root, "--config", config]);
  const port = Number(new URL(await server.url()).port);
  const { port: tlsRedirect } = busy.address() as AddressInfo;
  writeFileSync(config, JSON.stringify({ ...options, tls: LOCALHOST, tlsRedirect }));
  const failed = await upgrade(t, server.child.pid!);
  assert.equal(failed.child.exitCode, 1);
  assert.match(failed.stderr, /tlsRedirect/);
  for (const place of [{ port, host: "127.0.0.1" }, { path }]) assert.match(await ask(place), /upgraded$/);
});

test("SIGUSR2 alone: in the sandbox it says what to run, without one it upgrades", { skip }, async (t) => {
  const root = makeSite(t, { "index.html": "upgraded" });
  const argv = [root, "--no-config", "--listen", "127.0.0.1:0", "--threads", "1"];
  const free = new Command(t, [...argv, "--sandbox", "off"]);
  await free.url();
  await signalUntil(free.child, () => /has taken over/.test(free.stdout));
  end(await successorOf(t, free), "SIGTERM");
  const bound = new Command(t, argv);
  const line = (await bound.printed(/ serving .*/))[0];
  if (line.includes("sandbox none")) return t.diagnostic("there is no sandbox here");
  await signalUntil(bound.child, () => /Run heddle upgrade --pid/.test(bound.stderr));
});

/** A signal that comes before the server has loaded what answers it is lost. */
async function signalUntil(child: ChildProcess, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    child.kill("SIGUSR2");
    for (let tries = 0; tries < 100 && !isDone(); tries++) await sleep(10);
  }
}

test("the file with the number of the process follows upgrades, and goes with the last server", { skip }, async (t) => {
  const root = makeSite(t, { "index.html": "upgraded" });
  const pidFile = join(makeSite(t, {}), "heddle.pid");
  const words = ["--no-config", "--listen", "127.0.0.1:0", "--threads", "1", "--pid-file", pidFile];
  const server = new Command(t, [root, ...words]);
  await server.url();
  assert.equal(readFileSync(pidFile, "latin1"), `${server.child.pid}\n`);
  const command = new Command(t, ["upgrade", "--pid-file", pidFile]);
  assert.equal(await command.ended(), 0, command.stderr);
  const pid = await successorOf(t, server);
  await until(() => server.child.exitCode !== null);
  assert.equal(readFileSync(pidFile, "latin1"), `${pid}\n`);
  end(pid, "SIGTERM");
  await until(() => !existsSync(pidFile));
  const late = new Command(t, ["upgrade", `--pid-file=${pidFile}`]);
  assert.equal(await late.ended(), 2);
  assert.match(late.stderr, /heddle\.pid": there is no such file, so no server runs with it/);
});

test("a number of the process that cannot be written is a mistake, and nothing serves", { skip }, async (t) => {
  const root = makeSite(t, { "index.html": "upgraded" });
  const pidFile = join(root, "missing", "heddle.pid");
  const argv = [root, "--no-config", "--listen", "127.0.0.1:0", "--threads", "1", "--pid-file", pidFile];
  const server = new Command(t, argv);
  assert.equal(await server.ended(), 1);
  assert.match(
    server.stderr,
    /^heddle: --pid-file: found ".*", wanted the path of a file that can be written \(its folder does not exist\)\n$/,
  );
});

test("heddle upgrade refuses what is no server", { skip }, async (t) => {
  const other = spawn("sleep", ["60"]);
  t.after(() => other.kill("SIGKILL"));
  const refused = await upgrade(t, other.pid!);
  assert.equal(refused.child.exitCode, 1);
  assert.match(refused.stderr, /is no server that can be upgraded/);
  assert.equal(other.exitCode, null);
});
