import assert from "node:assert/strict";
import { test } from "node:test";

test("monotonicMs() runs as performance.now() does", { skip: process.platform !== "linux" }, async () => {
  const { MONOTONIC_BEGAN_MS, monotonicMs } = await import("./monotonic.ts");
  const hrtimeMs = Number(process.hrtime.bigint() / 1_000_000n);
  assert.ok(Math.abs(MONOTONIC_BEGAN_MS + monotonicMs() - hrtimeMs) < 1000, "the clock that all threads share");
  const offset = performance.now() - monotonicMs();
  for (let count = 0; count < 1000; count++) {
    const before = performance.now() - offset;
    const now = monotonicMs();
    const after = performance.now() - offset;
    assert.ok(now >= before - 1 && now <= after + 1, `${before} ${now} ${after}`);
  }
});
