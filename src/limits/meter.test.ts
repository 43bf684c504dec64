import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bucket, Meter } from "./meter.ts";

function newBucket(): Bucket {
  return { words: new Int32Array(new SharedArrayBuffer(16)), index: 0 };
}

/** Starts anywhere on the clock, in particular where the word of a bucket wraps around. */
const STARTS_MS = [0, 1, 999, 524_287, 1_048_575, 86_400_000, 3_000_000_000.5];

for (const startMs of STARTS_MS) {
  test(`Meter lets a burst through at once, and then one by one, from ${startMs} ms on`, () => {
    const meter = new Meter({ perSecond: 10, burst: 5 });
    const bucket = newBucket();
    const taken = (nowMs: number): number => meter.take(bucket, 1, 1, startMs + nowMs);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7].map(() => taken(0)),
      [1, 1, 1, 1, 1, 0, 0],
    );
    assert.deepEqual([50, 100, 101, 199, 200].map(taken), [0, 1, 0, 0, 1]);
    assert.equal(meter.waitMs(bucket, 1, startMs + 200), 100);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map(() => taken(10_000)),
      [1, 1, 1, 1, 1, 0],
    );
  });
}

test("Meter lets through as many bytes as there is room for, and none below the least", () => {
  const meter = new Meter({ perSecond: 1000, burst: 100 });
  const bucket = newBucket();
  assert.equal(meter.take(bucket, 5000, 50, 1000), 100);
  assert.equal(meter.take(bucket, 5000, 50, 1049), 0);
  assert.equal(meter.take(bucket, 5000, 50, 1050), 50);
  meter.giveBack(bucket, 30);
  assert.equal(meter.take(bucket, 5000, 1, 1050), 30);
});

test("Meter makes those wait for whom more was sent than there was room for", () => {
  const meter = new Meter({ perSecond: 1000, burst: 100 });
  const bucket = newBucket();
  meter.charge(bucket, 600, 1000);
  assert.equal(meter.waitMs(bucket, 0, 1000), 500);
  assert.equal(meter.take(bucket, 1, 1, 1499), 0);
  assert.equal(meter.take(bucket, 100, 1, 1600), 100);
});

test("Meter forgets a debt beyond a minute", () => {
  const meter = new Meter({ perSecond: 1000, burst: 100 });
  const bucket = newBucket();
  for (let count = 0; count < 1000; count++) meter.charge(bucket, 16_384, 1000);
  assert.equal(meter.waitMs(bucket, 0, 1000), 60_000);
});

test("Meter has a full bucket for a client that comes back after any pause", () => {
  const meter = new Meter({ perSecond: 2, burst: 3 });
  for (let pauseMs = 1500; pauseMs < 10_000_000; pauseMs = Math.floor(pauseMs * 1.01)) {
    const bucket = newBucket();
    for (let count = 0; count < 3; count++) meter.take(bucket, 1, 1, 5000);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => meter.take(bucket, 1, 1, 5000 + pauseMs)),
      [1, 1, 1, 0],
      `${pauseMs} ms`,
    );
  }
});

test("Meter refuses, for no longer than without it, when the clock of a thread is late", () => {
  const meter = new Meter({ perSecond: 10, burst: 1 });
  const bucket = newBucket();
  assert.equal(meter.take(bucket, 1, 1, 100_000), 1);
  for (const lateMs of [1, 99, 5000, 59_000]) assert.equal(meter.take(bucket, 1, 1, 100_000 - lateMs), 0);
  assert.equal(meter.take(bucket, 1, 1, 100_100), 1);
});

test("Meter begins anew after a clock that has jumped back, and does not refuse until it is there again", () => {
  const meter = new Meter({ perSecond: 10, burst: 1 });
  const bucket = newBucket();
  assert.equal(meter.take(bucket, 1, 1, 10_000_000), 1);
  assert.equal(meter.take(bucket, 1, 1, 5_000_000), 1);
  assert.equal(meter.take(bucket, 1, 1, 5_000_000), 0);
  assert.equal(meter.take(bucket, 1, 1, 5_000_100), 1);
});

for (const spec of [
  { perSecond: 1, burst: 1 },
  { perSecond: 0.001, burst: 2 },
  { perSecond: 3, burst: 50 },
  { perSecond: 100_000, burst: 1000 },
  { perSecond: 1024, burst: 512 },
  { perSecond: 1_250_000_000, burst: 125_000_000 },
]) {
  test(`Meter never lets through more than ${spec.burst} and ${spec.perSecond} a second, and little less`, () => {
    const meter = new Meter(spec);
    const bucket = newBucket();
    const stepMs = (spec.burst / spec.perSecond) * 100;
    const startMs = 123_456_789;
    let nowMs = startMs;
    let total = 0;
    for (let step = 0; step < 2000; step++) {
      total += meter.take(bucket, spec.burst, 1, nowMs);
      const most = spec.burst + (spec.perSecond * (nowMs - startMs)) / 1000;
      assert.ok(total <= most * 1.000001, `${total} of ${most}`);
      nowMs += stepMs * ((step * 7919) % 20) * 0.1;
    }
    const least = (spec.perSecond * (nowMs - startMs)) / 1000;
    assert.ok(total > least * 0.9 - spec.burst, `${total} of ${least}`);
  });
}
