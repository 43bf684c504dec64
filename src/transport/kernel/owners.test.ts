// Which thread owns which descriptor, with real ones: closing the descriptors of one thread leaves all others open.
import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync } from "node:fs";
import { type TestContext, test } from "node:test";

if (process.platform === "linux") {
  const { Owners } = await import("./owners.ts");
  const { DESCRIPTOR_COUNT, newKernelMemory } = await import("./shared.ts");

  const openMany = (t: TestContext, count: number): number[] => {
    const fds = Array.from({ length: count }, () => openSync("/dev/null", "r"));
    t.after(() => fds.filter(isOpen).forEach(closeSync));
    return fds;
  };

  test("Owners.closeAll() closes what a slot owns, and nothing else", (t) => {
    const memory = newKernelMemory(3).owners;
    const owners = new Owners(memory);
    const fds = openMany(t, 12);
    // In turn: slot 0, 1, 2, and no owner.
    for (const [index, fd] of fds.entries()) if (index % 4 < 3) assert.equal(owners.set(fd, index % 4), true);
    const wanted = (closed: readonly number[]): boolean[] => fds.map((_, index) => !closed.includes(index % 4));

    // Another view of the same memory, as the supervisor has it.
    new Owners(memory).closeAll(1);
    assert.deepEqual(fds.map(isOpen), wanted([1]));
    owners.closeAll(0);
    assert.deepEqual(fds.map(isOpen), wanted([0, 1]));
    owners.closeAll(2);
    assert.deepEqual(fds.map(isOpen), wanted([0, 1, 2]));
  });

  test("Owners.closeAll() leaves alone what was cleared, or given to another slot since", (t) => {
    const owners = new Owners(newKernelMemory(2).owners);
    const [cleared, given, kept] = openMany(t, 3) as [number, number, number];
    for (const fd of [cleared, given, kept]) owners.set(fd, 0);
    owners.clear(cleared);
    owners.set(given, 1);
    owners.closeAll(0);
    assert.deepEqual([cleared, given, kept].map(isOpen), [true, true, false]);
    owners.closeAll(1);
    assert.deepEqual([cleared, given].map(isOpen), [true, false]);
  });

  test("Owners.closeAll() closes each once: a number that is in use again by then stays open", (t) => {
    const owners = new Owners(newKernelMemory(1).owners);
    const [fd] = openMany(t, 1) as [number];
    owners.set(fd, 0);
    owners.closeAll(0);
    // The lowest free number is given out first.
    const [again] = openMany(t, 1) as [number];
    assert.equal(again, fd);
    owners.closeAll(0);
    assert.equal(isOpen(again), true);
  });

  test("Owners.set() takes every descriptor that the table has room for, and refuses those beyond it", () => {
    const { owners: memory } = newKernelMemory(1);
    const owners = new Owners(memory);
    assert.equal(owners.set(DESCRIPTOR_COUNT - 1, 511), true);
    assert.equal(new Int32Array(memory).at(-1), 512);
    assert.equal(owners.set(DESCRIPTOR_COUNT, 0), false);
  });
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "EBADF");
    return false;
  }
}
