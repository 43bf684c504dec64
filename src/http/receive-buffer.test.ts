import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ReceiveBuffer } from "./receive-buffer.ts";

type Step = { feed: Uint8Array } | { consume: number } | { keep: true } | { drop: true };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ feed: fc.uint8Array({ maxLength: 3000 }) }) },
    { weight: 3, arbitrary: fc.record({ consume: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    { weight: 3, arbitrary: fc.record({ keep: fc.constant(true as const) }) },
    { weight: 1, arbitrary: fc.record({ drop: fc.constant(true as const) }) },
  ),
  { maxLength: 40 },
);

test("ReceiveBuffer holds what was fed and not consumed, and borrows it only until keep()", () => {
  fc.assert(
    fc.property(steps, (script) => {
      const buffer = new ReceiveBuffer();
      let model = Buffer.alloc(0);
      let borrowed: Buffer[] = [];
      for (const step of script) {
        if ("feed" in step) {
          // The transport's own memory: free for other bytes once the engine has said keep().
          const received = Buffer.from(step.feed);
          borrowed.push(received);
          buffer.feed(received);
          model = Buffer.concat([model, step.feed]);
        } else if ("consume" in step) {
          const count = Math.floor(step.consume * model.length);
          buffer.consume(buffer.start + count);
          model = model.subarray(count);
        } else if ("keep" in step) {
          buffer.keep();
          for (const memory of borrowed) memory.fill("*");
          borrowed = [];
        } else {
          assert.equal(buffer.drop(), model.length);
          model = Buffer.alloc(0);
        }
        assert.equal(buffer.length, model.length);
        assert.ok(buffer.bytes.subarray(buffer.start, buffer.end).equals(model));
      }
    }),
  );
});

test("ReceiveBuffer borrows bytes that arrive when it is empty", () => {
  const buffer = new ReceiveBuffer();
  const received = Buffer.from("abc");
  buffer.feed(received);
  assert.equal(buffer.bytes, received);
});

test("ReceiveBuffer holds no memory when it is empty", () => {
  for (const empty of [
    (buffer: ReceiveBuffer) => buffer.drop(),
    (buffer: ReceiveBuffer) => buffer.consume(buffer.end),
  ]) {
    const buffer = new ReceiveBuffer();
    buffer.feed(Buffer.from("abc"));
    buffer.keep();
    empty(buffer);
    assert.equal(buffer.bytes.length, 0);
  }
});

test("ReceiveBuffer copies a head that arrives byte by byte a logarithmic number of times", () => {
  const buffer = new ReceiveBuffer();
  const memories = new Set<Buffer>();
  for (let count = 0; count < 16 * 1024; count++) {
    buffer.feed(Buffer.of(count & 0xff));
    buffer.keep();
    memories.add(buffer.bytes);
  }
  assert.equal(buffer.length, 16 * 1024);
  assert.ok(memories.size < 8, `${memories.size} copies`);
  assert.ok(buffer.bytes.length <= 4 * buffer.length, `${buffer.bytes.length} bytes of memory`);
});

test("ReceiveBuffer keeps its memory in proportion to what is unused, however much has gone through", () => {
  const buffer = new ReceiveBuffer();
  for (let round = 0; round < 1000; round++) {
    buffer.feed(Buffer.alloc(1000));
    buffer.keep();
    buffer.consume(buffer.end - 1);
    assert.ok(buffer.bytes.length <= 4096, `${buffer.bytes.length} bytes of memory`);
  }
});
