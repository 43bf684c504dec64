// Which places the option `admin` takes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { adminPlaceOf } from "./admin-place.ts";

const places: readonly (readonly [given: string | number, place: ReturnType<typeof adminPlaceOf>])[] = [
  [9180, { kind: "address", host: "localhost", port: 9180 }],
  ["9180", { kind: "address", host: "localhost", port: 9180 }],
  ["0", { kind: "address", host: "localhost", port: 0 }],
  ["0.0.0.0:9180", { kind: "address", host: "0.0.0.0", port: 9180 }],
  ["heddle.example:9180", { kind: "address", host: "heddle.example", port: 9180 }],
  ["[::1]:9180", { kind: "address", host: "::1", port: 9180 }],
  ["/run/admin.sock", { kind: "socket", path: "/run/admin.sock" }],
  ["unix:/run/admin.sock", { kind: "socket", path: "/run/admin.sock" }],
  ["./admin.sock", { kind: "socket", path: "/srv/admin.sock" }],
  ["localhost", undefined],
  ["65536", undefined],
  ["::1:9180", undefined],
  ["[::g]:9180", undefined],
  ["[1]:9180", undefined],
  [":9180", undefined],
  ["localhost:", undefined],
  ["admin.sock", undefined],
];

for (const [given, place] of places) {
  test(`adminPlaceOf() takes ${JSON.stringify(given)} for ${place === undefined ? "no place" : place.kind}`, () => {
    assert.deepEqual(adminPlaceOf(given, "/srv"), place);
  });
}
