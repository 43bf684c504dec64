import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRequest } from "../../test/support/request.ts";
import type { Peer } from "../http/message.ts";
import { Clients, type ProxiedPeer } from "./clients.ts";
import type { ForwardedField } from "./forwarded-fields.ts";

const TRUSTED = ["10.0.0.0/8", "fd00::/8", "unix"];
const OTHERS: ForwardedField[] = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];

function clientOf(
  fields: Record<string, string>,
  peer: Partial<ProxiedPeer> = {},
  forwardedFields: readonly ForwardedField[] = OTHERS,
): Peer {
  const clients = new Clients({ trustedProxies: TRUSTED, forwardedFields });
  return clients.of(makeRequest("GET", "/", fields), { address: "10.0.0.1", scheme: "http", ...peer });
}

const lists: [value: string, address: string][] = [
  ["203.0.113.9", "203.0.113.9"],
  ["203.0.113.9:4711", "203.0.113.9"],
  ["1.1.1.1, 203.0.113.9", "203.0.113.9"],
  ["1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"],
  ["203.0.113.9,10.0.0.3,10.0.0.2", "203.0.113.9"],
  ["203.0.113.9, fd00::1, 10.0.0.2", "203.0.113.9"],
  ["::ffff:203.0.113.9", "203.0.113.9"],
  [", 203.0.113.9 ,, 10.0.0.2,", "203.0.113.9"],
  // All are trusted: the one that is farthest away.
  ["10.0.0.4, 10.0.0.3", "10.0.0.4"],
  // What is no address ends the walk where it was.
  ["203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"],
  ["203.0.113.9, ", "203.0.113.9"],
  ["203.0.113.9, x", "10.0.0.1"],
  ["", "10.0.0.1"],
  // A client's invention changes nothing on its right.
  ['"1.1.1.1, 203.0.113.9', "203.0.113.9"],
];
for (const [value, address] of lists) {
  test(`Clients finds ${address} in X-Forwarded-For: ${value}`, () => {
    assert.equal(clientOf({ "X-Forwarded-For": value }).address, address);
  });
}

const forwarded: [value: string, client: Partial<Peer>][] = [
  ["for=203.0.113.9;proto=https;host=a.example", { address: "203.0.113.9", scheme: "https", host: "a.example" }],
  ['for=1.1.1.1, for="[2001:db8::9]:80"', { address: "2001:db8::9" }],
  ["for=203.0.113.9;proto=https, for=10.0.0.2;proto=http", { address: "203.0.113.9", scheme: "https" }],
  ["for=203.0.113.9, for=10.0.0.2;proto=https", { address: "203.0.113.9", scheme: "http" }],
  ["for=203.0.113.9, for=_x;proto=https, for=10.0.0.2", { address: "10.0.0.2", scheme: "https" }],
  ["proto=https", { address: "10.0.0.1", scheme: "https" }],
  ['for="1.1.1.1, for=203.0.113.9', { address: "203.0.113.9" }],
  ["for=203.0.113.9; proto=https", { address: "10.0.0.1", scheme: "http" }],
];
for (const [value, client] of forwarded) {
  test(`Clients finds ${JSON.stringify(client)} in Forwarded: ${value}`, () => {
    const found = clientOf({ Forwarded: value }, {}, ["forwarded"]);
    for (const [name, wanted] of Object.entries(client)) assert.equal(found[name as keyof Peer], wanted, name);
  });
}

test("Clients believes nothing that a stranger has sent", () => {
  const peer = { address: "203.0.113.1" };
  const fields = { "X-Forwarded-For": "10.0.0.9", "X-Forwarded-Proto": "https", Forwarded: "for=10.0.0.9" };
  for (const names of [OTHERS, ["forwarded"] as const]) {
    assert.deepEqual(clientOf(fields, peer, names), { scheme: "http", ...peer });
  }
});

test("Clients reads only the fields that the proxy writes", () => {
  const fields = { Forwarded: "for=1.1.1.1;proto=https", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "b" };
  assert.deepEqual(clientOf(fields, {}, ["x-forwarded-for"]), {
    address: "203.0.113.9",
    scheme: "http",
    host: undefined,
    proxy: "10.0.0.1",
    certificate: undefined,
  });
  assert.equal(clientOf(fields, {}, ["forwarded"]).address, "1.1.1.1");
  assert.equal(clientOf({ "X-Forwarded-For": "203.0.113.9" }, {}, ["x-forwarded-proto"]).address, "10.0.0.1");
});

test("Clients takes scheme and host from the proxy that saw the client", () => {
  const chain = { "X-Forwarded-For": "203.0.113.9, 10.0.0.2" };
  const both = { ...chain, "X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "a.example, b.example" };
  const found = clientOf(both);
  assert.deepEqual([found.scheme, found.host], ["https", "a.example"]);
  assert.equal(clientOf({ ...chain, "X-Forwarded-Proto": "https" }).scheme, "https");
  assert.equal(clientOf({ ...chain, "X-Forwarded-Proto": "https, https, http" }).scheme, "http");
  assert.equal(clientOf({ "X-Forwarded-Proto": "https" }).scheme, "https");
  assert.equal(clientOf({ "X-Forwarded-Proto": "http" }, { scheme: "https" }).scheme, "http");
});

test("Clients lets nobody pass as the peer of a local socket whom its proxy hides", () => {
  assert.equal(clientOf({ "X-Forwarded-For": "203.0.113.9" }, { address: "" }).address, "203.0.113.9");
  assert.equal(clientOf({ "X-Forwarded-For": "unknown" }, { address: "" }).address, "unknown");
  assert.equal(clientOf({ Forwarded: "for=_x" }, { address: "" }, ["forwarded"]).address, "unknown");
  assert.equal(clientOf({}, { address: "" }).address, "");
});

test("Clients trusts no local socket unless it is told to", () => {
  const clients = new Clients({ trustedProxies: ["10.0.0.1"], forwardedFields: OTHERS });
  const request = makeRequest("GET", "/", { "X-Forwarded-For": "203.0.113.9" });
  assert.equal(clients.of(request, { address: "", scheme: "http" }).address, "");
  const unix = new Clients({ trustedProxies: ["unix"], forwardedFields: OTHERS });
  assert.equal(unix.of(request, { address: "10.0.0.1", scheme: "http" }).address, "10.0.0.1");
  assert.equal(unix.of(request, { address: "nowhere", scheme: "http" }).address, "nowhere");
});
