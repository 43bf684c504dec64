// Exercise 3 is solved when these tests pass.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, attempt } from "../support.ts";

const { answer, TAG } = await attempt<typeof import("./start.ts")>(import.meta.dirname);

const cases = [
  { name: "a client that has nothing gets all", fields: "", status: 200 },
  { name: "a client that has this text gets 304", fields: `If-None-Match: ${TAG}\r\n`, status: 304 },
  { name: "one of several tags is enough", fields: `If-None-Match: "old", ${TAG}\r\n`, status: 304 },
  { name: "a weak tag is good enough to keep a copy", fields: `If-None-Match: W/${TAG}\r\n`, status: 304 },
  { name: "* means any text", fields: "If-None-Match: *\r\n", status: 304 },
  { name: "a client with an old text gets the new one", fields: 'If-None-Match: "old"\r\n', status: 200 },
  { name: "a client that wants only the old text gets 412", fields: 'If-Match: "old"\r\n', status: 412 },
  { name: "If-Match counts before If-None-Match", fields: `If-Match: "old"\r\nIf-None-Match: ${TAG}\r\n`, status: 412 },
];

for (const { name, fields, status } of cases) {
  test(`03 ${name}`, () => assert.equal(ask(answer, "GET", "/", fields).status, status));
}

test("03 a 304 has the tag, and neither content nor its length", () => {
  const { fields, body } = ask(answer, "GET", "/", `If-None-Match: ${TAG}\r\n`);
  assert.equal(fields.get("etag"), TAG);
  assert.equal(fields.get("content-length"), undefined);
  assert.equal(body, "");
});
