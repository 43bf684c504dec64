import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptedCodings, type Coding, chooseRepresentation, isCompressible } from "./coding.ts";

interface Offer {
  readonly coding: Coding | "identity";
  readonly sizeBytes: number;
}
const identity: Offer = { coding: "identity", sizeBytes: 1000 };
const offer = (coding: Coding, sizeBytes: number): Offer => ({ coding, sizeBytes });
const ALL = [offer("gzip", 300), offer("br", 250), offer("zstd", 280)];

const cases: { field: string | undefined; offers: Offer[]; chosen: string; why: string }[] = [
  { field: undefined, offers: ALL, chosen: "identity", why: "a client that says nothing seldom decodes" },
  { field: "", offers: ALL, chosen: "identity", why: "an empty field wants none" },
  { field: "gzip, deflate, br, zstd", offers: ALL, chosen: "br", why: "the smallest of what is equally welcome" },
  {
    field: "gzip, br",
    offers: [offer("gzip", 200), offer("br", 250)],
    chosen: "gzip",
    why: "the smallest, not a fixed order",
  },
  { field: "gzip;q=1, br;q=0.9", offers: ALL, chosen: "gzip", why: "quality before size" },
  { field: "br;q=0, gzip", offers: ALL, chosen: "gzip", why: "a quality of 0 is never sent" },
  { field: "br;q=0", offers: ALL, chosen: "identity", why: "nothing else was asked for" },
  { field: "*", offers: ALL, chosen: "br", why: "the wildcard stands for each that is not named" },
  { field: "*;q=0", offers: ALL, chosen: "identity", why: "nothing is acceptable, so the field is disregarded" },
  { field: "*;q=0, gzip", offers: ALL, chosen: "gzip", why: "what is named is not under the wildcard" },
  { field: "gzip;q=0.5, *;q=0.1", offers: ALL, chosen: "gzip", why: "named and preferred" },
  { field: "identity;q=0, gzip;q=0.1", offers: ALL, chosen: "gzip", why: "identity was ruled out" },
  { field: "identity;q=0", offers: ALL, chosen: "identity", why: "nothing is acceptable, so the field is disregarded" },
  { field: "identity, gzip;q=0.5", offers: ALL, chosen: "identity", why: "preferred to gzip" },
  { field: "x-gzip", offers: ALL, chosen: "gzip", why: "the old name of gzip" },
  { field: "GZIP", offers: ALL, chosen: "gzip", why: "codings are case-insensitive" },
  { field: "gzip;q=2", offers: ALL, chosen: "identity", why: "a malformed field is as good as none" },
  { field: "gzip, br", offers: [], chosen: "identity", why: "there is nothing else" },
  { field: "gzip", offers: [offer("gzip", 1200)], chosen: "gzip", why: "identity is only the last resort" },
];
for (const { field, offers, chosen, why } of cases) {
  test(`chooseRepresentation() for ${JSON.stringify(field)} of ${offers.length} is ${chosen}: ${why}`, () => {
    assert.equal(chooseRepresentation(acceptedCodings(field), identity, offers).coding, chosen);
    assert.equal(chooseRepresentation(acceptedCodings(field), identity, offers.toReversed()).coding, chosen);
  });
}

test("acceptedCodings() keeps what it has read, within a bound", () => {
  const first = acceptedCodings("gzip, br;q=0.5");
  assert.equal(acceptedCodings("gzip, br;q=0.5"), first);
  for (let i = 0; i < 100; i++) acceptedCodings(`gzip, x${i}`);
  assert.notEqual(acceptedCodings("gzip, br;q=0.5"), first);
  assert.deepEqual(acceptedCodings("gzip, br;q=0.5"), first);
});

const types: [string, boolean][] = [
  ["text/html; charset=utf-8", true],
  ["text/css", true],
  ["application/json", true],
  ["application/manifest+json", true],
  ["image/svg+xml", true],
  ["application/wasm", true],
  ["font/ttf", true],
  ["application/vnd.api+json; x=y", true],
  ["font/woff2", false],
  ["image/png", false],
  ["image/jpeg", false],
  ["video/mp4", false],
  ["application/zip", false],
  ["application/octet-stream", false],
];
for (const [type, is] of types) {
  test(`isCompressible() is ${is} for ${type}`, () => assert.equal(isCompressible(type), is));
}
