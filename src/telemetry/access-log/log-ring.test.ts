import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newRing, RingReader, RingWriter } from "./log-ring.ts";

test("a ring gives the bytes of all lines in their order, across its end", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 70 }), fc.boolean()), { maxLength: 60 }), (steps) => {
      const memory = newRing(64);
      const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
      const wanted: number[] = [];
      const got: number[] = [];
      let dropped = 0;
      for (const [line, isRead] of steps) {
        if (reader.length + line.length <= 64) wanted.push(...line);
        else dropped++;
        writer.append(line, line.length);
        if (isRead) got.push(...take(reader));
      }
      got.push(...take(reader));
      assert.deepEqual(got, wanted);
      assert.equal(reader.droppedCount, dropped);
    }),
  );
});

test("a ring goes on where its counts pass 2^32", () => {
  const memory = newRing(64);
  const control = new Int32Array(memory, 0, 2);
  control.fill(-16);
  const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
  writer.append(Buffer.from("0123456789abcdefghij"), 20);
  assert.equal(reader.length, 20);
  assert.equal(take(reader).toString(), "0123456789abcdefghij");
});

test("a writer that follows another one goes on behind its lines", () => {
  const memory = newRing(64);
  new RingWriter(memory).append(Buffer.from("one\n"), 4);
  new RingWriter(memory).append(Buffer.from("two\n"), 4);
  assert.equal(take(new RingReader(memory)).toString(), "one\ntwo\n");
});

test("a reader is woken when half of the ring is full, each time it gets there", async () => {
  const memory = newRing(64);
  const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
  const line = Buffer.from("0123456789abcde\n");
  for (let round = 0; round < 5; round++) {
    let isWoken = false;
    const filled = reader.filled().then(() => (isWoken = true));
    writer.append(line, line.length);
    await new Promise(setImmediate);
    assert.equal(isWoken, false);
    writer.append(line, line.length);
    await filled;
    // While the supervisor cannot write, it is not told again.
    const again = reader.filled().then(() => (isWoken = true));
    isWoken = false;
    writer.append(line, line.length);
    await new Promise(setImmediate);
    assert.equal(isWoken, false);
    assert.equal(take(reader).length, 48);
    reader.wake();
    await again;
  }
});

function take(reader: RingReader): Buffer {
  const bytes = Buffer.concat(reader.peek());
  reader.release(bytes.length);
  return bytes;
}
