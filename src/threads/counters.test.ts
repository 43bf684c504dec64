import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterTable, Fellows, ThreadCounters } from "./counters.ts";

test("ThreadCounters writes its own slice and no other", () => {
  const table = new CounterTable(3);
  const counters = new ThreadCounters(table.memory, 1);
  counters.beat();
  counters.countConnection(1);
  counters.countConnection(1);
  counters.countConnection(-1);
  counters.countRequest();
  counters.countSent(100);
  assert.deepEqual(table.values(1), { accepted: 2, connections: 1, requests: 1, sentBytes: 100 });
  assert.equal(table.beats(1), 1);
  assert.equal(table.closed(1), 1);
  for (const slot of [0, 2])
    assert.deepEqual(table.values(slot), { accepted: 0, connections: 0, requests: 0, sentBytes: 0 });
});

test("CounterTable.totals() adds up all slices", () => {
  const table = new CounterTable(2);
  for (const slot of [0, 1]) new ThreadCounters(table.memory, slot).countConnection(1);
  assert.deepEqual(table.totals(), { accepted: 2, connections: 2, requests: 0, sentBytes: 0 });
});

test("CounterTable.release() keeps what a thread counted and drops what it held open", () => {
  const table = new CounterTable(1);
  const counters = new ThreadCounters(table.memory, 0);
  counters.countConnection(1);
  counters.countRequest();
  table.release(0);
  assert.deepEqual(table.totals(), { accepted: 1, connections: 0, requests: 1, sentBytes: 0 });
  assert.deepEqual(table.values(0), { accepted: 0, connections: 0, requests: 0, sentBytes: 0 });
});

test("Fellows tells connections that are open, and no end of them after four looks without a beat", () => {
  const table = new CounterTable(2);
  const counters = new ThreadCounters(table.memory, 1);
  const fellows = new Fellows(table.memory, 2);
  counters.countConnection(1);
  counters.countConnection(1);
  counters.countConnection(-1);
  counters.beat();
  const loads = Array.from({ length: 6 }, () => {
    fellows.look();
    return fellows.load(1);
  });
  assert.deepEqual(loads, [1, 1, 1, 1, Infinity, Infinity]);
  counters.beat();
  fellows.look();
  assert.equal(fellows.load(1), 1);
});
