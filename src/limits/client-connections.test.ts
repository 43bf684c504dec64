import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientConnections, clearSlot, newClientMemory } from "./client-connections.ts";
import { KeyedHash } from "./keyed-hash.ts";
import { REFUSED, UNCOUNTED } from "./lease.ts";

const SHAPE = { slotCount: 2, leaseCount: 8 };

function threads(limitCount: number) {
  const memory = newClientMemory(SHAPE);
  const hash = new KeyedHash(1, 2);
  const [one, two] = [0, 1].map((slot) => new ClientConnections(memory, { ...SHAPE, slot, limitCount }, hash));
  return { memory, one: one!, two: two! };
}

test("ClientConnections counts the connections of a client over all threads", () => {
  const { one, two } = threads(3);
  const leases = [one, two, one].map((thread) => thread.enter("192.0.2.1"));
  assert.ok(leases.every((lease) => lease > 0));
  assert.equal(two.enter("192.0.2.1"), REFUSED);
  assert.ok(two.enter("192.0.2.2") > 0);
  one.leave(leases[0]!);
  assert.ok(two.enter("192.0.2.1") > 0);
  assert.equal(one.enter("192.0.2.1"), REFUSED);
});

test("ClientConnections takes an IPv6 network of 64 bits for one client", () => {
  const { one } = threads(1);
  assert.ok(one.enter("2001:db8:0:1::1") > 0);
  assert.equal(one.enter("2001:db8:0:1:ffff::2"), REFUSED);
  assert.ok(one.enter("2001:db8:0:2::1") > 0);
});

test("ClientConnections counts no connection without an address, and none for which a thread has no lease", () => {
  const { one } = threads(1);
  assert.equal(one.enter(""), UNCOUNTED);
  assert.equal(one.enter(""), UNCOUNTED);
  for (let host = 1; host <= 8; host++) assert.ok(one.enter(`192.0.2.${host}`) > 0);
  assert.equal(one.enter("192.0.2.9"), UNCOUNTED);
});

test("clearSlot() takes back what a dead thread held, and nothing of the others", () => {
  const { memory, one, two } = threads(4);
  for (const thread of [one, one, one, two]) thread.enter("192.0.2.1");
  assert.equal(two.enter("192.0.2.1"), REFUSED);
  clearSlot(memory, SHAPE, 0);
  for (let count = 0; count < 3; count++) assert.ok(two.enter("192.0.2.1") > 0);
  assert.equal(two.enter("192.0.2.1"), REFUSED);
});

test("ClientConnections gives the place of a client that is gone to another", () => {
  const { one } = threads(1);
  for (let host = 0; host < 10_000; host++) {
    const lease = one.enter(`198.51.${host >> 8}.${host & 255}`);
    assert.ok(lease > 0, `client ${host}`);
    one.leave(lease);
  }
});
