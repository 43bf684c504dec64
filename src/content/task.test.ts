import assert from "node:assert/strict";
import { test } from "node:test";
import { run, settled, type Task } from "./task.ts";

function* sum(...values: (number | Promise<number>)[]): Task<number> {
  let total = 0;
  for (const value of values) total += yield* settled(value);
  return total;
}

test("run() has the value of a task at once when nothing is waited for", () => {
  assert.equal(run(sum(1, 2)), 3);
});

test("run() waits for each promise of a task, in its order", async () => {
  const result = run(sum(1, Promise.resolve(2), 3, Promise.resolve(4)));
  assert.ok(result instanceof Promise);
  assert.equal(await result, 10);
});

test("run() gives a rejection to the task, which may go on", async () => {
  const failing = run(
    (function* (): Task<string> {
      try {
        yield* settled(Promise.reject(new Error("lost")));
      } catch (cause) {
        return (cause as Error).message + (yield* settled(Promise.resolve(" and found")));
      }
      return "";
    })(),
  );
  assert.equal(await failing, "lost and found");
});

test("run() throws or rejects with the error of a task", async () => {
  function* fail(before: number | Promise<number>): Task<number> {
    yield* settled(before);
    throw new Error("a mistake");
  }
  assert.throws(() => run(fail(1)), /a mistake/);
  await assert.rejects(async () => run(fail(Promise.resolve(1))), /a mistake/);
  await assert.rejects(async () => run(sum(Promise.reject(new Error("lost")))), /lost/);
});

test("run() ends what a task holds when the task ends, also after a wait", async () => {
  const ended: string[] = [];
  function* hold(value: number | Promise<number>): Task<number> {
    using _held = { [Symbol.dispose]: () => void ended.push("ended") };
    return yield* settled(value);
  }
  assert.equal(run(hold(1)), 1);
  assert.deepEqual(ended, ["ended"]);
  const late = run(hold(Promise.resolve(2)));
  assert.deepEqual(ended, ["ended"]);
  assert.equal(await late, 2);
  assert.deepEqual(ended, ["ended", "ended"]);
});
