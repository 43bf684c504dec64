import assert from "node:assert/strict";
import { test } from "node:test";
import { PlaceError, placeOf } from "./place.ts";

const cases: [given: string | undefined, request: object, name: string][] = [
  [undefined, { host: "localhost", port: 9180 }, "localhost:9180"],
  ["9190", { host: "localhost", port: 9190 }, "localhost:9190"],
  ["10.0.0.1:9180", { host: "10.0.0.1", port: 9180 }, "10.0.0.1:9180"],
  ["[::1]:9180", { host: "::1", port: 9180 }, "[::1]:9180"],
  ["run/admin.sock", { socketPath: "/srv/run/admin.sock" }, "/srv/run/admin.sock"],
  ["unix:/run/admin.sock", { socketPath: "/run/admin.sock" }, "/run/admin.sock"],
  ["http://[::1]:9180/console", { host: "::1", port: "9180", headers: {} }, "[::1]:9180"],
  [
    "http://a.example:9180/console?token=abc",
    { host: "a.example", port: "9180", headers: { authorization: "Bearer abc" } },
    "a.example:9180",
  ],
];
for (const [given, request, name] of cases) {
  test(`placeOf() finds ${given ?? "the default"}, and names no token`, () => {
    assert.deepEqual(placeOf(given, "/srv"), { request, name, isHttps: false });
  });
}

test("placeOf() asks over TLS where a proxy has it", () => {
  const { request, isHttps } = placeOf("https://a.example/console", "/");
  assert.deepEqual([request.port, isHttps], [443, true]);
});

for (const given of ["", "99999", "a.example", "http://", "::1:9180"]) {
  test(`placeOf() refuses ${JSON.stringify(given)}, and says what is wanted`, () => {
    assert.throws(
      () => placeOf(given, "/"),
      (error: Error) => error instanceof PlaceError && /^found ".*", wanted /.test(error.message),
    );
  });
}
