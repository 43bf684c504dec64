// Two loops in one thread: ours waits in epoll, and everything that Node does goes on, whether nothing is ready or
// something always is.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import type { Loop as LoopType } from "./loop.ts";

if (process.platform === "linux") {
  const { EFD_NONBLOCK_CLOEXEC, EPOLLIN, libc } = await import("../../linux/libc.ts");
  const { Loop } = await import("./loop.ts");

  const startLoop = (
    t: TestContext,
    onReady: (fd: number) => void,
    onTurn: () => void = () => {},
    onIdle: () => number = () => Number.POSITIVE_INFINITY,
    onHandled: () => void = () => {},
  ): LoopType => {
    const loop = new Loop({ onReady, onTurn, onHandled, onIdle });
    t.after(() => loop.stop());
    return loop;
  };
  const openEvents = (t: TestContext, length: number, count = 1): number[] => {
    const fds = Array.from({ length }, () => libc.eventfd(count, EFD_NONBLOCK_CLOEXEC));
    t.after(() => fds.forEach(libc.close));
    return fds;
  };

  /** Each resolves when Node has done it ten times over. */
  const ofNode: [what: string, once: () => Promise<unknown>][] = [
    ["timers", () => new Promise((resolve) => setTimeout(resolve, 1))],
    ["promises", async () => undefined],
    ["immediates", () => new Promise(setImmediate)],
    ["callbacks of files", () => new Promise((resolve) => readFile(import.meta.filename, resolve))],
  ];
  for (const state of ["waits", "is never out of work"] as const) {
    for (const [what, once] of ofNode) {
      test(`Loop lets ${what} of Node go on while it ${state}`, { timeout: 10_000 }, async (t) => {
        const loop = startLoop(t, () => {});
        // The descriptor is never read, so it is ready in every round.
        if (state !== "waits") loop.epoll.add(openEvents(t, 1)[0]!, EPOLLIN);
        for (let count = 0; count < 10; count++) await once();
        assert.equal(t.signal.aborted, false);
      });
    }

    test(`Loop lets messages between threads go on while it ${state}`, { timeout: 10_000 }, async (t) => {
      const loop = startLoop(t, () => {});
      if (state !== "waits") loop.epoll.add(openEvents(t, 1)[0]!, EPOLLIN);
      const echo = `const { parentPort } = require("node:worker_threads");
        parentPort.on("message", (message) => parentPort.postMessage(message));`;
      const worker = new Worker(echo, { eval: true });
      t.after(() => worker.terminate());
      for (let count = 0; count < 10; count++) {
        worker.postMessage(count);
        assert.deepEqual(await once(worker, "message"), [count]);
      }
    });
  }

  /** Resolves when the loop has begun a wait without an end, with the length of that wait. */
  const idleLoop = (
    t: TestContext,
    onReady: (fd: number) => void = () => {},
    idleMs = Number.POSITIVE_INFINITY,
    onWait = () => {},
  ) => {
    const idle = Promise.withResolvers<number>();
    let isIdle = false;
    const loop = startLoop(
      t,
      onReady,
      () => {},
      () => {
        isIdle = true;
        return idleMs;
      },
    );
    const { epoll } = loop;
    const wait = epoll.wait.bind(epoll);
    epoll.wait = (timeoutMs) => {
      // The wait right after the question: others are short.
      if (isIdle && timeoutMs > 0) {
        onWait();
        idle.resolve(timeoutMs);
      }
      isIdle = false;
      return wait(timeoutMs);
    };
    return { loop, idle: idle.promise };
  };

  test("Loop waits for long once nothing has happened, or as its user wants", { timeout: 10_000 }, async (t) => {
    assert.equal(await idleLoop(t, () => {}, 120).idle, 120);
  });

  test("Loop ends an idle wait for a timer of Node", { timeout: 10_000 }, async (t) => {
    const { idle } = idleLoop(t);
    const fired = new Promise((resolve) => setTimeout(resolve, 600));
    const waitMs = await idle;
    assert.ok(waitMs > 0 && waitMs <= 600, `${waitMs} ms`);
    await fired;
  });

  test("Loop ends an idle wait for a descriptor, whose callback may set a timer", { timeout: 10_000 }, async (t) => {
    const [fd] = openEvents(t, 1, 0) as [number];
    const fired = Promise.withResolvers<void>();
    // Another thread makes the descriptor ready, once this one waits.
    const isWaiting = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(
      `const { workerData: { isWaiting, fd } } = require("node:worker_threads");
        Atomics.wait(isWaiting, 0, 0);
        require("node:fs").writeSync(fd, new BigUint64Array([1n]));`,
      { eval: true, workerData: { isWaiting, fd } },
    );
    t.after(() => worker.terminate());
    await once(worker, "online");
    const onReady = (): void => {
      loop.epoll.remove(fd);
      setTimeout(fired.resolve, 50);
    };
    const { loop, idle } = idleLoop(t, onReady, undefined, () => {
      Atomics.store(isWaiting, 0, 1);
      Atomics.notify(isWaiting, 0);
    });
    loop.epoll.add(fd, EPOLLIN);
    const begun = performance.now();
    const waitMs = await idle;
    await fired.promise;
    assert.ok(performance.now() - begun < waitMs, "the wait went on to its end");
  });

  test("Loop ends an idle wait for messages and callbacks of files", { timeout: 10_000 }, async (t) => {
    const echo = `const { parentPort } = require("node:worker_threads");
      parentPort.on("message", (message) => setTimeout(() => parentPort.postMessage(message), 200));`;
    const worker = new Worker(echo, { eval: true });
    t.after(() => worker.terminate());
    await once(worker, "online");
    const { idle } = idleLoop(t);
    worker.postMessage("late");
    assert.deepEqual(await once(worker, "message"), ["late"]);
    assert.ok((await idle) > 0);
    await new Promise((resolve) => readFile(import.meta.filename, resolve));
  });

  test("Loop calls onTurn before the ready descriptors of each wait, and onHandled after them", {
    timeout: 10_000,
  }, async (t) => {
    const log: string[] = [];
    const fds = openEvents(t, 3);
    await new Promise<void>((resolve) => {
      const loop = startLoop(
        t,
        (fd) => log.push(`ready ${fds.indexOf(fd)}`) > 40 && resolve(),
        () => log.push("turn"),
        () => Number.POSITIVE_INFINITY,
        () => log.push("handled"),
      );
      const { epoll } = loop;
      const wait = epoll.wait.bind(epoll);
      epoll.wait = (timeoutMs) => {
        log.push("wait");
        return wait(timeoutMs);
      };
      for (const fd of fds) epoll.add(fd, EPOLLIN);
    });
    const rounds = log.join().split("wait").slice(1, -1);
    assert.ok(rounds.length > 5);
    for (const round of rounds) assert.match(round, /^,turn,(ready \d,)*handled,$/);
    assert.ok(rounds.some((round) => round === ",turn,ready 0,ready 1,ready 2,handled,"));
  });

  test("Loop.later() calls back in the next round, after the ready descriptors, without a wait", {
    timeout: 10_000,
  }, async (t) => {
    const log: string[] = [];
    const [fd] = openEvents(t, 1) as [number];
    await new Promise<void>((resolve) => {
      let count = 0;
      const goOn = (): void => {
        log.push("later");
        if (++count === 200) resolve();
        else loop.later(goOn);
      };
      const loop = startLoop(t, () => {
        log.push("ready");
        if (count < 100) return;
        // From here on no descriptor is ready, and libuv has its turn after each round.
        loop.epoll.remove(fd);
      });
      const { epoll } = loop;
      const wait = epoll.wait.bind(epoll);
      epoll.wait = (timeoutMs) => {
        log.push(`wait ${timeoutMs}`);
        return wait(timeoutMs);
      };
      epoll.add(fd, EPOLLIN);
      loop.later(goOn);
    });
    const text = log.join();
    assert.equal(text.startsWith("wait 0,ready,later,wait 0,ready,later,"), true, text.slice(0, 100));
    assert.equal(text.endsWith("wait 0,later,wait 0,later"), true, text.slice(-100));
    assert.equal(log.filter((line) => line === "wait 0").length, 200);
    assert.equal(log.filter((line) => line.startsWith("wait")).length, 200);
  });

  test("Loop.later() calls back once, when nothing else was put off before", { timeout: 10_000 }, async (t) => {
    const log: string[] = [];
    const [fd] = openEvents(t, 1) as [number];
    await new Promise<void>((resolve) => {
      const loop = startLoop(t, () => {
        if (log.push("ready") > 20) return resolve();
        if (log.length % 3 === 1) loop.later(() => log.push("later"));
      });
      loop.epoll.add(fd, EPOLLIN);
    });
    assert.equal(log.slice(0, 9).join(), "ready,ready,later,ready,ready,later,ready,ready,later");
  });

  test("Loop.later() from a callback of Node ends no idle wait, because none begins", {
    timeout: 10_000,
  }, async (t) => {
    const putOff = Promise.withResolvers<void>();
    const waits: number[] = [];
    let turns = 0;
    const loop = startLoop(
      t,
      () => {},
      () => {
        // A microtask runs after the round, before libuv polls again.
        if (++turns === 1) queueMicrotask(() => loop.later(putOff.resolve));
      },
    );
    const { epoll } = loop;
    const wait = epoll.wait.bind(epoll);
    epoll.wait = (timeoutMs) => {
      waits.push(timeoutMs);
      return wait(timeoutMs);
    };
    await putOff.promise;
    assert.deepEqual(waits, [100, 0]);
  });

  test("Loop.stop() while ready descriptors are handled leaves the rest of them", { timeout: 10_000 }, async (t) => {
    const found: number[] = [];
    const loop = startLoop(t, (fd) => {
      found.push(fd);
      loop.stop();
      loop.stop();
    });
    for (const fd of openEvents(t, 3)) loop.epoll.add(fd, EPOLLIN);
    for (let count = 0; count < 5; count++) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(found.length, 1);
  });

  const endings: [what: string, source: string][] = [
    ["at once", "loop.stop()"],
    ["from a timer", "setTimeout(() => loop.stop(), 1)"],
    ["from a message", 'require("node:worker_threads").parentPort.once("message", () => loop.stop())'],
    ["when its time is told", "onTurn = () => loop.stop()"],
    ["from an idle wait", "onIdle = () => 1; let turns = 0; onTurn = () => ++turns === 5 && loop.stop()"],
  ];
  for (const [what, ending] of endings) {
    test(`Loop.stop() ${what} lets the thread end`, { timeout: 10_000 }, async (t) => {
      const source = `
        let onTurn = () => {};
        let onIdle = () => Infinity;
        import(require("node:worker_threads").workerData).then(({ Loop }) => {
          const loop = new Loop({ onReady() {}, onTurn: () => onTurn(), onHandled() {}, onIdle: () => onIdle() });
          ${ending};
        });
      `;
      const worker = new Worker(source, { eval: true, workerData: import.meta.resolve("./loop.ts") });
      t.after(() => worker.terminate());
      worker.postMessage("stop");
      assert.deepEqual(await once(worker, "exit"), [0]);
    });
  }

  test("Loop keeps its thread alive until it is stopped, and lets it be terminated", { timeout: 10_000 }, async (t) => {
    const source = `
      const { parentPort, workerData } = require("node:worker_threads");
      let turns = 0;
      import(workerData).then(({ Loop }) => {
        const onTurn = () => ++turns === 5 && parentPort.postMessage(turns);
        new Loop({ onReady() {}, onTurn, onHandled() {}, onIdle: () => 1 });
      });
    `;
    const worker = new Worker(source, { eval: true, workerData: import.meta.resolve("./loop.ts") });
    t.after(() => worker.terminate());
    assert.deepEqual(await once(worker, "message"), [5]);
    assert.equal(await worker.terminate(), 1);
  });
}
