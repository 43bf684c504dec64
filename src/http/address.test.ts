import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { addressOfBytes, plainAddress } from "./address.ts";

const cases: [text: string, address: string | undefined][] = [
  ["192.0.2.1", "192.0.2.1"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
  ["::", "::"],
  ["fe80::1%eth0", "fe80::1"],
  ["fe80::1%25", "fe80::1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:0201", "192.0.2.1"],
  ["::ffff:0:1", "0.0.0.1"],
  ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
  ["", undefined],
  ["192.0.2.01", undefined],
  ["192.0.2.256", undefined],
  ["192.0.2", undefined],
  ["0x7f.1", undefined],
  ["2130706433", undefined],
  ["192.0.2.1:80", undefined],
  ["[2001:db8::1]", undefined],
  ["2001:db8::1::", undefined],
  ["2001:db8::12345", undefined],
  ["1:2:3:4:5:6:7", undefined],
  ["::%:", "::"],
  ["fe80::1%", undefined],
  ["fe80::1%eth 0", undefined],
  ["localhost", undefined],
  [" 192.0.2.1", undefined],
];
for (const [text, address] of cases) {
  test(`plainAddress() takes ${JSON.stringify(text)} for ${address ?? "no address"}`, () => {
    assert.equal(plainAddress(text), address);
  });
}

test("plainAddress() takes what node:net takes for an address, and has one form of each", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: fc.constantFrom(..."0123.:%fF[]") })), (text) => {
      const plain = plainAddress(text);
      assert.equal(plain !== undefined, isIP(text) !== 0);
      if (plain !== undefined) assert.equal(plainAddress(plain), plain);
    }),
  );
});

test("addressOfBytes() writes what plainAddress() reads", () => {
  assert.equal(addressOfBytes(Buffer.from("00c0000201", "hex"), 1, 4), "192.0.2.1");
  assert.equal(addressOfBytes(Buffer.from("20010db8000000000000000000000001", "hex"), 0, 16), "2001:db8::1");
  assert.equal(addressOfBytes(Buffer.from("00000000000000000000ffffc0000201", "hex"), 0, 16), "192.0.2.1");
});
