import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OutputBuffer } from "./output-buffer.ts";

// Long enough to grow what it begins with, 16 KiB, more than once.
const lengths = fc.oneof(fc.nat(60), fc.nat(30_000));
const pieces = fc.array(
  fc.tuple(lengths, fc.nat(255), fc.boolean()).map(([length, byte, isText]) => {
    const bytes = Buffer.alloc(length, byte);
    return isText ? bytes.toString("latin1") : bytes;
  }),
);

test("OutputBuffer holds what was appended, in order, however often it has to grow", () => {
  fc.assert(
    fc.property(pieces, (appended) => {
      const out = new OutputBuffer();
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
