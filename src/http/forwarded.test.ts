import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { quote, splitList } from "./fields.ts";
import {
  elementOfHop,
  type Hop,
  lastElementStart,
  parseForwarded,
  parseForwardedFor,
  parseForwardedHost,
  parseScheme,
} from "./forwarded.ts";

const NOTHING: Hop = { address: undefined, scheme: undefined, host: undefined };

const elements: [element: string, hop: Partial<Hop> | undefined][] = [
  // The examples of RFC 7239 §4
  ['for="_gazonk"', {}],
  ['For="[2001:db8:cafe::17]:4711"', { address: "2001:db8:cafe::17" }],
  ["for=192.0.2.60;proto=http;by=203.0.113.43", { address: "192.0.2.60", scheme: "http" }],
  ["for=192.0.2.43", { address: "192.0.2.43" }],
  // §6 and §7.1
  ["for=_hidden", {}],
  ["for=unknown", {}],
  ["for=_SEVKISEK", {}],
  ['for="192.0.2.43:47011"', { address: "192.0.2.43" }],
  ['for="192.0.2.43:_port"', { address: "192.0.2.43" }],
  ['for="[::ffff:192.0.2.1]"', { address: "192.0.2.1" }],
  ['for="\\192.0.2.1"', { address: "192.0.2.1" }],
  ["proto=HTTPS;host=a.example", { scheme: "https", host: "a.example" }],
  ['host="a.example:8443";proto=ftp', { host: "a.example:8443" }],
  ['host="a b"', {}],
  ["for=192.0.2.1;secret=x", { address: "192.0.2.1" }],
  [";;for=192.0.2.1;", { address: "192.0.2.1" }],
  // No addresses
  ['for="192.0.2.43:123456"', {}],
  ['for="[2001:db8::1"', {}],
  ['for="2001:db8::1"', {}],
  ['for="[fe80::1%eth0]"', {}],
  ['for="[192.0.2.1]"', {}],
  ["for=192.0.2.256", {}],
  // Not as the grammar has it
  ["for=192.0.2.43:80", undefined],
  ["for=[2001:db8::1]", undefined],
  ["for = 192.0.2.1", undefined],
  ["for=192.0.2.1; proto=https", undefined],
  ["for=192.0.2.1;for=192.0.2.2", undefined],
  ["for=192.0.2.1;FOR=192.0.2.1", undefined],
  ["for=", undefined],
  ["for", undefined],
  ["=192.0.2.1", undefined],
  ['for="192.0.2.1', undefined],
  ['for="192.0.2.1"x', undefined],
  ['for="a"b"c"', undefined],
  ["for='192.0.2.1'", {}],
  ["192.0.2.1", undefined],
  ["for=192.0.2.1\\", undefined],
];
for (const [element, hop] of elements) {
  test(`parseForwarded() reads ${element} as ${JSON.stringify(hop)}`, () => {
    assert.deepEqual(parseForwarded(element), hop && { ...NOTHING, ...hop });
  });
}

const nodes: [element: string, address: string | undefined][] = [
  ["192.0.2.1", "192.0.2.1"],
  ["192.0.2.1:4711", "192.0.2.1"],
  ["2001:db8::1", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ["[2001:DB8::1]:4711", "2001:db8::1"],
  ["fe80::1%eth0", "fe80::1"],
  ["[fe80::1%eth0]:80", "fe80::1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["unknown", undefined],
  ["_hidden", undefined],
  ['"192.0.2.1"', undefined],
  ["192.0.2.1:", undefined],
  ["192.0.2.1 192.0.2.2", undefined],
  ["[192.0.2.1]", undefined],
  ["for=192.0.2.1", undefined],
];
for (const [element, address] of nodes) {
  test(`parseForwardedFor() takes ${element} for ${address ?? "no address"}`, () => {
    assert.equal(parseForwardedFor(element), address);
  });
}

/** All elements, read from the right. */
function fromRight(value: string): string[] {
  const found: string[] = [];
  for (let end = value.length; end >= 0; ) {
    const start = lastElementStart(value, end);
    found.unshift(value.slice(start, end));
    end = start - 1;
  }
  return found;
}

test("lastElementStart() finds the elements that splitList() finds from the left", () => {
  const pair = fc.oneof(
    fc.constantFrom("for=192.0.2.1", "proto=https"),
    fc.string({ unit: fc.constantFrom(...'a,;=\\"') }).map((text) => `host=${quote(text)}`),
  );
  const element = fc.array(pair, { minLength: 1, maxLength: 3 }).map((pairs) => pairs.join(";"));
  fc.assert(
    fc.property(fc.array(element, { minLength: 1 }), (list) => {
      assert.deepEqual(
        fromRight(list.join(", ")).map((text) => text.trim()),
        splitList(list.join(", ")),
      );
    }),
  );
});

test("lastElementStart() finds what a proxy has written, whatever its client has sent before", () => {
  const own = 'for=192.0.2.1;host="a, for=10.0.0.1;x=\\"";proto=https';
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a,;=\\" ') }), (before) => {
      const value = `${before},${own}`;
      assert.equal(value.slice(lastElementStart(value)), own);
    }),
  );
});

test("parseForwarded() never reads a part of an element as an element", () => {
  const values = fc.array(fc.string({ unit: fc.constantFrom(...'a,;=\\" ') }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(values, (texts) => {
      const element = texts.map((text, index) => `p${index}=${quote(text)}`).join(";");
      assert.notEqual(parseForwarded(element), undefined);
      // What begins behind a comma in a quoted string has one quote too few.
      for (let at = element.indexOf(","); at >= 0; at = element.indexOf(",", at + 1)) {
        assert.equal(parseForwarded(element.slice(at + 1).trim()), undefined);
      }
    }),
  );
});

test("parseScheme() and parseForwardedHost() take what a site can be asked by", () => {
  assert.deepEqual(["https", "HTTP", "wss", "", undefined].map(parseScheme), ["https", "http", ...Array(3)]);
  const hosts = ["a.example", "[2001:db8::1]:8080", "a.example:80", "a/b", "", "a.example:x", undefined];
  assert.deepEqual(hosts.map(parseForwardedHost), [...hosts.slice(0, 3), ...Array(4)]);
});

test("elementOfHop() takes a single value, or the one at the same place", () => {
  assert.equal(elementOfHop(" https ", 2, 3), "https");
  assert.equal(elementOfHop("a, b ,c", 2, 3), "b");
  assert.equal(elementOfHop("a, b", 1, 3), undefined);
  assert.equal(elementOfHop("a, b", 1, 1), undefined);
});
