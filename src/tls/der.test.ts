// Values in DER, against the bytes that ITU-T X.690 and OpenSSL have for them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeAll, encode, encodeObjectId, encodeTime, encodeUnsigned, OCTET_STRING } from "./der.ts";
import { alternativeNames } from "./identifiers.ts";

const hex = (bytes: Buffer): string => bytes.toString("hex");

for (const [length, head] of [
  [0, "0400"],
  [127, "047f"],
  [128, "048180"],
  [255, "0481ff"],
  [256, "04820100"],
  [65_536, "0483010000"],
] as const) {
  test(`encode() writes a length of ${length}, and decodeAll() reads it`, () => {
    const value = encode(OCTET_STRING, Buffer.alloc(length));
    assert.equal(hex(value.subarray(0, head.length / 2)), head);
    assert.deepEqual(
      decodeAll(Buffer.concat([value, value])).map(({ tag, content, raw }) => [tag, content.length, raw.length]),
      [
        [4, length, value.length],
        [4, length, value.length],
      ],
    );
    if (length > 0) assert.throws(() => decodeAll(value.subarray(0, -1)), RangeError);
  });
}

test("encodeUnsigned() writes no negative number, and no superfluous zero", () => {
  const cases = {
    "00": "020100",
    "7f": "02017f",
    "80": "02020080",
    "0000ff": "020200ff",
    "0100": "02020100",
    "": "020100",
  };
  for (const [bytes, wanted] of Object.entries(cases)) {
    assert.equal(hex(encodeUnsigned(Buffer.from(bytes, "hex"))), wanted);
  }
});

test("encodeObjectId() writes numbers of several digits", () => {
  assert.equal(hex(encodeObjectId("1.2.840.113549.1.9.14")), "06092a864886f70d01090e");
  assert.equal(hex(encodeObjectId("2.5.29.17")), "0603551d11");
});

test("encodeTime() has two digits for the year until 2049 (RFC 5280 §4.1.2.5)", () => {
  assert.equal(encodeTime(Date.UTC(2049, 11, 31, 23, 59, 59)).toString("latin1"), "\x17\x0d491231235959Z");
  assert.equal(encodeTime(Date.UTC(2050, 0, 1)).toString("latin1"), "\x18\x0f20500101000000Z");
});

test("alternativeNames() writes addresses as bytes", () => {
  const bytesOf = (value: string): string => hex(alternativeNames([{ type: "ip", value }]));
  assert.ok(bytesOf("192.0.2.1").endsWith("8704c0000201"));
  assert.ok(bytesOf("::").endsWith(`8710${"0".repeat(32)}`));
  assert.ok(bytesOf("2001:db8::1").endsWith("871020010db8000000000000000000000001"));
  assert.ok(bytesOf("fe80::").endsWith(`8710fe80${"0".repeat(28)}`));
  assert.ok(bytesOf("1:2:3:4:5:6:7:8").endsWith("871000010002000300040005000600070008"));
  assert.ok(bytesOf("::ffff:192.0.2.1").endsWith("871000000000000000000000ffffc0000201"));
});
