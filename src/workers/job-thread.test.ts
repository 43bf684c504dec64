import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { JobThread, type JobThreadOptions, runJob } from "./job-thread.ts";

const run = promisify(execFile);

/** Answers a number with its double; "hang", "fail", "leave" and "grow" do what they say. */
const ENTRY = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, threadId } from "node:worker_threads";
    parentPort.on("message", (job) => {
      if (job === "hang") for (;;);
      if (job === "fail") throw new Error("failed");
      if (job === "leave") process.exit();
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
  ["hang", { jobLimitMs: 2_000 }, { name: "JobLostError", reason: "too-long", message: "gave up after 2000 ms" }],
  ["leave", {}, { name: "JobLostError", reason: "ended" }],
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

test("JobThread.run() rejects a job that cannot be sent, and does those behind it", async (t) => {
  const thread = new JobThread<unknown, number>({ entry: ENTRY, idleLimitMs: 60_000 });
  t.after(() => thread.close());
  await assert.rejects(
    thread.run(() => {}),
    { name: "DataCloneError" },
  );
  assert.equal(await thread.run(2), 4);
});

test("JobThread.abort() rejects what was asked for, and resolves when the thread is gone", async (t) => {
  const thread = start(t);
  await thread.run(1);
  const jobs = ["hang", 1].map((job) => assert.rejects(thread.run(job), { reason: "ended" }));
  await Promise.all([thread.abort(), thread.abort()]);
  await Promise.all(jobs);
  assert.equal(thread.isRunning, false);
});

test("JobThread lets the process end during a job that does not hold it", async () => {
  const module = import.meta.resolve("./job-thread.ts");
  // A job without an end: a short one may be done before the process gets to its own.
  for (const [holdsProcess, job, printed] of [
    [false, "hang", ""],
    [true, 21, "42\n"],
  ] as const) {
    const program = `
      import { runJob } from ${JSON.stringify(module)};
      const entry = new URL(${JSON.stringify(ENTRY.href)});
      console.log(await runJob(${JSON.stringify(job)}, { entry, holdsProcess: ${holdsProcess} }));`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program]).catch((error) => error);
    assert.equal(stdout, printed);
  }
});

test("runJob() does one job in a thread of its own", async () => {
  const [first, second] = await Promise.all([1, 2].map(() => runJob("who", { entry: ENTRY })));
  assert.notEqual(first, second);
  await assert.rejects(runJob("fail", { entry: ENTRY }), /failed/);
});

for (const [what, source, wanted] of [
  ["answers with results", "answerJobs((job) => job + 1)", 2],
  ["answers with what a promise becomes", "answerJobs(async (job) => job + 2)", 3],
  ["moves memory", "answerJobs((job) => new Uint8Array([job]), ({ buffer }) => [buffer])", new Uint8Array([1])],
] as const) {
  test(`answerJobs() ${what}`, async () => {
    assert.deepEqual(await runJob(1, { entry: answering(source) }), wanted);
  });
}

for (const source of [
  "answerJobs(() => { throw new Error('broken') })",
  "answerJobs(async () => { throw new Error('broken') })",
]) {
  test(`answerJobs() rejects the job for ${source}`, async () => {
    await assert.rejects(runJob(1, { entry: answering(source) }), /broken/);
  });
}

function answering(source: string): URL {
  const program = `import { answerJobs } from ${JSON.stringify(import.meta.resolve("./answer-jobs.ts"))}; ${source}`;
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`);
}
