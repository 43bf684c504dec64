// Exchanges in progress: one sum for all threads, and what a dead thread had comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clearExchanges, Exchanges, newExchangeMemory } from "./exchanges.ts";

test("Exchanges count over all threads, and each site by itself", () => {
  const memory = newExchangeMemory(2);
  const [one, other] = [new Exchanges(memory, 0), new Exchanges(memory, 1)];
  assert.deepEqual([one.enter(3), other.enter(3), other.enter(4)], [1, 2, 1]);
  one.leave(3);
  assert.equal(other.enter(3), 2);
});

test("clearExchanges() takes back what one thread had, and no more", () => {
  const memory = newExchangeMemory(2);
  const [one, other] = [new Exchanges(memory, 0), new Exchanges(memory, 1)];
  for (let count = 0; count < 3; count++) one.enter(7);
  other.enter(7);
  clearExchanges(memory, 0);
  assert.equal(other.enter(7), 2);
  clearExchanges(memory, 0);
  assert.equal(other.enter(7), 3);
});
