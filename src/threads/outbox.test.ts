import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Report } from "./messages.ts";
import { Outbox } from "./outbox.ts";

function trace(text: string): Report {
  return { kind: "trace", text };
}

test("Outbox sends what one turn of the event loop brings as one batch", async () => {
  const batches: string[][] = [];
  const outbox = new Outbox((reports) => batches.push(reports.map(({ text }) => text)));
  outbox.add(trace("a"));
  outbox.add(trace("b"));
  await turn();
  assert.deepEqual(batches, [["a", "b"]]);
});

test("Outbox keeps the next batch until the last one was taken", async () => {
  const batches: string[][] = [];
  const outbox = new Outbox((reports) => batches.push(reports.map(({ text }) => text)));
  outbox.add(trace("a"));
  await turn();
  outbox.add(trace("b"));
  await turn();
  assert.equal(batches.length, 1);
  outbox.taken();
  await turn();
  assert.deepEqual(batches, [["a"], ["b"]]);
});

test("Outbox bounds what waits, and tells how much was left out", async () => {
  const batches: (readonly Report[])[] = [];
  const outbox = new Outbox((reports) => batches.push(reports));
  for (let count = 0; count < 300; count++) outbox.add(trace("x".repeat(1024)));
  await turn();
  assert.equal(batches[0]!.length, 257);
  assert.deepEqual(batches[0]!.at(-1), {
    kind: "warning",
    text: "44 reports were left out, they were not read in time",
  });
});

test("Outbox.flush() sends what waits without a receipt, and nothing when nothing does", async () => {
  const batches: (readonly Report[])[] = [];
  const outbox = new Outbox((reports) => batches.push(reports));
  outbox.flush();
  outbox.add(trace("a"));
  await turn();
  outbox.add(trace("b"));
  outbox.flush();
  assert.equal(batches.length, 2);
});
