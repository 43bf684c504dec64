// What two snapshots say together.
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyView } from "../../test/support/admin-view.ts";
import { ratesBetween, threadRates } from "./rates.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

const NOTED = { startedMs: 0, marks: [], samples: emptyView().samples, latest: [], slowest: [] };
const EMPTY = snapshotOf(emptyView(), NOTED, 1000);

function later(changes: Partial<Snapshot["totals"]>, counts?: readonly number[]): Snapshot {
  const { durations } = EMPTY;
  return {
    ...EMPTY,
    nowMs: 3000,
    totals: { ...EMPTY.totals, ...changes },
    durations: counts === undefined ? durations : { boundsMs: [1, 10, 100], counts },
  };
}

test("ratesBetween() counts by the second", () => {
  const rates = ratesBetween(EMPTY, later({ requests: 10, sentBytes: 4000, statuses: { "2xx": 8, "4xx": 2 } }));
  assert.equal(rates.requestsPerSecond, 5);
  assert.equal(rates.bytesPerSecond, 2000);
  assert.deepEqual(rates.statusesPerSecond, { "2xx": 4, "4xx": 1 });
  assert.equal(rates.percentilesMs, undefined);
});

test("ratesBetween() finds percentiles within the buckets of durations", () => {
  assert.deepEqual(ratesBetween(EMPTY, later({}, [50, 100, 100, 100])).percentilesMs, { p50: 1, p90: 8.2, p99: 9.82 });
  assert.deepEqual(ratesBetween(EMPTY, later({}, [0, 0, 0, 4])).percentilesMs, { p50: 100, p90: 100, p99: 100 });
});

test("threadRates() begins anew with the thread that takes the place of another", () => {
  const thread = EMPTY.threads[0]!;
  const before = { ...thread, requests: 100, busySeconds: 4 };
  const rates = threadRates(before, { ...thread, requests: 110, busySeconds: 5 }, 2);
  assert.deepEqual(rates, { requestsPerSecond: 5, busyShare: 0.5 });
  assert.equal(threadRates(before, { ...thread, requests: 10, busySeconds: 1 }, 2).requestsPerSecond, 5);
  assert.equal(threadRates(undefined, { ...thread, requests: 10 }, 2).requestsPerSecond, 5);
});
