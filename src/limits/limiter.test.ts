import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { BucketTable, tableBytes } from "./bucket-table.ts";
import { Limiter } from "./limiter.ts";
import { newLimitMemory } from "./memory.ts";
import { Meter } from "./meter.ts";

const SLOW = { perSecond: 0.001, burst: 1 };

test("BucketTable forgets the key of a set that was used least recently, which then begins anew", () => {
  const table = new BucketTable(new SharedArrayBuffer(tableBytes(4)), 0, 4);
  const meter = new Meter(SLOW);
  const take = (tag: number, nowMs: number): number => meter.take(table.find(0, tag, nowMs), 1, 1, nowMs);
  assert.deepEqual(
    [1, 2, 3, 4].map((tag) => take(tag, tag * 2000)),
    [1, 1, 1, 1],
  );
  // Also a refusal is a use.
  assert.equal(take(1, 10_000), 0);
  assert.equal(take(5, 12_000), 1);
  assert.deepEqual(
    [1, 3, 4, 5].map((tag) => take(tag, 13_000)),
    [0, 0, 0, 0],
  );
  assert.equal(take(2, 14_000), 1);
});

test("Limiter counts each client for itself, and IPv6 by networks of 64 bits", () => {
  const gate = new Limiter(newLimitMemory(), () => 5000).gate("a", { client: SLOW, total: undefined });
  const passes = (address: string): boolean => gate.pass(address) === 0;
  assert.deepEqual(["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"].map(passes), [true, false, false, true]);
  assert.deepEqual(["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map(passes), [true, false, true]);
  assert.deepEqual(["", ""].map(passes), [true, true]);
});

test("Limiter counts no request for the client that the limit of all has refused", () => {
  let now = 5000;
  const limiter = new Limiter(newLimitMemory(), () => now);
  const gate = limiter.gate("a", { client: { perSecond: 0.001, burst: 2 }, total: { perSecond: 1, burst: 1 } });
  assert.equal(gate.pass("192.0.2.1"), 0);
  for (let count = 0; count < 10; count++) assert.equal(gate.pass("192.0.2.1"), 1000);
  now += 1000;
  assert.equal(gate.pass("192.0.2.1"), 0);
  now += 1000;
  assert.ok(gate.pass("192.0.2.1") > 100_000);
});

test("Limiter lets through exactly the burst when several threads ask at the same time", async () => {
  const memory = newLimitMemory();
  const limiterUrl = new URL("./limiter.ts", import.meta.url).href;
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(${JSON.stringify(limiterUrl)}).then(({ Limiter }) => {
      const gate = new Limiter(workerData, () => 5000).gate("a", { client: { perSecond: 0.2, burst: 10000 }, total: undefined });
      let count = 0;
      for (let index = 0; index < 10000; index++) if (gate.pass("192.0.2.1") === 0) count++;
      parentPort.postMessage(count);
    });`;
  const workers = [1, 2, 3, 4].map(() => new Worker(code, { eval: true, workerData: memory }));
  const counts = await Promise.all(workers.map(async (worker) => Number((await once(worker, "message"))[0])));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    10_000,
  );
});
