import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { canHear } from "../../../test/support/local-files.ts";
import { makeSite } from "../../../test/support/site.ts";
import { Retry } from "./retry.ts";

const DAY_MS = 86_400_000;

test("Retry waits twice as long each time, up to a quarter of a minute, and tells each reason once", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  const attempts: number[] = [];
  const news: boolean[] = [];
  const retry = new Retry(() => {
    attempts.push(Date.now());
    news.push(retry.refused("why"));
  });
  news.push(retry.refused("why"));
  for (let count = 0; count < 130; count++) t.mock.timers.tick(500);
  assert.deepEqual(attempts, [500, 1500, 3500, 7500, 15_500, 30_500, 45_500, 60_500]);
  assert.deepEqual(news, [true, ...attempts.map(() => false)]);
  assert.ok(retry.refused("another reason"));
  t.mock.timers.tick(500);
  assert.equal(attempts.length, 9);
});

test("Retry attempts nothing after a success, and tells the same reason anew then", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const retry = new Retry(() => assert.fail("attempted"));
  assert.ok(retry.refused("why"));
  retry.succeeded();
  t.mock.timers.tick(DAY_MS);
  assert.ok(retry.refused("why"));
  retry.end();
  assert.ok(!retry.refused("later"));
  t.mock.timers.tick(DAY_MS);
});

test("Retry attempts soon when what was missing comes back", { skip: !canHear, timeout: 10_000 }, async (t) => {
  const alive = setInterval(() => {}, 1000);
  const path = join(makeSite(t), "root");
  const attempted = Promise.withResolvers<void>();
  const retry = new Retry(attempted.resolve);
  t.after(() => {
    retry.end();
    clearInterval(alive);
  });
  // As after many attempts.
  for (let count = 0; count < 6; count++) retry.refused("why", [path]);
  mkdirSync(path);
  await attempted.promise;
});
