// Twenty thousand connections that nobody uses at the moment: what they cost, and that the server is there for
// others, and for them, all the same. In processes of their own, as a process may not have more descriptors than that.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Order } from "./support/idle-clients.ts";
import { RawClient } from "./support/raw-client.ts";
import { makeSite } from "./support/site.ts";

const HELD_COUNT = 20_000;
/** What a process needs besides connections, with room to spare. */
const OTHER_DESCRIPTOR_COUNT = 300;
const LIMIT_BYTES = 1024;
const CLIENT_COUNT_MAX = 10_000;
/** Descriptors that come and go: each thread looks at the file that it serves once a second. */
const FILE_COUNT = 4;
const WARM_UP_COUNT = 300;
const NODE_OPTIONS = ["--disable-warning=ExperimentalWarning"];

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly heldCount: number;
}

if (process.platform === "linux") {
  test("20,000 idle connections cost at most 1 KiB each, and nobody their reply", { timeout: 60_000 }, async (t) => {
    const root = makeSite(t, { "idle.txt": "held" });
    const shares = shareOut(HELD_COUNT, hardDescriptorLimit() - OTHER_DESCRIPTOR_COUNT);
    if (shares.length > 1) t.diagnostic(`the limit of descriptors makes it ${shares.length} servers: ${shares}`);
    const servers = await Promise.all(shares.map((heldCount) => startServer(t, root, heldCount)));
    await warmUp(t, servers);
    const before = await Promise.all(servers.map(residentBytes));
    const descriptorsBefore = servers.map(countDescriptors);

    const clients = servers.flatMap(({ port, heldCount }, index) =>
      shareOut(heldCount, CLIENT_COUNT_MAX).map((count, part) =>
        startClients(t, port, `127.0.${index}.${part + 2}`, count),
      ),
    );
    await Promise.all(clients.map(({ child, count }) => tell(child, { what: "open", count })));
    for (const [index, server] of servers.entries()) {
      const openedCount = countDescriptors(server) - descriptorsBefore[index]!;
      assert.ok(Math.abs(openedCount - server.heldCount) <= FILE_COUNT, `${openedCount} of ${server.heldCount}`);
    }
    const during = await Promise.all(servers.map(residentBytes));
    const perConnection = (sum(during) - sum(before)) / HELD_COUNT;
    t.diagnostic(`${Math.round(perConnection)} bytes for each connection`);
    assert.ok(perConnection <= LIMIT_BYTES, `${perConnection} bytes for each connection`);

    for (const { port } of servers) {
      const fresh = await RawClient.open(port);
      assert.equal((await fresh.request("GET", "/idle.txt")).body.toString(), "held");
      fresh.close();
    }
    await Promise.all(clients.map(({ child }) => tell(child, { what: "ask", count: 20 })));
    await Promise.all(clients.map(({ child }) => tell(child, { what: "close", count: 0 })));
    await Promise.all(servers.map((server, index) => descriptorsBack(server, descriptorsBefore[index]!)));
  });
}

/** Full shares, and one for the rest. */
function shareOut(count: number, most: number): number[] {
  return Array.from({ length: Math.ceil(count / most) }, (_, index) => Math.min(most, count - index * most));
}

/** Node raises the soft limit to it. */
function hardDescriptorLimit(): number {
  const limit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))![1]!;
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}

async function startServer(t: TestContext, root: string, heldCount: number): Promise<Server> {
  const collector = import.meta.resolve("./support/collect-garbage.ts");
  const child = fork(import.meta.resolve("./support/idle-server.ts").slice("file://".length), [root], {
    // The young generation of a thread grows with its pace, to some megabytes, and not with its connections.
    execArgv: [...NODE_OPTIONS, "--max-semi-space-size=1", "--expose-gc", "--import", collector],
  });
  t.after(() => child.kill("SIGKILL"));
  return { child, port: Number(await answered(child)), heldCount };
}

function startClients(
  t: TestContext,
  port: number,
  address: string,
  count: number,
): { child: ChildProcess; count: number } {
  const path = import.meta.resolve("./support/idle-clients.ts").slice("file://".length);
  const child = fork(path, [String(port), address], { execArgv: NODE_OPTIONS });
  t.after(() => child.kill("SIGKILL"));
  return { child, count };
}

/** What is made once, code above all, is no connection's. */
async function warmUp(t: TestContext, servers: readonly Server[]): Promise<void> {
  const warm = async (server: Server): Promise<void> => {
    const before = countDescriptors(server);
    const { child } = startClients(t, server.port, "127.0.9.2", WARM_UP_COUNT);
    await tell(child, { what: "open", count: WARM_UP_COUNT });
    for (let round = 0; round < 10; round++) await tell(child, { what: "ask", count: 1 });
    await tell(child, { what: "close", count: 0 });
    child.disconnect();
    await descriptorsBack(server, before);
  };
  await Promise.all(servers.map(warm));
}

async function tell(child: ChildProcess, message: Order | { readonly collect: number }): Promise<void> {
  child.send(message);
  await answered(child);
}

/** The next message of a process that must not end before it. */
function answered(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (status: number | null): void => reject(new Error(`a process ended with status ${status}`));
    child.once("exit", fail).once("message", (message) => {
      child.off("exit", fail);
      resolve(message);
    });
  });
}

/** With the garbage of all threads collected: the smallest of several readings. */
async function residentBytes({ child }: Server): Promise<number> {
  const readings: number[] = [];
  for (let round = 0; round < 3; round++) {
    await tell(child, { collect: 2 });
    readings.push(Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))![1]) * 1024);
  }
  return Math.min(...readings);
}

function countDescriptors({ child }: Server): number {
  return readdirSync(`/proc/${child.pid}/fd`).length;
}

async function descriptorsBack(server: Server, count: number): Promise<void> {
  for (const deadline = Date.now() + 15_000; countDescriptors(server) > count + FILE_COUNT; await setTimeout(20)) {
    if (Date.now() > deadline) assert.fail(`${countDescriptors(server)} descriptors are open, ${count} were before`);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
