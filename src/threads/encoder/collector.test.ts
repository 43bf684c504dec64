import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { Collector } from "./collector.ts";

const MEBIBYTE = 1024 * 1024;

test("Collector collects after every four MiB of results", () => {
  let count = 0;
  const collector = new Collector(() => count++);
  for (let made = 1; made <= 10; made++) {
    collector.made(MEBIBYTE);
    assert.equal(count, Math.floor(made / 4));
  }
  collector.made(100 * MEBIBYTE);
  assert.equal(count, 3);
});

test("Collector frees shared memory that nobody uses, and shows no collector to others", async () => {
  const code = `
    import { parentPort } from "node:worker_threads";
    import { Collector } from ${JSON.stringify(new URL("./collector.ts", import.meta.url))};
    const collector = new Collector();
    let most = 0;
    for (let count = 0; count < 2000; count++) {
      const bytes = new SharedArrayBuffer(100_000);
      collector.made(bytes.byteLength);
      most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    parentPort.postMessage({ most, gc: typeof globalThis.gc });`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  const { most, gc } = await new Promise<{ most: number; gc: string }>((resolve, reject) =>
    worker.once("message", resolve).once("error", reject),
  );
  assert.equal(gc, "undefined");
  assert.ok(most < 16 * MEBIBYTE, `${most} bytes`);
});
