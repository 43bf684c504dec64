import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { JobThread, type JobThreadOptions } from "./job-thread.ts";

/** Answers a number with its double; "hang", "fail" and "grow" do what they say. */
const ENTRY = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, threadId } from "node:worker_threads";
    parentPort.on("message", (job) => {
      if (job === "hang") for (;;);
      if (job === "fail") throw new Error("failed");
      if (job === "grow") for (const held = [];; held.push(new Array(1e5).fill(held.length)));
      parentPort.postMessage(job === "who" ? threadId : job * 2);
    });
  `)}`,
);

function start(t: TestContext, options: Partial<JobThreadOptions> = {}): JobThread<number | string, number> {
  const thread = new JobThread<number | string, number>({ entry: ENTRY, idleLimitMs: 60_000, ...options });
  t.after(() => thread.close());
  return thread;
}

test("JobThread does its jobs in order, in one thread", async (t) => {
  const thread = start(t);
  assert.equal(thread.isRunning, false);
  const [first, ...rest] = await Promise.all(["who", 1, 2, "who"].map((job) => thread.run(job)));
  assert.deepEqual(rest, [2, 4, first]);
  assert.equal(thread.isRunning, true);
});

test("JobThread ends when there was nothing to do for a while, and starts again", async (t) => {
  const thread = start(t, { idleLimitMs: 5 });
  const first = await thread.run("who");
  while (thread.isRunning) await setTimeout(1);
  assert.notEqual(await thread.run("who"), first);
});

test("JobThread loses no job that comes when it ends", async (t) => {
  const thread = start(t, { idleLimitMs: 0 });
  for (let job = 0; job < 20; job++) {
    assert.equal(await thread.run(job), job * 2);
    await setTimeout(job % 3);
  }
});

for (const [job, options, message] of [
  ["hang", { jobLimitMs: 500 }, /gave up after 500 ms/],
  ["fail", {}, /failed/],
  ["grow", { heapLimitMiB: 16 }, /memory/],
] as const) {
  test(`JobThread gives up a job that does "${job}", and does those behind it`, async (t) => {
    const thread = start(t, options);
    await thread.run(0);
    const [lost, done] = [thread.run(job), thread.run(3)];
    await assert.rejects(lost, message);
    assert.equal(await done, 6);
  });
}

test("JobThread.close() finishes what was asked for, and ends then", async () => {
  const thread = new JobThread<number, number>({ entry: ENTRY, idleLimitMs: 60_000 });
  const jobs = [thread.run(1), thread.run(2)];
  thread.close();
  assert.deepEqual(await Promise.all(jobs), [2, 4]);
  assert.equal(thread.isRunning, false);
});

test("JobThread.close() ends a thread that waits", async () => {
  const thread = new JobThread<number, number>({ entry: ENTRY, idleLimitMs: 60_000 });
  await thread.run(1);
  thread.close();
  assert.equal(thread.isRunning, false);
});
