// Requests as they are written on the page of the step mode, and bytes as they are shown there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dump, visible } from "./bytes-view.ts";
import { bytesOf, PRESETS } from "./presets.ts";

const cases: [written: string, bytes: string][] = [
  ["GET / HTTP/1.1\\r\\n\nHost: a\\r\\n\n\\r\\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a\\n", "a\n"],
  ["a\r\nb", "ab"],
  ["\\\\r\\t\\0\\x41\\xff", "\\r\t\0A\xff"],
  ["\\q \\x4", "\\q \\x4"],
  ["é", "Ã©"],
];

for (const [written, bytes] of cases) {
  test(`bytesOf() makes ${JSON.stringify(bytes)} of ${JSON.stringify(written)}`, () => {
    assert.equal(Buffer.from(bytesOf(written)).toString("latin1"), bytes);
  });
}

test("each request to begin with comes back as it was written when its bytes are shown", () => {
  for (const { parts } of PRESETS) {
    const written = parts.join("").replaceAll("\n", "");
    assert.equal(visible(bytesOf(written)).replaceAll("\n", ""), written);
  }
});

test("visible() shows every byte", () => {
  assert.equal(visible(Buffer.from("a\r\n\0\x7f\xe9 ~", "latin1")), "a\\r\\n\n\\x00\\x7f\\xe9 ~");
});

test("dump() shows eight bytes in a row", () => {
  assert.equal(
    dump(Buffer.from("GET / HTTP\r\n")),
    "0000  47 45 54 20 2f 20 48 54  GET / HT\n0008  54 50 0d 0a              TP..",
  );
});
