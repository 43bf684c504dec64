import assert from "node:assert/strict";
import { test } from "node:test";
import { Restart } from "./restart.ts";

test("Restart waits no longer than the longest wait, and that is the next time's, too", () => {
  const restart = new Restart();
  const delays = [0, 0, 0, 0, 0].map(() => {
    const delayMs = restart.wait(0, () => {}, 250);
    restart.cancel();
    return delayMs;
  });
  assert.deepEqual(delays, [0, 100, 200, 250, 250]);
});

test("Restart does not wait the first time, and later each time until it is over", async () => {
  const restart = new Restart();
  assert.equal(restart.wait(0, assert.fail), 0);
  assert.equal(restart.isWaiting, false);
  await new Promise<void>((resolve) => {
    assert.equal(restart.wait(0, resolve), 100);
    assert.equal(restart.isWaiting, true);
  });
  assert.equal(restart.isWaiting, false);
  assert.equal(restart.wait(0, assert.fail), 200);
  restart.cancel();
});

test("Restart waits no longer for deaths during the wait, and can be cancelled", () => {
  const restart = new Restart();
  restart.wait(0, assert.fail);
  assert.equal(restart.wait(0, assert.fail), 100);
  assert.equal(restart.wait(0, assert.fail), 100);
  restart.cancel();
  assert.equal(restart.isWaiting, false);
  assert.equal(restart.wait(0, assert.fail), 200);
  restart.cancel();
});
