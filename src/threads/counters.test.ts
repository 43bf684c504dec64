import assert from "node:assert/strict";
import { test } from "node:test";
import { CounterTable, ThreadCounters } from "./counters.ts";

test("ThreadCounters writes its own slice and no other", () => {
  const table = new CounterTable(3);
  const counters = new ThreadCounters(table.memory, 1);
  counters.beat();
  counters.connectionOpened();
  counters.connectionOpened();
  counters.connectionClosed();
  counters.requestReceived();
  assert.deepEqual(table.values(1), { accepted: 2, connections: 1, requests: 1 });
  assert.equal(table.beats(1), 1);
  assert.equal(table.closed(1), 1);
  for (const slot of [0, 2]) assert.deepEqual(table.values(slot), { accepted: 0, connections: 0, requests: 0 });
});

test("CounterTable.totals() adds up all slices", () => {
  const table = new CounterTable(2);
  for (const slot of [0, 1]) new ThreadCounters(table.memory, slot).connectionOpened();
  assert.deepEqual(table.totals(), { accepted: 2, connections: 2, requests: 0 });
});

test("CounterTable.release() keeps what a thread counted and drops what it held open", () => {
  const table = new CounterTable(1);
  const counters = new ThreadCounters(table.memory, 0);
  counters.connectionOpened();
  counters.requestReceived();
  table.release(0);
  assert.deepEqual(table.totals(), { accepted: 1, connections: 0, requests: 1 });
  assert.deepEqual(table.values(0), { accepted: 0, connections: 0, requests: 0 });
});
