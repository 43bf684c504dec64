import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRule } from "./addresses.ts";

const cases: [allow: string[], deny: string[], address: string, isIn: boolean][] = [
  [[], [], "192.0.2.1", true],
  [["192.0.2.0/24"], [], "192.0.2.255", true],
  [["192.0.2.0/24"], [], "192.0.3.0", false],
  [["192.0.2.0/24"], ["192.0.2.7"], "192.0.2.7", false],
  [[], ["192.0.2.7"], "192.0.2.8", true],
  [["192.0.2.0/24"], [], "::ffff:192.0.2.9", true],
  [["192.0.2.0/24"], [], "2001:db8::1", false],
  [["2001:db8::/32"], [], "2001:DB8:1::1", true],
  [["0.0.0.0/0"], [], "203.0.113.9", true],
  [["127.0.0.1"], [], "", true],
  [[], ["192.0.2.7"], "nowhere", false],
];
for (const [allow, deny, address, isIn] of cases) {
  test(`addressRule(${allow}; ${deny}) lets ${address} ${isIn ? "in" : "wait outside"}`, () => {
    assert.equal(addressRule(allow, deny)(address), isIn);
  });
}

for (const source of [
  "",
  "localhost",
  "192.0.2",
  "192.0.2.0/33",
  "192.0.2.0/",
  "192.0.2.0/-1",
  "2001:db8::/129",
  "192.0.2.1/24/8x",
]) {
  test(`addressRule() refuses ${JSON.stringify(source)}`, () => {
    assert.throws(() => addressRule([source], []), TypeError);
  });
}
