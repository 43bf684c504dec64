import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { crc32c } from "./crc32c.ts";
import { HEADER_LIMIT_BYTES, type ProxyHeaderOutcome, readProxyHeader } from "./proxy-header.ts";

const NEXT = Buffer.from("GET / HTTP/1.1\r\n\r\n", "latin1");

/** @param start command and family: "2111" */
function binary(start: string, ...parts: string[]): Buffer {
  const block = Buffer.from(parts.join(""), "hex");
  const head = Buffer.from(`0d0a0d0a000d0a515549540a${start}0000`, "hex");
  head.writeUInt16BE(block.length, 14);
  return Buffer.concat([head, block]);
}

/** With the right checksum in its TLV. */
function checked(...parts: string[]): Buffer {
  const header = binary("2111", IPV4, ...parts, "03000400000000");
  header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

const IPV4 = "cb007109c0000201115c01bb";
const IPV6 = `20010db8${"00".repeat(11)}0920010db8${"00".repeat(11)}01115c01bb`;
const UNIX = "2f61".padEnd(432, "0");
const LONGEST = `PROXY TCP6 ${"2001:0db8:0000:0000:0000:0000:0000:0009 ".repeat(2)}65535 65535\r\n`;
const UNKNOWN = { address: undefined, scheme: undefined };

const whole: [
  name: string,
  header: Buffer | string,
  said: { address: string | undefined; scheme?: string | undefined },
][] = [
  ["IPv4", "PROXY TCP4 203.0.113.9 192.0.2.1 4444 443\r\n", { address: "203.0.113.9" }],
  ["IPv6", "PROXY TCP6 2001:DB8::9 2001:db8::1 4444 443\r\n", { address: "2001:db8::9" }],
  ["IPv4 in IPv6", "PROXY TCP6 ::ffff:203.0.113.9 ::1 0 65535\r\n", { address: "203.0.113.9" }],
  ["the longest line", LONGEST, { address: "2001:db8::9" }],
  ["UNKNOWN", "PROXY UNKNOWN\r\n", UNKNOWN],
  ["UNKNOWN with more", `PROXY UNKNOWN ${"f".repeat(91)}\r\n`, UNKNOWN],
  ["IPv4, binary", binary("2111", IPV4), { address: "203.0.113.9" }],
  ["IPv6, binary", binary("2121", IPV6), { address: "2001:db8::9" }],
  ["UDP", binary("2112", IPV4), { address: "203.0.113.9" }],
  ["a local socket", binary("2131", UNIX), UNKNOWN],
  ["LOCAL", binary("2000"), UNKNOWN],
  ["LOCAL with addresses", binary("2011", IPV4), UNKNOWN],
  ["LOCAL with what makes no sense", binary("2011", "00"), UNKNOWN],
  ["UNSPEC", binary("2100", "ffff"), UNKNOWN],
  ["an unknown protocol", binary("2110", IPV4), UNKNOWN],
  ["TLVs", binary("2111", IPV4, "010002683205000161"), { address: "203.0.113.9" }],
  ["an empty TLV", binary("2111", IPV4, "050000", "040000"), { address: "203.0.113.9" }],
  ["TLS", binary("2111", IPV4, "20000501000000ff"), { address: "203.0.113.9", scheme: "https" }],
  ["no TLS", binary("2111", IPV4, "20000500000000ff"), { address: "203.0.113.9", scheme: "http" }],
  ["a checksum", checked("040001ff"), { address: "203.0.113.9" }],
  ["the largest block", binary("2111", IPV4, "040ff1", "00".repeat(4081)), { address: "203.0.113.9" }],
];
for (const [name, header, said] of whole) {
  const bytes = Buffer.from(header as string, "latin1");
  const outcome = { scheme: undefined, ...said, length: bytes.length };
  test(`readProxyHeader() reads ${name}, whole, byte by byte, and with a request behind`, () => {
    assert.deepEqual(readProxyHeader(bytes), outcome);
    assert.deepEqual(readProxyHeader(Buffer.concat([bytes, NEXT])), outcome);
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(readProxyHeader(bytes.subarray(0, length)), "incomplete", `${length} bytes`);
      assert.equal(readProxyHeader(bytes, length), "incomplete", `${length} of the bytes`);
    }
  });
}

const malformed: [name: string, header: Buffer | string][] = [
  ["a request", "GET / HTTP/1.1\r\n"],
  ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n"],
  ["a TLS handshake", Buffer.from("160301", "hex")],
  ["small letters", "proxy TCP4 203.0.113.9 192.0.2.1 1 2\r\n"],
  ["a line that ends with LF", "PROXY TCP4 203.0.113.9 192.0.2.1 1 2\n"],
  ["a CR in the line", "PROXY TCP4 203.0.113.9 192.0.2.1\r1 2"],
  ["two blanks", "PROXY  TCP4 203.0.113.9 192.0.2.1 1 2\r\n"],
  ["a blank at the end", "PROXY TCP4 203.0.113.9 192.0.2.1 1 2 \r\n"],
  ["no ports", "PROXY TCP4 203.0.113.9 192.0.2.1\r\n"],
  ["a port that is too large", "PROXY TCP4 203.0.113.9 192.0.2.1 1 65536\r\n"],
  ["a port with a zero before it", "PROXY TCP4 203.0.113.9 192.0.2.1 01 2\r\n"],
  ["IPv6 as IPv4", "PROXY TCP4 2001:db8::9 2001:db8::1 1 2\r\n"],
  ["IPv4 as IPv6", "PROXY TCP6 203.0.113.9 192.0.2.1 1 2\r\n"],
  ["an address that is none", "PROXY TCP4 203.0.113.256 192.0.2.1 1 2\r\n"],
  ["another protocol", "PROXY UDP4 203.0.113.9 192.0.2.1 1 2\r\n"],
  ["a line without an end", "PROXY UNKNOWN ".padEnd(107, "f")],
  ["a line that is too long", `${"PROXY UNKNOWN ".padEnd(106, "f")}\r\n`],
  ["a signature with a mistake", Buffer.from("0d0a0d0a000d0a515549540b", "hex")],
  ["version 1 in binary", binary("1111", IPV4)],
  ["version 3", binary("3111", IPV4)],
  ["an unknown command", binary("2211", IPV4)],
  ["an unknown family", binary("2141", IPV4)],
  ["an unknown transport", binary("2113", IPV4)],
  ["an IPv4 block that is too short", binary("2111", IPV4.slice(2))],
  ["an IPv6 block that is too short", binary("2121", IPV4)],
  ["a TLV that is cut in its head", binary("2111", IPV4, "0400")],
  ["a TLV that is cut in its value", binary("2111", IPV4, "040002ff")],
  ["a TLV about TLS that is too short", binary("2111", IPV4, "2000040100000000")],
  ["a wrong checksum", binary("2111", IPV4, "03000400000000")],
  ["a checksum of three bytes", binary("2111", IPV4, "030003000000")],
  ["a block that is too large", binary("2111", IPV4, "00".repeat(4085))],
];
for (const [name, header] of malformed) {
  test(`readProxyHeader() refuses ${name}, as soon as it can`, () => {
    const bytes = Buffer.from(header as string, "latin1");
    assert.equal(readProxyHeader(bytes), "malformed");
    const first = Array.from({ length: bytes.length + 1 }, (_, length) => readProxyHeader(bytes, length));
    // Once refused, it stays so: more bytes mend nothing.
    assert.ok(first.slice(first.indexOf("malformed")).every((outcome) => outcome === "malformed"));
  });
}

test("readProxyHeader() waits for no more than the longest header", () => {
  const starts = [Buffer.from("PROXY ", "latin1"), binary("2111", "00".repeat(4096)).subarray(0, 16), Buffer.alloc(0)];
  const bytes = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(bytes, ([start, rest]) => {
      const all = Buffer.concat([start, rest, Buffer.alloc(HEADER_LIMIT_BYTES)]);
      const outcome: ProxyHeaderOutcome = readProxyHeader(all);
      assert.notEqual(outcome, "incomplete");
      if (typeof outcome === "object") assert.ok(outcome.length <= HEADER_LIMIT_BYTES);
    }),
  );
});

test("crc32c() gives the check value of the polynomial", () => {
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
});
