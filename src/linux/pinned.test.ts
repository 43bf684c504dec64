// Each address has as many bytes behind it as the call may use, and stays valid for as long as its owner lives. The
// kernel writes to them in these tests: eventfd_read puts eight bytes at any address.
import assert from "node:assert/strict";
import { openSync, readSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Pinned as PinnedType } from "./pinned.ts";

if (process.platform === "linux") {
  const { EFD_NONBLOCK_CLOEXEC, libc } = await import("./libc.ts");
  const { addressOf, Pinned, PinnedVector } = await import("./pinned.ts");

  const openCounter = (t: TestContext): number => {
    const fd = libc.eventfd(0, EFD_NONBLOCK_CLOEXEC);
    assert.ok(fd >= 0);
    t.after(() => libc.close(fd));
    return fd;
  };
  /** Has the kernel write `value` into eight bytes. */
  const kernelWrites = (counter: number, value: number, memory: PinnedType, offset: number): void => {
    assert.equal(libc.eventfd_write(counter, value), 0);
    assert.equal(libc.eventfd_read(counter, memory.at(offset, 8)), 0);
  };

  const outside: [what: string, offset: number, length: number][] = [
    ["begins before it", -1, 1],
    ["begins before it and is empty", -1, 0],
    ["has a negative length", 8, -1],
    ["ends behind it", 0, 65],
    ["ends behind it by a byte", 63, 2],
    ["begins behind it", 65, 0],
    ["is as long as a register", 0, 2 ** 32],
    ["has no end", 0, Number.POSITIVE_INFINITY],
    ["begins between two bytes", 0.5, 1],
    ["begins nowhere", Number.NaN, 1],
    ["has no length", 0, Number.NaN],
  ];
  for (const [what, offset, length] of outside) {
    test(`Pinned.at() throws for memory that ${what}`, () => {
      assert.throws(() => new Pinned(64).at(offset, length), RangeError);
    });
    test(`addressOf() throws for memory that ${what}`, () => {
      const whole = Buffer.alloc(192);
      assert.throws(() => addressOf(whole.subarray(64, 128), offset, length), RangeError);
    });
  }

  test("Pinned.at() gives the base and the offset, up to the end", () => {
    const memory = new Pinned(64);
    const base = memory.at(0, 64);
    assert.ok(base > 0n);
    for (const offset of [1, 8, 63, 64]) assert.equal(memory.at(offset, 64 - offset), base + BigInt(offset));
    assert.equal(memory.at(0, 0), base);
  });

  test("addressOf() gives the part of the memory that the buffer is a part of", () => {
    const whole = Buffer.from(new ArrayBuffer(64));
    assert.equal(addressOf(whole.subarray(10, 20), 5, 5), addressOf(whole, 0, 64) + 15n);
  });

  test("Pinned.bytes shows what the kernel wrote at an address, there and nowhere else", (t) => {
    const counter = openCounter(t);
    const memory = new Pinned(64);
    memory.bytes.fill(0xaa);
    kernelWrites(counter, 1234, memory, 24);
    const expected = Buffer.alloc(64, 0xaa);
    expected.writeBigUInt64LE(1234n, 24);
    assert.deepEqual(memory.bytes, expected);
  });

  test("Pinned stays where it is while garbage is collected, and the kernel writes to it", (t) => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const counter = openCounter(t);
    const held = Array.from({ length: 500 }, () => new Pinned(64));
    const addresses = held.map((memory) => memory.at(0, 64));
    for (let round = 1; round <= 5; round++) {
      // As much memory again, without an owner: freed memory lies between the kept blocks, and is allocated again.
      for (let count = 0; count < 2000; count++) new Pinned(64).bytes.fill(0xff);
      collect();
      for (const [index, memory] of held.entries()) kernelWrites(counter, round * 1000 + index + 1, memory, 8);
      for (const [index, memory] of held.entries()) {
        assert.equal(memory.at(0, 64), addresses[index]);
        assert.equal(memory.bytes.readBigUInt64LE(8), BigInt(round * 1000 + index + 1));
        assert.equal(memory.bytes.readBigUInt64LE(0), 0n);
      }
    }
  });

  test("PinnedVector is an iovec over its target, which the kernel fills", () => {
    const vector = new PinnedVector(100);
    const fd = openSync(import.meta.filename, "r");
    const expected = Buffer.alloc(100);
    try {
      assert.equal(libc.preadv2(fd, vector.address, 1, 5n, 0), 100);
      readSync(fd, expected, 0, 100, 5);
    } finally {
      libc.close(fd);
    }
    assert.deepEqual(vector.target.bytes, expected);
  });
}
