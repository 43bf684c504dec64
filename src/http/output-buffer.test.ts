import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OutputBuffer } from "./output-buffer.ts";

// Long enough for the first 16 KiB to grow more than once.
const lengths = fc.oneof(fc.nat(60), fc.nat(30_000));
const pieces = fc.array(fc.tuple(lengths, fc.nat(255), fc.constantFrom("bytes", "text", "block")));

test("OutputBuffer holds what was appended, in order, however often it has to grow", () => {
  fc.assert(
    fc.property(pieces, fc.boolean(), (appended, canBorrow) => {
      const out = new OutputBuffer(undefined, canBorrow);
      const expected = Buffer.concat(appended.map(([length, byte]) => Buffer.alloc(length, byte)));
      for (const [length, byte, kind] of appended) {
        const bytes = Buffer.alloc(length, byte);
        if (kind === "text") out.appendLatin1(bytes.toString("latin1"));
        else if (kind === "bytes") out.append(bytes);
        else out.appendBlock({ bytes });
        if (kind !== "block" || !canBorrow) bytes.fill(byte + 1);
      }
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
  assert.equal(out.view().buffer, out.block.bytes.buffer);
});

test("OutputBuffer writes elsewhere after renew(), and over the same memory after clear()", () => {
  const out = new OutputBuffer();
  out.appendLatin1("one");
  const view = out.view();
  out.renew();
  out.appendLatin1("two");
  assert.deepEqual([view.toString(), out.view().toString()], ["one", "two"]);
  const { block } = out;
  out.clear();
  out.appendLatin1("six");
  assert.equal(out.block, block);
  assert.equal(out.view().toString(), "six");
});

test("OutputBuffer borrows a block that is all of the output, and never writes to it", () => {
  const out = new OutputBuffer(undefined, true);
  const block = { bytes: Buffer.from("one") };
  out.appendBlock(block);
  assert.equal(out.block, block);
  out.appendLatin1("two");
  assert.notEqual(out.block, block);
  assert.deepEqual([out.take().toString(), block.bytes.toString()], ["onetwo", "one"]);
  out.appendLatin1("three");
  out.appendBlock(block);
  assert.equal(out.view().toString(), "threeone");
});

test("OutputBuffer.reserve() gives room behind the output, whose bytes count once the length says so", () => {
  const out = new OutputBuffer();
  out.appendLatin1("abc");
  const bytes = out.reserve(40_000);
  assert.ok(bytes.length >= 40_003);
  bytes.fill("d", 3, 40_003);
  assert.equal(out.view().toString(), "abc");
  out.length += 40_000;
  assert.equal(out.take().toString(), `abc${"d".repeat(40_000)}`);
});
