// Threads at work: how connections are spread, what the death of a thread costs, and how a server stops. The
// supervisors are used directly where a test needs threads that fail, the public API everywhere else.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { BoundSocket, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import type { ServerOptions } from "../src/options/server-options.ts";
import {
  createServer,
  type Server,
  type ServerControls,
  type ServerEvent,
  type ThreadsSnapshot,
  type TransportChoice,
} from "../src/server.ts";
import { Acceptor } from "../src/threads/listening/acceptor.ts";
import type { WorkerEntry } from "../src/threads/supervisor/worker-entry.ts";
import type { Fault } from "./fixtures/threads/faulty-worker.ts";
import { freePort } from "./support/free-port.ts";
import { runLoad } from "./support/load.ts";
import { RawClient, type RawResponse } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS, WAYS } from "./support/server.ts";
import { causeFault, type Supervised, supervise as superviseWorkers, workerFixture } from "./support/supervised.ts";
import { until } from "./support/until.ts";
import { type Visits, visit } from "./support/visitors.ts";

const FAULTY: WorkerEntry = workerFixture("faulty-worker.ts", { maxOldGenerationSizeMb: 32 });
/** More than the buffers of two sockets on loopback can hold: a client that does not read keeps it in flight. */
const LARGE_BYTES = 64 * 1024 * 1024;
/** The ways that spread connections evenly, from any number of clients. */
const EVEN_WAYS = WAYS.slice(1);

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "heddle-threads-"));
  await writeFile(join(root, "index.html"), "<p>It works.");
  await writeFile(join(root, "large.bin"), "");
  await truncate(join(root, "large.bin"), LARGE_BYTES);
});
after(() => rm(root, { recursive: true }));

function listen(t: TestContext, options: ServerOptions & ServerControls): Promise<Server> {
  return startServer(t, { root, ...options });
}

async function openAndAsk(t: TestContext, port: number): Promise<RawClient> {
  const client = await openClient(t, { port });
  await ask(client);
  return client;
}

async function ask(client: RawClient): Promise<void> {
  const { status, body } = await client.request("GET", "/");
  assert.equal(status, 200);
  assert.equal(body.toString(), "<p>It works.");
}

/** Whether a reply comes soon. A later reply does no harm. */
async function isAnswered(client: RawClient): Promise<boolean> {
  const reply = ask(client).then(
    () => true,
    () => false,
  );
  return Promise.race([reply, setTimeout(300, false)]);
}

function connectionsOf({ threads }: ThreadsSnapshot): number[] {
  return threads.map(({ connections }) => connections);
}

describe("spreading connections", { timeout: 120_000 }, () => {
  for (const [way, options] of WAYS) {
    for (const threads of [1, 3]) {
      // Complaint: Deno #25195 #26330 #25173
      test(`createServer() serves with ${threads} threads by ${way}`, async (t) => {
        const server = await listen(t, { ...options, threads });
        for (let count = 0; count < 10; count++) await openAndAsk(t, server.port);
        assert.equal(server.threads.threads.length, threads);
        assert.equal(server.threads.accepted, 10);
        assert.equal(server.threads.requests, 10);
        assert.equal(server.threads.connections, 10);
      });
    }
  }

  const cases: [connections: number, threads: number, fullest: number][] = [
    [4, 2, 2],
    [64, 3, 26],
    [10, 1, 10],
  ];
  for (const [way, options] of EVEN_WAYS) {
    for (const [connections, threads, fullest] of cases) {
      const name = `${connections} connections to ${threads} threads, at most ${fullest} to each`;
      test(`${way} gives ${name}`, async (t) => {
        const found: (readonly number[])[] = [];
        // A thread that has not turned for a second gets nothing, and a busy machine may keep one waiting so long.
        while (found.length < 3) {
          const server = await listen(t, { ...options, threads });
          await Promise.all(Array.from({ length: connections }, () => openAndAsk(t, server.port)));
          found.push(connectionsOf(server.threads));
          if (Math.max(...found.at(-1)!) <= fullest) return;
        }
        assert.fail(`found ${found.join("; ")}`);
      });
    }

    test(`${way} counts connections that have closed as gone`, async (t) => {
      const server = await listen(t, { ...options, threads: 2 });
      const clients: RawClient[] = [];
      for (let count = 0; count < 4; count++) clients.push(await openAndAsk(t, server.port));
      clients[0]!.close();
      clients[2]!.close();
      await until(() => server.threads.connections === 2);
      // Whether they were on one thread or on two, the next ones make up for it.
      for (let count = 0; count < 2; count++) await openAndAsk(t, server.port);
      assert.deepEqual(connectionsOf(server.threads), [2, 2]);
    });

    test(`${way} lets connections over the limit wait until one closes`, async (t) => {
      const server = await listen(t, { ...options, threads: 1, connectionLimitCount: 2 });
      const [first, second] = [await openAndAsk(t, server.port), await openAndAsk(t, server.port)];
      const third = await openClient(t, server);
      third.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
      for (let count = 0; count < 20; count++) await ask(second);
      assert.equal(server.threads.accepted, 2);
      first.close();
      assert.equal((await third.response()).status, 200);
    });
  }
});

describe("the address", { timeout: 120_000 }, () => {
  for (const [way, options] of WAYS) {
    test(`listen() refuses a port that another server has, by ${way}`, async (t) => {
      const { port } = await listen(t, { ...options, threads: 2 });
      const second = createServer({ root, host: "127.0.0.1", port, ...options, threads: 1 });
      await assert.rejects(second.listen(), { code: "EADDRINUSE" });
    });

    test(`close() frees the port, by ${way}`, async (t) => {
      const first = await listen(t, { ...options, threads: 2 });
      const { port } = first;
      await openAndAsk(t, port);
      await first.close();
      await openAndAsk(t, (await listen(t, { ...options, threads: 2, port })).port);
    });
  }
});

function supervise(t: TestContext, options: ServerOptions, entry: WorkerEntry = FAULTY): Promise<Supervised> {
  return superviseWorkers(t, { root, stallTimeoutMs: 60_000, ...options }, entry);
}

/** One connection on each of the threads 1, 2 and 3, in this order. */
async function openOnEach(t: TestContext, { supervisor, port }: Supervised): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.filter(Boolean).length < 3) {
    const earlier = connectionsOf(supervisor.snapshot());
    const client = await openAndAsk(t, port);
    const index = connectionsOf(supervisor.snapshot()).findIndex((count, slot) => count > earlier[slot]!);
    clients[index] ??= client;
  }
  return clients;
}

describe("a thread that dies", { timeout: 300_000 }, () => {
  const faults: [kind: Fault["kind"], reason: RegExp][] = [
    ["throw", /^a fault on purpose$/],
    ["exhaust", /memory limit/],
    ["block", /^it did not respond for 2000 ms$/],
    ["exit", /^it exited with code 0$/],
  ];
  for (const [way, options] of WAYS) {
    for (const [kind, reason] of faults) {
      test(`Pool replaces a thread that fails by "${kind}" and the others go on, by ${way}`, async (t) => {
        const supervised = await supervise(t, {
          threads: 3,
          ...options,
          // Death by memory is a busy time too: only the thread that blocks on purpose is to be found silent.
          stallTimeoutMs: kind === "block" ? 2000 : 60_000,
        });
        const { supervisor, events } = supervised;
        const [first, victim, third] = await openOnEach(t, supervised);
        causeFault({ thread: 2, kind });
        while (events.length === 0) await Promise.all([ask(first!), ask(third!)]);
        const [event] = events;
        assert.ok(event?.kind === "thread-stopped");
        assert.equal(event.thread, 2);
        assert.match(event.reason, reason);
        assert.equal(event.restartInMs, 0);
        assert.equal((await victim!.rest()).length, 0);
        await until(() => supervisor.snapshot().threads.filter(({ state }) => state === "ready").length === 3);
        await Promise.all([ask(first!), ask(third!)]);
        assert.equal(supervisor.snapshot().deathCount, 1);
        await openOnEach(t, supervised);
        assert.equal(events.length, 1);
      });
    }
  }

  for (const [way, options] of WAYS) {
    test(`Pool of one thread serves at its port again after that died, by ${way}`, async (t) => {
      const { port, events } = await supervise(t, { threads: 1, ...options });
      const client = await openAndAsk(t, port);
      causeFault({ thread: 1, kind: "throw" });
      assert.equal((await client.rest()).length, 0);
      await until(() => events.length === 1);
      await openAndAsk(t, port);
    });
  }

  // Complaint: Deno (one worker ends all)
  test("a thread that is killed under load costs the requests in flight on it, and no other", async (t) => {
    const { supervisor, port, events } = await supervise(t, { threads: 3, accept: "transfer" });
    const load = runLoad(port, { connections: 30, requests: 30_000 });
    await until(() => supervisor.snapshot().requests > 5000);
    const held = supervisor.snapshot().threads[1]!.connections;
    causeFault({ thread: 2, kind: "throw" });
    await until(() => events.length === 1);
    const died = performance.now();
    await until(() => supervisor.snapshot().threads.filter(({ state }) => state === "ready").length === 3);
    t.diagnostic(`back after ${(performance.now() - died).toFixed(0)} ms`);
    const { errors, timeouts, non2xx, "2xx": answered } = await load;
    assert.ok(held > 0 && errors <= held, `${errors} requests failed, ${held} connections were on the thread`);
    assert.equal(timeouts + non2xx, 0);
    // autocannon gives up a request for each connection that was cut, and counts only some of these as errors.
    assert.ok(answered >= 30_000 - 2 * held, `${answered} were answered`);
  });

  for (const [way, options] of EVEN_WAYS) {
    test(`Pool gives new connections to threads that answer while another is blocked, by ${way}`, async (t) => {
      const { supervisor, port } = await supervise(t, { threads: 2, ...options });
      causeFault({ thread: 2, kind: "block" });
      // Until it is noticed, every other connection goes to the blocked thread and waits there.
      for (let answeredCount = 0; answeredCount < 5; answeredCount++) {
        if (!(await isAnswered(await openClient(t, { port })))) answeredCount = -1;
      }
      assert.equal(supervisor.snapshot().deathCount, 0);
    });
  }

  for (const [way, options] of WAYS) {
    test(`the port refuses nobody while threads die again and again, by ${way}`, async (t) => {
      const { port, supervisor } = await supervise(t, { threads: 2, ...options });
      const failures: string[] = [];
      let answeredCount = 0;
      const visit = async (): Promise<void> => {
        while (supervisor.snapshot().deathCount < 10) {
          // Connections of a thread that dies are lost with it.
          const client = await RawClient.open(port).catch((error: NodeJS.ErrnoException) => error);
          if (!(client instanceof RawClient)) failures.push(String(client.code));
          else if (
            await ask(client).then(
              () => true,
              () => false,
            )
          )
            answeredCount++;
          if (client instanceof RawClient) client.close();
        }
      };
      const visits = [visit(), visit(), visit()];
      while (supervisor.snapshot().deathCount < 10) {
        const before = answeredCount;
        await until(() => answeredCount > before);
        const { deathCount } = supervisor.snapshot();
        for (const thread of [1, 2]) causeFault({ thread, kind: "throw" });
        await until(() => supervisor.snapshot().deathCount > deathCount);
      }
      await Promise.all(visits);
      assert.ok(!failures.includes("ECONNREFUSED"), String(failures));
    });
  }

  test("Pool waits longer each time a thread dies again soon, and serves meanwhile", async (t) => {
    const entry = { url: new URL("./fixtures/threads/one-fails-to-start.ts", import.meta.url) };
    const { port, events } = await supervise(t, { threads: 2 }, entry);
    await until(() => events.length >= 4);
    await openAndAsk(t, port);
    const delays = events.map((event) => event.kind === "thread-stopped" && event.restartInMs);
    assert.deepEqual(delays.slice(0, 4), [0, 100, 200, 400]);
  });

  test("PerConnection tells of a thread that dies while the server starts, and serves", async (t) => {
    const entry = { url: new URL("./fixtures/threads/one-fails-to-start.ts", import.meta.url) };
    const { supervisor, port, events } = await supervise(t, { threads: "per-connection" }, entry);
    await openAndAsk(t, port);
    await until(() => events.length === 1);
    const [event] = events;
    assert.ok(event?.kind === "thread-stopped" && event.thread === 2 && event.restartInMs === 0);
    assert.equal(supervisor.snapshot().deathCount, 1);
  });

  for (const threads of [2, "per-connection"] as const) {
    test(`start() rejects with the cause when no thread starts, threads ${threads}`, async (t) => {
      const entry = { url: new URL("./fixtures/threads/missing.ts", import.meta.url) };
      await assert.rejects(supervise(t, { threads }, entry), { code: /MODULE_NOT_FOUND$/ });
    });
  }

  for (const transport of TRANSPORTS) {
    test(`PerConnection loses one connection with its thread, and refills its stock, ${transport}`, async (t) => {
      const { supervisor, port, events } = await supervise(t, { threads: "per-connection", maxThreads: 4, transport });
      const clients = [await openAndAsk(t, port), await openAndAsk(t, port)];
      const victim = supervisor.snapshot().threads.find(({ connections }) => connections === 1)!.thread;
      causeFault({ thread: victim, kind: "throw" });
      const ended = await Promise.race(clients.map((client, index) => client.rest().then(() => index)));
      await ask(clients[1 - ended]!);
      await until(() => events.length === 1);
      assert.deepEqual(
        { ...events[0], error: undefined },
        {
          kind: "thread-stopped",
          thread: victim,
          reason: "a fault on purpose",
          error: undefined,
          restartInMs: 0,
        },
      );
      await openAndAsk(t, port);
    });
  }
});

for (const transport of TRANSPORTS)
  describe(`a thread per connection, ${transport}`, { timeout: 120_000 }, () => {
    test("each connection has a thread of its own, to its end", async (t) => {
      const server = await listen(t, { threads: "per-connection", transport });
      const clients: RawClient[] = [];
      for (let count = 0; count < 6; count++) clients.push(await openAndAsk(t, server.port));
      for (const client of clients) await ask(client);
      const serving = server.threads.threads.filter(({ accepted }) => accepted > 0);
      assert.deepEqual(
        serving.map(({ accepted, requests }) => [accepted, requests]),
        new Array(6).fill([1, 2]),
      );
      assert.equal(new Set(serving.map(({ thread }) => thread)).size, 6);
      for (const client of clients) client.close();
      await until(() => server.threads.threads.every(({ accepted }) => accepted === 0));
    });

    test("connections over maxThreads wait, and are served in order", async (t) => {
      const server = await listen(t, { threads: "per-connection", transport, maxThreads: 2 });
      const clients: RawClient[] = [];
      for (let count = 0; count < 6; count++) {
        const client = await openClient(t, server);
        client.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        clients.push(client);
      }
      for (const client of clients.slice(0, 2)) assert.equal((await client.response()).status, 200);
      for (let index = 2; index < 6; index++) {
        await ask(clients[index - 1]!);
        assert.equal(server.threads.accepted, index);
        assert.ok(server.threads.threads.length <= 2);
        clients[index - 2]!.close();
        assert.equal((await clients[index]!.response()).status, 200);
      }
    });

    test("threads end with their connections, and only the stock is left", async (t) => {
      const server = await listen(t, { threads: "per-connection", transport, maxThreads: 8 });
      for (let batch = 0; batch < 10; batch++) {
        const clients = await Promise.all(Array.from({ length: 5 }, () => openAndAsk(t, server.port)));
        for (const client of clients) client.close();
      }
      const isStock = ({ state, accepted }: { state: string; accepted: number }): boolean =>
        state === "ready" && accepted === 0;
      await until(() => server.threads.threads.length === 4 && server.threads.threads.every(isStock));
      const { accepted, requests, connections, deathCount } = server.threads;
      assert.deepEqual(
        { accepted, requests, connections, deathCount },
        { accepted: 50, requests: 50, connections: 0, deathCount: 0 },
      );
    });

    test("connections beyond the bound wait, and a stock that dies idle is filled again", async (t) => {
      const { supervisor, port, events } = await supervise(t, { threads: "per-connection", transport, maxThreads: 1 });
      causeFault({ thread: 1, kind: "throw" });
      await until(() => events.length === 1);
      const [event] = events;
      assert.ok(event?.kind === "thread-stopped" && event.restartInMs === 0);
      const first = await openAndAsk(t, port);
      const second = await openClient(t, { port });
      second.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
      await ask(first);
      assert.equal(supervisor.snapshot().accepted, 1);
      first.close();
      assert.equal((await second.response()).status, 200);
    });
  });

const KINDS: [name: string, options: ServerOptions][] = [
  ...WAYS.map(([way, options]): [string, ServerOptions] => [way, { threads: 2, ...options }]),
  ...TRANSPORTS.map((transport): [string, ServerOptions] => [
    `a thread per connection, ${transport}`,
    { threads: "per-connection", maxThreads: 4, transport },
  ]),
];

/** A client in the middle of a large download, which it does not go on reading before `rest()`. */
async function openSlow(t: TestContext, port: number): Promise<{ rest(): Promise<number> }> {
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.write("GET /large.bin HTTP/1.1\r\nHost: test\r\n\r\n");
  await once(socket, "readable");
  return {
    /** How many bytes came, up to the end of the connection. */
    async rest(): Promise<number> {
      let length = 0;
      for await (const bytes of socket) length += bytes.length;
      return length;
    },
  };
}

async function askAndLeave(client: RawClient): Promise<RawResponse> {
  const response = await client.request("GET", "/");
  client.close();
  return response;
}

async function openAsSoonAsPossible(port: number): Promise<RawClient> {
  for (;;) {
    const client = await RawClient.open(port).catch(() => undefined);
    if (client !== undefined) return client;
  }
}

/** Until no thread listens any more. */
async function untilRefused(port: number): Promise<void> {
  for (;;) {
    const error = await RawClient.open(port).then(
      (client) => client.close(),
      (refusal) => refusal,
    );
    if (error?.code === "ECONNREFUSED") return;
  }
}

describe("close()", { timeout: 300_000 }, () => {
  for (const [name, options] of KINDS) {
    // Complaint: static-web-server #335
    test(`close() lets a download finish and closes idle connections, ${name}`, async (t) => {
      const server = await listen(t, options);
      const { port } = server;
      const idle = await openAndAsk(t, port);
      const slow = await openSlow(t, server.port);
      const closed = server.close({ graceMs: 60_000 });
      assert.equal((await idle.rest()).length, 0);
      await untilRefused(port);
      assert.ok((await slow.rest()) > LARGE_BYTES);
      await closed;
      assert.deepEqual(server.threads.threads, []);
      assert.equal(server.threads.deathCount, 0);
    });

    // Complaint: static-web-server #335
    test(`close() cuts off what is not done when the grace is over, ${name}`, async (t) => {
      const server = await listen(t, options);
      const slow = await openSlow(t, server.port);
      await server.close({ graceMs: 1 });
      assert.deepEqual(server.threads.threads, []);
      assert.ok((await slow.rest().catch(() => 0)) < LARGE_BYTES);
    });
  }

  const multipath = KINDS.filter(([, { accept, threads }]) => accept !== "reuse-port" && threads === 2).map(
    ([name, options]) => [`${name}, mptcp`, { ...options, mptcp: "auto" }] as const,
  );
  for (const [name, options] of [...KINDS, ...multipath]) {
    test(`close() loses no request of clients that go on asking, ${name}`, async (t) => {
      const roundCount = options.threads === "per-connection" ? 1 : 3;
      for (let round = 0; round < roundCount; round++) {
        const server = await listen(t, options);
        const visits: Visits = { answeredCount: 0, failures: [] };
        const perConnection = [1, 1, 1, 1, 1, 1, 20, 20, 20, 20, 20, 20];
        const left = Promise.all(perConnection.map((count) => visit(server.port, count, visits)));
        await until(() => visits.answeredCount >= 50);
        await server.close();
        await left;
        assert.deepEqual(visits.failures, []);
      }
    });
  }

  for (const [name, options] of KINDS) {
    test(`close() answers a request that came while its thread was too busy to notice, ${name}`, async (t) => {
      const { supervisor, port } = await supervise(t, {
        ...options,
        threads: options.threads === 2 ? 1 : options.threads!,
      });
      const client = await openAndAsk(t, port);
      const { thread } = supervisor.snapshot().threads.find(({ connections }) => connections === 1)!;
      const closed = supervisor.close(60_000);
      // The thread knows that it stops, and is busy when it is to close what is idle.
      await setTimeout(20);
      causeFault({ thread, kind: "pause" });
      await setTimeout(20);
      await ask(client);
      await closed;
    });
  }

  for (const transport of TRANSPORTS) {
    test(`close() answers clients that wait at the limit, and says that it closes, ${transport}`, async (t) => {
      const accept = transport === "portable" ? "transfer" : "auto";
      const server = await listen(t, { transport, accept, threads: 1, connectionLimitCount: 2 });
      const idle = [await openAndAsk(t, server.port), await openAndAsk(t, server.port)];
      const waiting = await Promise.all(Array.from({ length: 20 }, () => openClient(t, server)));
      const answers = Promise.all(waiting.map(askAndLeave));
      await ask(idle[0]!);
      assert.equal(server.threads.accepted, 2);
      await server.close();
      for (const { fields } of await answers) assert.equal(fields.get("connection"), "close");
    });
  }

  if (process.platform === "linux") {
    test("close() answers clients that wait at a Unix socket", async (t) => {
      const socket = join(root, "waiting.sock");
      const server = createServer({ root, socket, threads: 1, connectionLimitCount: 2 });
      t.after(() => server.close({ graceMs: 0 }));
      await server.listen();
      const clients: RawClient[] = [];
      for (let count = 0; count < 10; count++) {
        const stream = connect({ path: socket });
        t.after(() => stream.destroy());
        await once(stream, "connect");
        clients.push(new RawClient(stream));
      }
      for (const client of clients.slice(0, 2)) await ask(client);
      const answers = Promise.all(clients.slice(2).map(askAndLeave));
      await server.close();
      for (const { fields } of await answers) assert.equal(fields.get("connection"), "close");
    });
  }

  if (process.platform === "linux") {
    const descriptorCount = (): number => readdirSync("/proc/self/fd").length;
    for (const threads of [2, "per-connection"] as const) {
      test(`no descriptor stays open, neither of a thread that died nor of the server, threads ${threads}`, async (t) => {
        const before = descriptorCount();
        const { supervisor, port, events } = await supervise(t, { threads, transport: "kernel", maxThreads: 6 });
        const clients: RawClient[] = [];
        for (let count = 0; count < 6; count++) clients.push(await openAndAsk(t, port));
        for (const thread of supervisor.snapshot().threads.slice(0, 2))
          causeFault({ thread: thread.thread, kind: "throw" });
        await until(() => events.length === 2);
        for (const client of clients) client.close();
        await supervisor.close(0);
        await until(() => descriptorCount() === before);
        assert.equal(supervisor.snapshot().deathCount, 2);
      });
    }
  }

  test("close() ends a blocked thread after the grace", async (t) => {
    const { supervisor } = await supervise(t, { threads: 2 });
    causeFault({ thread: 1, kind: "block" });
    await supervisor.close(1);
    assert.deepEqual(supervisor.snapshot().threads, []);
  });

  for (const threads of ["2", "per-connection"]) {
    test(`a program ends by itself after close(), threads ${threads}`, async () => {
      const program = join(import.meta.dirname, "fixtures/threads/embedded.ts");
      const { stdout } = await promisify(execFile)(process.execPath, [program, root, threads], { timeout: 60_000 });
      assert.equal(stdout, "200 <p>It works.");
    });
  }
});

/** @returns the code of the error; undefined where sockets can be at this address, as nearly everywhere */
function obstacleTo(host: string): string | undefined {
  try {
    new BoundSocket({ host }).close();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

describe("createServer()", { timeout: 120_000 }, () => {
  test("url, host and port throw until it listens, and after it is closed", async (t) => {
    const server = createServer({ root, host: "127.0.0.1", port: 0, threads: 1 });
    t.after(() => server.close());
    assert.throws(() => server.url, /does not listen/);
    await server.listen();
    assert.equal(server.url, `http://127.0.0.1:${server.port}/`);
    assert.deepEqual(server.urls, [server.url]);
    assert.equal(server.host, "127.0.0.1");
    await server.close();
    assert.throws(() => server.port, /does not listen/);
  });

  const names: [host: string, url: RegExp, address: RegExp][] = [
    ["localhost", /^http:\/\/localhost:\d+\/$/, /^(127\.0\.0\.1|::1)$/],
    ["127.0.0.2", /^http:\/\/127\.0\.0\.2:\d+\/$/, /^127\.0\.0\.2$/],
    ["::1", /^http:\/\/\[::1\]:\d+\/$/, /^::1$/],
  ];
  for (const [host, url, address] of names) {
    test(`url keeps the name ${host}, and answers`, async (t) => {
      const server = await listen(t, { host, threads: 1 });
      assert.match(server.url, url);
      assert.match(server.host, address);
      assert.equal((await fetch(server.url)).status, 200);
    });
  }

  const roots: [name: string, path: () => string][] = [
    ["missing", () => join(root, "missing")],
    ["a file", () => join(root, "index.html")],
  ];
  for (const [name, path] of roots) {
    test(`listen() rejects for a root that is ${name}`, async () => {
      const server = createServer({ root: path(), host: "127.0.0.1", port: 0 });
      await assert.rejects(server.listen(), { name: "OptionError", option: "root", message: /wanted a folder/ });
    });
  }

  test("listen() rejects for a host that is no address of this machine", async () => {
    const server = createServer({ root, host: "192.0.2.1", port: 0 });
    await assert.rejects(server.listen(), { code: "EADDRNOTAVAIL" });
  });

  test("listen() may be called once", async (t) => {
    const server = await listen(t, { threads: 1 });
    await assert.rejects(server.listen(), /called before/);
    await openAndAsk(t, server.port);
  });

  test("close() before listen() rules that out", async () => {
    const server = createServer({ root, host: "127.0.0.1", port: 0 });
    await server.close();
    await assert.rejects(server.listen(), /is closed/);
  });

  test("close() during listen() rejects it", async () => {
    const server = createServer({ root, host: "127.0.0.1", port: 0, threads: 2 });
    const listening = assert.rejects(server.listen(), /closed/);
    await server.close();
    await listening;
    assert.deepEqual(server.threads.threads, []);
  });

  for (const [name, options] of KINDS) {
    test(`close() during listen() waits for no connection that no thread will accept, ${name}`, async (t) => {
      const port = await freePort();
      const server = createServer({ root, host: "127.0.0.1", port, ...options });
      const listening = server.listen().catch((error: Error) => assert.match(error.message, /closed/));
      // The kernel completes it before a thread is there.
      const client = await openAsSoonAsPossible(port);
      t.after(() => client.close());
      await server.close({ graceMs: 600_000 });
      await listening;
      assert.deepEqual(server.threads.threads, []);
    });
  }

  for (const threads of [2, "per-connection"] as const) {
    test(`close() at any moment of listen() leaves nothing behind, threads ${threads}`, async () => {
      for (let turns = 0; turns < 30; turns += 3) {
        const server = createServer({ root, host: "127.0.0.1", port: 0, threads, maxThreads: 2 });
        const listening = server.listen().catch((error: Error) => assert.match(error.message, /closed/));
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
        await server.close();
        await listening;
        assert.deepEqual(server.threads.threads, []);
      }
    });
  }

  test("close() while a thread is about to be replaced starts no other", async (t) => {
    const entry = { url: new URL("./fixtures/threads/one-fails-to-start.ts", import.meta.url) };
    const { supervisor, events } = await supervise(t, { threads: 2 }, entry);
    await until(() => events.length >= 2);
    await supervisor.close(0);
    assert.deepEqual(supervisor.snapshot().threads, []);
  });

  test("close() of a supervisor that closes already does not stop accepting a second time", async (t) => {
    const finish = t.mock.method(Acceptor.prototype, "finish");
    const { supervisor } = await supervise(t, { threads: "per-connection", transport: "portable" });
    await Promise.all([supervisor.close(10_000), supervisor.close(10_000)]);
    assert.equal(finish.mock.callCount(), 1);
  });

  test("close() gives the same promise each time", async (t) => {
    const server = await listen(t, { threads: 1 });
    assert.equal(server.close(), server.close({ graceMs: 0 }));
  });

  test("await using closes the server", async () => {
    let port = 0;
    {
      await using server = createServer({ root, host: "127.0.0.1", port: 0, threads: 1 });
      await server.listen();
      port = server.port;
    }
    await assert.rejects(RawClient.open(port), { code: "ECONNREFUSED" });
  });

  test("an aborted signal rejects listen() with its reason", async () => {
    const reason = new Error("not today");
    const server = createServer({ root, host: "127.0.0.1", port: 0, signal: AbortSignal.abort(reason) });
    await assert.rejects(server.listen(), reason);
  });

  test("aborting the signal during listen() rejects it with the reason", async () => {
    const controller = new AbortController();
    const server = createServer({ root, host: "127.0.0.1", port: 0, threads: 2, signal: controller.signal });
    const listening = server.listen();
    controller.abort(new Error("changed my mind"));
    await assert.rejects(listening, /changed my mind/);
    assert.deepEqual(server.threads.threads, []);
  });

  test("aborting the signal closes a server that listens", async (t) => {
    const controller = new AbortController();
    const server = await listen(t, { threads: 2, signal: controller.signal });
    const client = await openAndAsk(t, server.port);
    controller.abort();
    assert.equal((await client.rest()).length, 0);
    await server.close();
    assert.deepEqual(server.threads.threads, []);
  });

  for (const [way, options] of WAYS) {
    for (const [host, peers] of [
      ["::", ["127.0.0.1", "::1"]],
      ["::1", ["::1"]],
    ] as const) {
      test(`listen() at ${host} serves ${peers.join(" and ")}, and the trace names them so, by ${way}`, async (t) => {
        const texts: string[] = [];
        const onEvent = (event: ServerEvent): void => void (event.kind === "trace" && texts.push(event.text));
        const server = createServer({ root, host, port: 0, threads: 1, trace: true, onEvent, ...options });
        t.after(() => server.close({ graceMs: 0 }));
        const obstacle = obstacleTo(host);
        if (obstacle !== undefined) {
          await assert.rejects(server.listen(), { code: obstacle });
          return;
        }
        await server.listen();
        for (const peer of peers) {
          const client = await RawClient.open(server.port, peer);
          t.after(() => client.close());
          await ask(client);
        }
        await server.close();
        const opened = texts.join("\n").match(/(?<=opened from )\S+(?= port \d+$)/gm);
        assert.deepEqual(opened, peers);
      });
    }
  }

  if (process.platform === "linux") {
    test("url and host name a Unix socket, and the trace its peers", async (t) => {
      const texts: string[] = [];
      const onEvent = (event: ServerEvent): void => void (event.kind === "trace" && texts.push(event.text));
      const socket = join(root, "heddle.sock");
      const server = createServer({ root, socket, threads: 1, trace: true, onEvent });
      t.after(() => server.close({ graceMs: 0 }));
      await server.listen();
      assert.deepEqual([server.urls, server.host, server.port], [[`unix:${socket}`], socket, 0]);
      const stream = connect({ path: socket });
      t.after(() => stream.destroy());
      await ask(new RawClient(stream));
      await server.close();
      assert.ok(texts.join("\n").split("\n").includes("thread 1 connection 1 opened from a local socket"));
    });
  }

  const choices: readonly (readonly [options: ServerOptions, transport: TransportChoice])[] = [
    [{ transport: "portable" }, { kind: "portable", reason: undefined }],
    [{ accept: "transfer" }, { kind: "portable", reason: "the option accept requires it" }],
    ...(process.platform === "linux"
      ? ([
          [{}, { kind: "kernel", reason: undefined }],
          [{ transport: "kernel" }, { kind: "kernel", reason: undefined }],
        ] as const)
      : []),
  ];
  for (const [options, transport] of choices) {
    test(`transport is ${transport.kind} for ${JSON.stringify(options)}`, async (t) => {
      const server = await listen(t, { threads: 1, ...options });
      assert.deepEqual(server.transport, transport);
      await openAndAsk(t, server.port);
    });
  }

  test("onEvent gets the trace, each line with its thread", async (t) => {
    const texts: string[] = [];
    const onEvent = (event: ServerEvent): void => void (event.kind === "trace" && texts.push(event.text));
    const server = await listen(t, { threads: 1, trace: true, onEvent });
    await openAndAsk(t, server.port);
    await server.close();
    const [how, ...lines] = texts
      .join("\n")
      .split("\n")
      .filter((line) => !/^listen\(|^thread 1 accept4\(/.test(line));
    assert.match(how!, /^(?:bind\(\d+, |node:net listens at )127\.0\.0\.1 port \d+/);
    for (const line of lines) assert.match(line, /^thread 1 connection 1 (<|>|opened|replied|closed)/);
    assert.ok(lines.includes("thread 1 connection 1 < GET / HTTP/1.1"));
    assert.ok(lines.includes("thread 1 connection 1 > HTTP/1.1 200 OK"));
    assert.match(lines.at(-1)!, /^thread 1 connection 1 closed after \d+\.\d ms$/);
  });
});
