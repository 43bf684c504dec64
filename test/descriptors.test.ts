// More clients than descriptors: the server does not die. Who has waited longest for a request makes room, who is
// served stays, and files can still be opened.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { ServerOptions } from "../src/server.ts";
import { scrape } from "./support/admin.ts";
import { Command } from "./support/command.ts";
import { printedPort } from "./support/printed-port.ts";
import { RawClient } from "./support/raw-client.ts";
import { WAYS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { until } from "./support/until.ts";

const MAIN = join(import.meta.dirname, "..", "src", "cli", "main.ts");

interface Child {
  readonly port: number;
  readonly child: ChildProcess;
}

async function start(t: TestContext, descriptorCount: number, options: ServerOptions): Promise<Child> {
  const root = makeSite(t, { "index.html": "still here", "other.html": "another file" });
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = `ulimit -n ${descriptorCount} && exec "$0" "$@"`;
  const child = spawn("sh", ["-c", command, process.execPath, MAIN, root, "--port", "0", "--threads", "2", ...flags]);
  t.after(() => child.kill("SIGKILL"));
  child.stderr!.resume();
  return { port: await printedPort(child), child };
}

async function openMany(t: TestContext, port: number, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  t.after(() => {
    for (const client of clients) client.close();
  });
  while (clients.length < count) {
    clients.push(...(await Promise.all(Array.from({ length: 50 }, () => RawClient.open(port)))));
  }
  return clients;
}

async function isServed(client: RawClient, path = "/"): Promise<boolean> {
  const response = await client.request("GET", path).catch(() => undefined);
  return response?.status === 200;
}

// All at once: they wait for servers that wait until a client has asked for nothing for a second.
describe("idle clients", { concurrency: true, skip: process.platform !== "linux" }, () => {
  for (const [way, options] of WAYS) {
    test(`idle clients make room when descriptors run out, by ${way}`, { timeout: 120_000 }, async (t) => {
      const { port, child } = await start(t, 128, options);
      const exited = once(child, "exit");
      const clients = await openMany(t, port, 300);
      await until(() => clients.filter((client) => client.isEnded).length >= clients.length - 128);
      // Those who are left are all connected, and those who came last are among them.
      const left = clients.filter((client) => !client.isEnded);
      const served = await Promise.all(left.map((client) => isServed(client)));
      assert.ok(clients.slice(-50).some((client) => left.includes(client)));
      assert.ok(served.filter(Boolean).length > 20, `${served}`);
      assert.ok(left.every((client, index) => served[index] || client.isEnded));
      const next = await openMany(t, port, 1);
      assert.equal((await next[0]!.request("GET", "/other.html")).body.toString(), "another file");
      child.kill("SIGINT");
      assert.deepEqual(await exited, [0, null]);
    });
  }
});

describe("idle and half-open clients", { skip: process.platform !== "linux" }, () => {
  for (const [way, options] of WAYS) {
    test(`heads that never end push out themselves, not who is served, by ${way}`, { timeout: 120_000 }, async (t) => {
      const { port } = await start(t, 256, options);
      const kept = await openMany(t, port, 50);
      for (const client of kept) assert.ok(await isServed(client));
      const halves = await openMany(t, port, 400);
      for (const client of halves) client.write("GET / HTTP/1.1\r\nHost: test\r\n");
      await until(() => halves.filter((client) => client.isEnded).length >= 100);
      const [served, [next]] = await Promise.all([
        Promise.all(kept.map((client) => isServed(client, "/other.html"))),
        openMany(t, port, 50),
      ]);
      assert.ok(served.every(Boolean));
      assert.ok(await isServed(next!));
    });
  }
});

test("a connection that cannot be accepted is counted, and served once there is a descriptor again", {
  skip: process.platform !== "linux",
}, async (t) => {
  const root = makeSite(t, { "index.html": "still here" });
  const socketPath = join(root, "admin.sock");
  const argv = [root, "--no-config", "--listen", "127.0.0.1:0", "--threads", "1", "--admin", socketPath];
  const server = new Command(t, [...argv, "--transport", "kernel"]);
  const port = Number(new URL(await server.url()).port);
  const limit = (count: number): void => {
    execFileSync("prlimit", ["--pid", String(server.child.pid), `--nofile=${count}:`]);
  };
  limit(5);
  const client = await RawClient.open(port);
  t.after(() => client.close());
  await server.complained(/accept4/);
  limit(1024);
  assert.equal(await isServed(client), true);
  const found = await scrape({ socketPath });
  assert.ok(found.get('heddle_refusals_total{code="ACCEPT_FAILED"}')! > 0);
});
