// Exercise 4 is solved when these tests pass.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, attempt } from "../support.ts";

const { play } = await attempt<typeof import("./start.ts")>(import.meta.dirname);

const cases = [
  { range: "", status: 200, part: undefined, body: "0123456789" },
  { range: "bytes=0-", status: 206, part: "bytes 0-9/10", body: "0123456789" },
  { range: "bytes=2-4", status: 206, part: "bytes 2-4/10", body: "234" },
  { range: "bytes=-3", status: 206, part: "bytes 7-9/10", body: "789" },
  { range: "bytes=8-100", status: 206, part: "bytes 8-9/10", body: "89" },
  { range: "bytes=10-", status: 416, part: "bytes */10", body: "" },
  { range: "bytes=4-2", status: 200, part: undefined, body: "0123456789" },
  { range: "minutes=1-2", status: 200, part: undefined, body: "0123456789" },
];

for (const { range, status, part, body } of cases) {
  test(`04 ${range === "" ? "no Range" : `Range: ${range}`} gives ${status}`, () => {
    const response = ask(play, "GET", "/film.mp4", range === "" ? "" : `Range: ${range}\r\n`);
    assert.equal(response.status, status);
    assert.equal(response.fields.get("content-range"), part);
    assert.equal(response.body, body);
  });
}

test("04 the response says that ranges are possible", () => {
  assert.equal(ask(play, "GET", "/film.mp4").fields.get("accept-ranges"), "bytes");
});

test("04 only GET has ranges", () => {
  assert.equal(ask(play, "HEAD", "/film.mp4", "Range: bytes=0-0\r\n").status, 200);
});
