import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OutputBuffer } from "./output-buffer.ts";

const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.string({ unit: latin1(), maxLength: 60 })));

test("OutputBuffer holds what was appended, in order, however often it has to grow", () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 0, max: 64 }), (appended, sizeBytes) => {
      const out = new OutputBuffer(sizeBytes);
      for (const piece of appended) {
        if (typeof piece === "string") out.appendLatin1(piece);
        else out.append(piece);
      }
      const expected = Buffer.concat(appended.map((piece) => Buffer.from(piece as string, "latin1")));
      assert.equal(out.length, expected.length);
      assert.ok(out.view().equals(expected));
      assert.ok(out.take().equals(expected));
      assert.equal(out.length, 0);
    }),
  );
});

test("OutputBuffer gives with take() what later appends leave alone, and with view() its own memory", () => {
  const out = new OutputBuffer();
  out.appendLatin1("one");
  const taken = out.take();
  out.appendLatin1("two");
  assert.equal(taken.toString(), "one");
  assert.equal(out.view().buffer, out.memory.buffer);
});

test("OutputBuffer writes elsewhere after renew(), and over the same memory after clear()", () => {
  const out = new OutputBuffer();
  out.appendLatin1("one");
  const view = out.view();
  out.renew();
  out.appendLatin1("two");
  assert.deepEqual([view.toString(), out.view().toString()], ["one", "two"]);
  const { memory } = out;
  out.clear();
  out.appendLatin1("six");
  assert.equal(out.memory, memory);
  assert.equal(out.view().toString(), "six");
});

function latin1(): fc.Arbitrary<string> {
  return fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
}
