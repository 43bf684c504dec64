import assert from "node:assert/strict";
import { test } from "node:test";
import { indexOfCode } from "../refusals/codes.ts";
import { HANDSHAKE_FAILURES } from "../tls/handshake-failure.ts";
import { CounterTable, PeerThreads, ThreadCounters } from "./counters.ts";

const NO_FAILURES = Object.fromEntries(HANDSHAKE_FAILURES.map((reason) => [reason, 0]));

test("ThreadCounters counts the failures of handshakes by reason, and CounterTable keeps them", () => {
  const table = new CounterTable(1);
  const counters = new ThreadCounters(table.memory, 0);
  for (const reason of HANDSHAKE_FAILURES) counters.countHandshakeFailure(reason);
  counters.countHandshakeFailure("malformed");
  const expected = { ...Object.fromEntries(HANDSHAKE_FAILURES.map((reason) => [reason, 1])), malformed: 2 };
  assert.deepEqual(table.values(0).handshakeFailures, expected);
  table.ended(0);
  assert.deepEqual(table.totals().handshakeFailures, expected);
  assert.deepEqual(table.values(0).handshakeFailures, NO_FAILURES);
});

test("ThreadCounters writes its own slice and no other", () => {
  const table = new CounterTable(3);
  const counters = new ThreadCounters(table.memory, 1);
  counters.beat();
  counters.countConnection(1);
  counters.countConnection(1);
  counters.countConnection(-1);
  counters.countRequest(false);
  counters.countSent(100);
  assert.deepEqual(table.values(1), {
    accepted: 2,
    connections: 1,
    requests: 1,
    sentBytes: 100,
    handshakeFailures: NO_FAILURES,
    refusals: {},
  });
  assert.equal(table.beats(1), 1);
  assert.equal(table.load(1, 0), 1);
  for (const slot of [0, 2])
    assert.deepEqual(table.values(slot), {
      accepted: 0,
      connections: 0,
      requests: 0,
      sentBytes: 0,
      handshakeFailures: NO_FAILURES,
      refusals: {},
    });
});

test("CounterTable.totals() adds up all slices", () => {
  const table = new CounterTable(2);
  for (const slot of [0, 1]) new ThreadCounters(table.memory, slot).countConnection(1);
  assert.deepEqual(table.totals(), {
    accepted: 2,
    connections: 2,
    requests: 0,
    sentBytes: 0,
    handshakeFailures: NO_FAILURES,
    refusals: {},
  });
});

test("CounterTable.ended() keeps what a thread counted, and counts its connections as closed", () => {
  const table = new CounterTable(1);
  const counters = new ThreadCounters(table.memory, 0);
  counters.countConnection(1);
  counters.countRequest(false);
  table.ended(0);
  assert.deepEqual(table.totals(), {
    accepted: 1,
    connections: 0,
    requests: 1,
    sentBytes: 0,
    handshakeFailures: NO_FAILURES,
    refusals: {},
  });
  assert.deepEqual(table.values(0), {
    accepted: 0,
    connections: 0,
    requests: 0,
    sentBytes: 0,
    handshakeFailures: NO_FAILURES,
    refusals: {},
  });
});

test("PeerThreads tells the open connections, and Infinity after a second without a beat", () => {
  const table = new CounterTable(2);
  const counters = new ThreadCounters(table.memory, 1);
  const peers = new PeerThreads(table.memory, 2);
  counters.countConnection(1);
  counters.countConnection(1);
  counters.countConnection(-1);
  counters.beat(5000);
  const loads = [5000, 5250, 5500, 5750, 5999, 6000, 9000].map((nowMs) => peers.load(1, nowMs));
  assert.deepEqual(loads, [1, 1, 1, 1, 1, Infinity, Infinity]);
  counters.beat(9000);
  assert.equal(peers.load(1, 9000), 1);
});

test("PeerThreads takes a thread that waits for something to do for responsive, however long it waits", () => {
  const table = new CounterTable(2);
  const counters = new ThreadCounters(table.memory, 1);
  const peers = new PeerThreads(table.memory, 2);
  counters.beat(5000);
  counters.rest();
  assert.equal(table.isResting(1), true);
  assert.equal(peers.load(1, 500_000), 0);
  counters.beat(500_000);
  assert.equal(table.isResting(1), false);
  assert.equal(peers.load(1, 501_000), Infinity);
});

test("ThreadCounters counts refusals by code, and the table leaves out what has not occurred", () => {
  const table = new CounterTable(2);
  const [first, second] = [0, 1].map((slot) => new ThreadCounters(table.memory, slot));
  first!.countRefusal(indexOfCode("BARE_LF"));
  first!.countRefusal(indexOfCode("PATH_HIDDEN"));
  second!.countRefusal(indexOfCode("BARE_LF"));
  assert.deepEqual(table.values(0).refusals, { BARE_LF: 1, PATH_HIDDEN: 1 });
  assert.deepEqual(table.totals().refusals, { BARE_LF: 2, PATH_HIDDEN: 1 });
  table.ended(0);
  assert.deepEqual(table.values(0).refusals, {});
  assert.deepEqual(table.totals().refusals, { BARE_LF: 2, PATH_HIDDEN: 1 });
});
