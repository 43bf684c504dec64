import assert from "node:assert/strict";
import { test } from "node:test";
import { Doorkeeper } from "./doorkeeper.ts";

test("Doorkeeper lets in who comes again", () => {
  const doorkeeper = new Doorkeeper(4);
  for (const hash of [1, 2, -3]) {
    assert.equal(doorkeeper.admits(hash), false);
    assert.equal(doorkeeper.admits(hash), true);
  }
});

test("Doorkeeper remembers about as many as it was told, and then forgets", () => {
  const doorkeeper = new Doorkeeper(100);
  const hashes = Array.from({ length: 128 }, (_, index) => index + 1000);
  for (const hash of hashes) assert.equal(doorkeeper.admits(hash), false);
  for (const hash of hashes) assert.equal(doorkeeper.admits(hash), true);
  // Another path at the same place.
  for (const hash of hashes) assert.equal(doorkeeper.admits(hash + 128), false);
  for (const hash of hashes) assert.equal(doorkeeper.admits(hash), false);
});

test("Doorkeeper of nobody still has a door", () => {
  const doorkeeper = new Doorkeeper(0);
  assert.equal(doorkeeper.admits(7), false);
  assert.equal(doorkeeper.admits(7), true);
});
