import assert from "node:assert/strict";
import { isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { testAccepted, testRefused } from "../../test/support/http1.ts";
import { isHostWithPort } from "../http/host.ts";

const get = (lines: string, target = "/", version = "1.1") => `GET ${target} HTTP/${version}\r\n${lines}\r\n`;

const goodHosts = [
  "a",
  "example.com",
  "EXAMPLE.com:80",
  "a.",
  "a_b-c~d",
  "127.0.0.1",
  "127.0.0.1:8080",
  "a:",
  "a:0",
  "a:65535",
  "a:00080",
  "[::1]",
  "[::1]:443",
  "[2001:DB8::1:2]:",
  "[::ffff:192.0.2.1]",
  "[::]",
  "[1:2:3:4:5:6:7:8]",
  "[1::3:4:5:6:7:8]",
  "[1:2:3:4:5:6:7::]",
  "[::2:3:4:5:6:7:8]",
  "[1:2:3:4:5:6:255.0.10.1]",
  "[1::127.0.0.1]:80",
  "[v1.a:b:c]",
  "[VF0.~$]:80",
  "%41b",
  "a%C3%A4",
  "!$&'()*+,;=",
];

testAccepted(
  "isHostWithPort()",
  goodHosts.map((host) => ({ what: `Host: ${host}`, bytes: get(`Host: ${host}\r\n`), sees: { authority: host } })),
);

const badHosts = [
  "",
  " ",
  ":",
  ":80",
  "a b",
  "a\tb",
  "a/b",
  "a?b",
  "a#b",
  "a@b",
  "u:p@a",
  "a\\b",
  "a|b",
  "<a>",
  '"a"',
  "{a}",
  "a^b",
  "a`b",
  "a\x80",
  "a:b",
  "a:8x",
  "a:-1",
  "a:+80",
  "a: 80",
  "a:65536",
  "a:99999999999999999999",
  "a:80:80",
  "::1",
  "a::80",
  "[::1",
  "::1]",
  "[]",
  "[:]",
  "[127.0.0.1]",
  "[a]",
  "[g::1]",
  "[]:80",
  "[4712::abcd::]",
  "[:::]",
  "[::.]",
  "[::1:]",
  "[:1::]",
  "[1:2:3:4:5:6:7]",
  "[1:2:3:4:5:6:7:8:9]",
  "[1:2:3:4::5:6:7:8]",
  "[::1:2:3:4:5:6:7:8]",
  "[12345::1]",
  "[::999.1.1.1]",
  "[::1.2.3]",
  "[::1.2.3.4.5]",
  "[::01.2.3.4]",
  "[::1.2.3.4:5]",
  "[1.2.3.4::]",
  "[1:2:3:4:5:6:7:1.2.3.4]",
  "[::fffff]",
  "[::1%eth0]",
  "[v.a]",
  "[v1.]",
  "[v1a]",
  "[vg.a]",
  "[v1.a%41]",
  "[v1.[a]]",
  "[::1]x",
  "[::1]80",
  "[::1]]",
  "[::1]:a",
  "[::1%25eth0]",
  "[:: 1]",
  "[a/b]",
  "a[::1]",
  "a]",
  "%",
  "%4",
  "%4g",
  "%g4",
  "a%",
  "http://a",
];

testRefused(
  "isHostWithPort()",
  badHosts.map((host) => ({
    what: `Host: ${JSON.stringify(host)}`,
    bytes: get(`Host: ${host}\r\n`),
    as: "400 HOST_MALFORMED",
  })),
);

testRefused(
  "HeadParser",
  badHosts
    .filter((host) => !/[\s#]|^$|^http/.test(host) && !/[/?\x80]/.test(host))
    .map((host) => ({
      what: `the authority ${JSON.stringify(host)} in a target`,
      bytes: get("Host: a\r\n", `http://${host}/`),
      as: "400 TARGET_MALFORMED",
    })),
);

test("isHostWithPort() takes for an IPv6 address exactly what Node does", () => {
  const isTaken = (host: string): boolean => {
    const bytes = Buffer.from(`[${host}]`, "latin1");
    return isHostWithPort(bytes, 0, bytes.length);
  };
  const group = fc.constantFrom("0", "1", "ab", "00a0", "FFFF", "12345", "", "g");
  const number = fc.constantFrom("0", "1", "10", "255", "256", "01", "", "1000");
  const dotted = fc.array(number, { minLength: 3, maxLength: 5 }).map((parts) => parts.join("."));
  const part = fc.oneof({ weight: 8, arbitrary: group }, { weight: 1, arbitrary: dotted });
  const groups = fc
    .array(fc.tuple(part, fc.constantFrom(":", ":", ":", ":", "::", ":::", "")), { maxLength: 10 })
    .map((parts) => parts.flat().join(""));
  const mutated = fc
    .tuple(fc.ipV6(), fc.nat(50), fc.constantFrom("", ":", "0", ".", "f", "::", "1.2.3.4"))
    .map(([address, at, text]) => address.slice(0, at) + text + address.slice(at + 1));
  const anything = fc.string({ unit: fc.constantFrom(..."::::.01aF") });
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), mutated, groups, anything), (host) => {
      assert.equal(isTaken(host), isIPv6(host));
    }),
    { numRuns: 20_000 },
  );
});

testAccepted("Connection", [
  { what: "HTTP/1.0 without Host", bytes: get("", "/", "1.0"), sees: { authority: "" }, persists: false },
  { what: "HTTP/1.0 with Host", bytes: get("Host: b\r\n", "/", "1.0"), sees: { authority: "b" }, persists: false },
  { what: "Host behind other fields", bytes: get("A: b\r\nhost: c\r\n"), sees: { authority: "c" } },
]);

testRefused("Connection", [
  { what: "HTTP/1.1 without Host", bytes: get(""), as: "400 HOST_MISSING" },
  { what: "a later minor version without Host", bytes: get("", "/", "1.7"), as: "400 HOST_MISSING" },
  { what: "absolute-form without Host", bytes: get("", "http://b/"), as: "400 HOST_MISSING" },
  { what: "absolute-form with a malformed Host", bytes: get("Host: b c\r\n", "http://b/"), as: "400 HOST_MALFORMED" },
  { what: "asterisk-form without Host", bytes: "OPTIONS * HTTP/1.1\r\n\r\n", as: "400 HOST_MISSING" },
  { what: "two Hosts", bytes: get("Host: a\r\nHost: b\r\n"), as: "400 HOST_REPEATED" },
  { what: "two equal Hosts", bytes: get("Host: a\r\nA: b\r\nhost: a\r\n"), as: "400 HOST_REPEATED" },
  { what: "absolute-form with two Hosts", bytes: get("Host: b\r\nHost: b\r\n", "http://b/"), as: "400 HOST_REPEATED" },
  { what: "HTTP/1.0 with two Hosts", bytes: get("Host: a\r\nHost: a\r\n", "/", "1.0"), as: "400 HOST_REPEATED" },
  { what: "HTTP/1.0 with a malformed Host", bytes: get("Host: a b\r\n", "/", "1.0"), as: "400 HOST_MALFORMED" },
]);

test("isHostWithPort() looks at its range only", () => {
  const bytes = Buffer.from("x[::1]:80%41:");
  assert.equal(isHostWithPort(bytes, 1, 6), true);
  assert.equal(isHostWithPort(bytes, 1, 5), false, "the bracket is behind the end");
  assert.equal(isHostWithPort(bytes, 9, 11), false, "the second digit is behind the end");
  assert.equal(isHostWithPort(bytes, 1, 1), false);
});
