import assert from "node:assert/strict";
import { test } from "node:test";
import { certificateFor } from "./server-name.ts";

const certificates = [
  { id: "first", names: ["first.test"] },
  { id: "wildcard", names: ["*.example.com", "example.com"] },
  { id: "exact", names: ["www.example.com", "192.0.2.1"] },
];

const cases: [host: string | undefined, id: string][] = [
  ["www.example.com", "exact"],
  ["WWW.Example.COM", "exact"],
  ["www.example.com.", "exact"],
  ["example.com", "wildcard"],
  ["api.example.com", "wildcard"],
  // RFC 6125 §6.4.3: a wildcard stands for one label.
  ["a.api.example.com", "first"],
  [".example.com", "first"],
  ["*.example.com", "wildcard"],
  ["badexample.com", "first"],
  ["192.0.2.1", "exact"],
  ["unknown.test", "first"],
  ["", "first"],
  [undefined, "first"],
];
for (const [host, id] of cases) {
  test(`certificateFor() gives ${host === undefined ? "no name" : JSON.stringify(host)} the ${id} certificate`, () => {
    assert.equal(certificateFor(certificates, host).id, id);
  });
}
