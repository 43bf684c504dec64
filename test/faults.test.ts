// Faults of the machine around a server, in seconds: a root that goes away and comes back, a wall clock that jumps, a thread
// that is killed or blocked. Others are answered meanwhile, counters and logs tell the truth, and descriptors come back. A full
// disk is in access-log.test.ts, more clients than descriptors in descriptors.test.ts.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { formatDate } from "../src/http/date.ts";
import type { RawClient } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "./support/site.ts";
import { causeFault, supervise, workerFixture } from "./support/supervised.ts";
import { until } from "./support/until.ts";

const LOGGED = { log: "{status} {target}" };

async function ask(client: RawClient, target = "/"): Promise<string> {
  const { status, body } = await client.request("GET", target);
  return status === 200 ? body.toString() : String(status);
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "latin1").split("\n").slice(0, -1).toSorted() : [];
}

for (const transport of TRANSPORTS) {
  describe(`faults, ${transport}`, { timeout: 120_000 }, () => {
    test("a root that is gone is no longer served after a moment, and is served again when it is back", async (t) => {
      const folder = makeSite(t, { "site/index.html": "first" });
      const root = join(folder, "site");
      const logFile = join(folder, "log");
      const server = await startServer(t, { root, transport, threads: 1, revalidateMs: 0, ...LOGGED, logFile });
      const client = await openClient(t, server);
      assert.equal(await ask(client), "first");
      const before = countDescriptors();
      renameSync(root, join(folder, "away"));
      // The folder that was opened is still served for a moment.
      let [gone, askedCount] = ["first", 0];
      for (; gone === "first"; askedCount++) gone = await ask(client, "/?gone");
      assert.match(gone, /^(?:404|500|503)$/);
      mkdirSync(root);
      writeFileSync(join(root, "index.html"), "second");
      let answer = "";
      for (; answer !== "second"; askedCount++) answer = await ask(client, "/?back");
      await descriptorsSettled(before + 2);
      const { requests, accepted, connections, deathCount } = server.threads;
      assert.deepEqual([requests, accepted, connections, deathCount], [1 + askedCount, 1, 1, 0]);
      await server.close();
      assert.equal(linesOf(logFile).length, 1 + askedCount);
    });

    for (const kind of ["throw", "block"] as const) {
      test(`a thread that fails by "${kind}" costs no other client, no count and no line`, async (t) => {
        const folder = makeSite(t, { "index.html": "here" });
        const logFile = join(makeSite(t), "log");
        const accept = transport === "portable" ? "transfer" : "auto";
        const stallTimeoutMs = kind === "block" ? 1500 : 60_000;
        const options = { root: folder, transport, threads: 2, accept, stallTimeoutMs, ...LOGGED, logFile } as const;
        const { supervisor, port, events } = await supervise(t, options, workerFixture("faulty-worker.ts"));
        const clients: RawClient[] = [];
        const full = (): boolean => supervisor.snapshot().threads.every(({ connections }) => connections > 0);
        let askedCount = 0;
        while (!full()) {
          clients.push(await openClient(t, { port }));
          assert.equal(await ask(clients.at(-1)!), "here");
          askedCount++;
        }
        const descriptors = countDescriptors();
        const held = supervisor.snapshot().threads.find(({ thread }) => thread === 2)!.connections;
        causeFault({ thread: 2, kind });
        await until(() => events.length > 0);
        await until(() => clients.filter((client) => client.isEnded).length === held);
        await until(() => supervisor.snapshot().threads.filter(({ state }) => state === "ready").length === 2);
        for (const client of clients.filter((one) => !one.isEnded)) {
          assert.equal(await ask(client), "here");
          askedCount++;
        }
        const { accepted, connections, requests, deathCount } = supervisor.snapshot();
        assert.deepEqual(
          [accepted, connections, requests, deathCount],
          [clients.length, clients.length - held, askedCount, 1],
        );
        for (const client of clients) client.close();
        await until(() => supervisor.snapshot().connections === 0);
        // A thread keeps a few of its own, and the new one has the same.
        await descriptorsSettled(descriptors + 8);
        await supervisor.close(0);
        assert.equal(linesOf(logFile).length, askedCount);
      });
    }
  });
}

/** Answers of one server at several times of its wall clock; the monotonic clock goes on. */
describe("a wall clock that jumps", { timeout: 120_000 }, () => {
  for (const transport of TRANSPORTS) {
    test(`back and forth changes Date, and neither freshness nor validators, ${transport}`, async (t) => {
      const root = makeSite(t);
      put(root, "first");
      const { port } = await supervise(
        t,
        { root, transport, threads: 1, revalidateMs: 0 },
        workerFixture("jumping-clock.ts"),
      );
      const client = await openClient(t, { port });
      const { fields } = await client.request("GET", "/");
      const validators = ["etag", "last-modified"].map((name) => fields.get(name));
      for (const hours of [-48, 48, 0]) {
        const wanted = Date.now() + hours * 3_600_000;
        jump(hours);
        let reply = await client.request("GET", "/");
        // The Date of replies changes when the second does.
        while (Math.abs(Date.parse(reply.fields.get("date")!) - wanted) > 60_000)
          reply = await client.request("GET", "/");
        assert.deepEqual(
          ["etag", "last-modified"].map((name) => reply.fields.get(name)),
          validators,
        );
        const since = await client.request("GET", "/", `If-Modified-Since: ${validators[1]}\r\n`);
        assert.equal(since.status, 304);
        const old = await client.request("GET", "/", `If-Modified-Since: ${formatDate(0)}\r\n`);
        assert.equal(old.status, 200);
        put(root, `changed ${hours}`);
        assert.equal(await ask(client), `changed ${hours}`);
        put(root, "first");
        validators.splice(0, 2, ...(await validatorsOf(client)));
      }
    });
  }
});

let puts = 0;

/** Last-Modified is never later than Date (RFC 9110 §8.8.2.1), so the file is older than every time of the clock. */
function put(root: string, content: string): void {
  const path = join(root, "index.html");
  writeFileSync(path, content);
  utimesSync(path, 1_700_000_000 + ++puts, 1_700_000_000 + puts);
}

async function validatorsOf(client: RawClient): Promise<(string | undefined)[]> {
  const { fields } = await client.request("GET", "/");
  return ["etag", "last-modified"].map((name) => fields.get(name));
}

function jump(hours: number): void {
  const channel = new BroadcastChannel("the wall clock");
  channel.postMessage(hours);
  channel.close();
}
