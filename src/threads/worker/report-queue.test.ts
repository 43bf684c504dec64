import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Report } from "../messages.ts";
import { ReportQueue } from "./report-queue.ts";

function trace(text: string): Report {
  return { kind: "trace", text };
}

test("ReportQueue sends what one turn of the event loop brings as one batch", async () => {
  const batches: string[][] = [];
  const queue = new ReportQueue((reports) => batches.push(reports.map(({ text }) => text)));
  queue.add(trace("a"));
  queue.add(trace("b"));
  await turn();
  assert.deepEqual(batches, [["a", "b"]]);
});

test("ReportQueue keeps the next batch until the last one has arrived", async () => {
  const batches: string[][] = [];
  const queue = new ReportQueue((reports) => batches.push(reports.map(({ text }) => text)));
  queue.add(trace("a"));
  await turn();
  queue.add(trace("b"));
  await turn();
  assert.equal(batches.length, 1);
  queue.received();
  await turn();
  assert.deepEqual(batches, [["a"], ["b"]]);
});

test("ReportQueue bounds the waiting reports, and tells how many were dropped", async () => {
  const batches: (readonly Report[])[] = [];
  const queue = new ReportQueue((reports) => batches.push(reports));
  for (let count = 0; count < 300; count++) queue.add(trace("x".repeat(1024)));
  await turn();
  assert.equal(batches[0]!.length, 257);
  assert.deepEqual(batches[0]!.at(-1), {
    kind: "warning",
    text: "44 reports were dropped because they were not read in time",
  });
});

test("ReportQueue.flush() sends the waiting reports even with a batch under way, and nothing when none waits", async () => {
  const batches: (readonly Report[])[] = [];
  const queue = new ReportQueue((reports) => batches.push(reports));
  queue.flush();
  queue.add(trace("a"));
  await turn();
  queue.add(trace("b"));
  queue.flush();
  assert.equal(batches.length, 2);
});
