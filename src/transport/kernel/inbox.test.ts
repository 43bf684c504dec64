// The ring that connections cross from thread to thread: in order, bounded, no connection lost and none twice. The
// numbers in it need not be descriptors: these tests never use them as such.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import type { Inbox as InboxType } from "./inbox.ts";

/** Per writer; a few hundred times around the ring, while refusals and empty rings are met as well. */
const PUT_COUNT = 100_000;

if (process.platform === "linux") {
  const { Inbox } = await import("./inbox.ts");
  const { Epoll } = await import("./epoll.ts");
  const { EPOLLIN } = await import("../../linux/libc.ts");
  const { INBOX_WORDS, newKernelMemory, RING_COUNT } = await import("./shared.ts");

  const openInbox = (t: TestContext, memory = newKernelMemory(1).inboxes): InboxType => {
    const inbox = new Inbox(memory, 0);
    inbox.open();
    t.after(() => inbox.close());
    return inbox;
  };
  const taken = (inbox: InboxType): number[] => {
    const fds: number[] = [];
    inbox.take((fd) => fds.push(fd));
    return fds;
  };

  test("Inbox gives what was put, in order and once, the descriptor 0 as well", (t) => {
    const inbox = openInbox(t);
    for (const fd of [7, 0, 131_071]) assert.equal(inbox.put(fd), true);
    assert.equal(inbox.waitingCount, 3);
    assert.deepEqual(taken(inbox), [7, 0, 131_071]);
    assert.equal(inbox.waitingCount, 0);
    assert.deepEqual(taken(inbox), []);
  });

  test("Inbox gives what is put while it is being taken from", (t) => {
    const inbox = openInbox(t);
    inbox.put(1);
    const fds: number[] = [];
    inbox.take((fd) => {
      fds.push(fd);
      if (fd < 5) inbox.put(fd + 1);
    });
    assert.deepEqual(fds, [1, 2, 3, 4, 5]);
  });

  test("Inbox refuses when half of its ring waits, and takes more when some were taken, several times around", (t) => {
    const inbox = openInbox(t);
    let next = 0;
    let expected = 0;
    for (let round = 0; round < 9; round++) {
      while (inbox.put(next)) next++;
      assert.equal(inbox.waitingCount, RING_COUNT / 2);
      for (const fd of taken(inbox)) assert.equal(fd, expected++);
      assert.equal(expected, next);
    }
    assert.equal(next, (9 * RING_COUNT) / 2);
  });

  test("Inbox counts on where its counts begin to be negative", (t) => {
    const memory = newKernelMemory(1).inboxes;
    new Int32Array(memory).fill(2 ** 31 - 2, 0, 2);
    const inbox = openInbox(t, memory);
    for (let fd = 0; fd < 4; fd++) assert.equal(inbox.put(fd), true);
    assert.equal(inbox.waitingCount, 4);
    assert.deepEqual(taken(inbox), [0, 1, 2, 3]);
    while (inbox.put(1));
    assert.equal(inbox.waitingCount, RING_COUNT / 2);
  });

  test("Inbox refuses before it is opened and after it is closed", (t) => {
    const inbox = new Inbox(newKernelMemory(1).inboxes, 0);
    assert.deepEqual([inbox.isOpen, inbox.put(1), inbox.waitingCount], [false, false, 0]);
    inbox.open();
    t.after(() => inbox.close());
    assert.deepEqual([inbox.isOpen, inbox.put(1)], [true, true]);
    inbox.close();
    inbox.close();
    assert.deepEqual([inbox.isOpen, inbox.put(2)], [false, false]);
  });

  test("Inbox opens empty: connections of a thread that died were closed, and their numbers are in use again", (t) => {
    const inbox = openInbox(t);
    inbox.put(5);
    inbox.put(6);
    inbox.close();
    inbox.open();
    assert.deepEqual([taken(inbox), inbox.waitingCount], [[], 0]);
    inbox.put(7);
    assert.deepEqual(taken(inbox), [7]);
  });

  test("Inbox of one slot knows nothing of its neighbours", (t) => {
    const memory = newKernelMemory(3).inboxes;
    const inboxes = [0, 1, 2].map((slot) => new Inbox(memory, slot));
    for (const inbox of inboxes) inbox.open();
    t.after(() => inboxes.map((inbox) => inbox.close()));
    for (let fd = 0; fd < RING_COUNT / 2; fd++) inboxes[1]!.put(fd);
    assert.deepEqual(
      inboxes.map((inbox) => inbox.waitingCount),
      [0, RING_COUNT / 2, 0],
    );
    assert.equal(memory.byteLength, 3 * INBOX_WORDS * 4);
    assert.deepEqual([taken(inboxes[0]!), taken(inboxes[2]!)], [[], []]);
  });

  test("Inbox wakes its owner once for all that was put, and again for what is put after that", (t) => {
    const inbox = new Inbox(newKernelMemory(1).inboxes, 0);
    const epoll = new Epoll();
    epoll.add(inbox.open(), EPOLLIN);
    t.after(() => {
      inbox.close();
      epoll.close();
    });
    assert.equal(epoll.wait(0), 0);
    for (let round = 0; round < 3; round++) {
      inbox.put(1);
      inbox.put(2);
      assert.equal(epoll.wait(0), 1);
      assert.deepEqual(taken(inbox), [1, 2]);
      assert.equal(epoll.wait(0), 0);
    }
  });

  test("Inbox loses nothing and doubles nothing while two threads put", { timeout: 60_000 }, async (t) => {
    const memory = newKernelMemory(1).inboxes;
    const inbox = new Inbox(memory, 0);
    const epoll = new Epoll();
    epoll.add(inbox.open(), EPOLLIN);
    const source = `
      const { parentPort, workerData } = require("node:worker_threads");
      import(workerData.url).then(({ Inbox }) => {
        const inbox = new Inbox(workerData.memory, 0);
        parentPort.once("message", () => {
          for (let count = 0; count < workerData.count; count++) while (!inbox.put(workerData.first + count));
        });
        parentPort.postMessage("ready");
      });
    `;
    const url = import.meta.resolve("./inbox.ts");
    const firsts = [0, PUT_COUNT];
    const workers = firsts.map(
      (first) => new Worker(source, { eval: true, workerData: { url, memory, first, count: PUT_COUNT } }),
    );
    t.after(async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
      inbox.close();
      epoll.close();
    });
    await Promise.all(workers.map((worker) => once(worker, "message")));
    for (const worker of workers) worker.postMessage("go");
    const next = [...firsts];
    let takenCount = 0;
    while (takenCount < 2 * PUT_COUNT) {
      // The ring is read only after a wake-up, so that a lost wake-up shows as well.
      assert.equal(epoll.wait(10_000), 1);
      inbox.take((fd) => {
        const writer = fd < PUT_COUNT ? 0 : 1;
        if (fd !== next[writer]) assert.fail(`${fd} where ${next[writer]} is due`);
        next[writer]!++;
        takenCount++;
      });
    }
    await Promise.all(workers.map((worker) => once(worker, "exit")));
    assert.deepEqual([taken(inbox), inbox.waitingCount], [[], 0]);
  });
}
