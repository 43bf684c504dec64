import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileSlice } from "./message.ts";
import { multipartByteranges } from "./multipart.ts";
import { parseRanges } from "./range.ts";

const BOUNDARY = "THIS_STRING_SEPARATES";

/** The content that the peer receives: heads and slices alternate, then the tail follows. */
function bodyOf(content: Buffer, slices: readonly FileSlice[], mediaType: string, boundary: string): Buffer {
  const { heads, tail } = multipartByteranges(slices, content.length, mediaType, boundary);
  return Buffer.concat([
    ...slices.flatMap(({ start, end }, index) => [heads[index]!, content.subarray(start, end)]),
    tail,
  ]);
}

test("multipartByteranges() frames two slices as RFC 9110 §14.6 shows, behind an empty line", () => {
  const slices = [
    { start: 6, end: 11 },
    { start: 0, end: 2 },
  ];
  const body = bodyOf(Buffer.from("hello world"), slices, "text/plain; charset=utf-8", BOUNDARY);
  assert.equal(
    body.toString("latin1"),
    [
      "",
      "--THIS_STRING_SEPARATES",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Range: bytes 6-10/11",
      "",
      "world",
      "--THIS_STRING_SEPARATES",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Range: bytes 0-1/11",
      "",
      "he",
      "--THIS_STRING_SEPARATES--",
      "",
    ].join("\r\n"),
  );
});

test("multipartByteranges() names the boundary in the content type, without quotes", () => {
  const { contentType } = multipartByteranges([], 0, "text/css", "a'+_.-9");
  assert.equal(contentType, "multipart/byteranges; boundary=a'+_.-9");
});

for (const boundary of ["", "a b", 'a"', "a\r\nb", "a:b", "é", "b".repeat(71)]) {
  test(`multipartByteranges() refuses the boundary ${JSON.stringify(boundary)}`, () => {
    assert.throws(() => multipartByteranges([], 0, "text/css", boundary), RangeError);
  });
}

test("multipartByteranges() counts every byte, and a reader gets the slices back", () => {
  const content = Buffer.from(Array.from({ length: 500 }, (_, index) => index % 251));
  const spec = fc.tuple(fc.nat(499), fc.nat(40)).map(([first, length]) => `${first}-${first + length}`);
  fc.assert(
    fc.property(fc.array(spec, { minLength: 1, maxLength: 20 }), (specs) => {
      const parsed = parseRanges(`bytes=${specs.join()}`, content.length);
      assert.ok(parsed.kind === "ranges");
      const body = bodyOf(content, parsed.slices, "a/b", BOUNDARY);
      assert.equal(multipartByteranges(parsed.slices, content.length, "a/b", BOUNDARY).length, body.length);
      assert.deepEqual(readParts(body.toString("latin1")), expectedParts(content, parsed.slices));
    }),
  );
});

/** A reader that splits at the delimiter lines and uses no length. */
function readParts(body: string): string[][] {
  const parts = body.split(`\r\n--${BOUNDARY}`);
  assert.equal(parts.shift(), "");
  assert.equal(parts.pop(), "--\r\n");
  return parts.map((part) => {
    const end = part.indexOf("\r\n\r\n");
    return [/Content-Range: (.*)/.exec(part.slice(0, end))![1]!, part.slice(end + 4)];
  });
}

function expectedParts(content: Buffer, slices: readonly FileSlice[]): string[][] {
  return slices.map(({ start, end }) => [
    `bytes ${start}-${end - 1}/${content.length}`,
    content.toString("latin1", start, end),
  ]);
}
