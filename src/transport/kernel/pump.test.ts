// Pumps of one thread share what they receive into and what they write to. Here two of them are driven by hand over
// socket pairs, and the handler's promises are kept or not as the test wants: one order each time, chosen so that
// bytes which stay where they are for a moment too long would reach the wrong peer.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { textReply } from "../../../test/support/http1.ts";
import type { Handler, Reply } from "../../http/message.ts";

const PIPELINE_LIMIT = 2;
/** A target whose request covers what any other here has left in the receive buffer. */
const LONG = `/long-${"x".repeat(500)}`;
const MSG_PEEK = 2;

if (process.platform === "linux") {
  const { KernelThread } = await import("../../../test/support/kernel-thread.ts");
  const { EPOLLIN, EPOLLOUT, libc } = await import("./libc.ts");
  const { Pinned } = await import("./pinned.ts");
  type Pump = ReturnType<InstanceType<typeof KernelThread>["connect"]>["pump"];

  interface Peer {
    readonly pump: Pump;
    send(bytes: string): void;
    /** What has arrived since it was asked last: the contents of the replies, in order, each "to" its target. */
    received(): string[];
  }

  /** Targets that begin with "/late" are answered when the test says so. */
  class Thread {
    readonly #thread: InstanceType<typeof KernelThread>;
    readonly #late = new Map<string, (reply: Reply) => void>();
    readonly #test: TestContext;
    /** Targets in the order in which the handler saw them. */
    readonly handled: string[] = [];

    constructor(t: TestContext, pipelineLimitCount = PIPELINE_LIMIT) {
      this.#test = t;
      const handler: Handler = {
        handle: ({ target }) => {
          this.handled.push(target);
          if (!target.startsWith("/late")) return replyTo(target);
          return new Promise((resolve) => this.#late.set(target, resolve));
        },
        refuse: ({ code }) => replyTo(code),
      };
      this.#thread = new KernelThread(t, handler, { pipelineLimitCount });
    }

    connect(): Peer {
      const peer = this.#thread.connect();
      this.#test.after(() => peer.close());
      let text = "";
      return {
        pump: peer.pump,
        send: (bytes) => assert.equal(peer.send(Buffer.from(bytes, "latin1")), bytes.length),
        received() {
          text += peer.receive(1_000_000)?.toString("latin1") ?? "";
          const [end, targets] = [text.lastIndexOf(">") + 1, text.matchAll(/<to (\S+?)>/g)];
          const found = [...targets].map(([, target]) => target!);
          text = text.slice(end);
          return found;
        },
      };
    }

    /** The next round: who yielded goes on. */
    goOn(): void {
      this.#thread.goOn();
    }

    /** Keeps a promise of the handler, and lets what waits for it run. */
    async answer(target: string): Promise<void> {
      this.#late.get(target)!(replyTo(target));
      for (let count = 0; count < 20; count++) await undefined;
    }
  }

  const replyTo = (target: string): Reply =>
    textReply(200, `${target.startsWith("/big") ? " ".repeat(15_000) : ""}<to ${target}>`);
  const get = (...targets: string[]): string =>
    targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join("");

  test("KernelPump keeps the rest of a pipeline while it yields, and others receive", async (t) => {
    const thread = new Thread(t);
    const [a, b] = [thread.connect(), thread.connect()];
    a.send(get("/a1", "/a2", "/a3"));
    a.pump.ready(EPOLLIN);
    assert.deepEqual(a.received(), ["/a1", "/a2"]);
    // Over the very memory where the third request of the other was.
    b.send(get(LONG));
    b.pump.ready(EPOLLIN);
    assert.deepEqual(b.received(), [LONG]);
    thread.goOn();
    assert.deepEqual([a.received(), b.received()], [["/a3"], []]);
  });

  test("KernelPump keeps a part of a request while others receive", (t) => {
    const thread = new Thread(t);
    const [a, b] = [thread.connect(), thread.connect()];
    a.send(get("/a1", "/a2").slice(0, -10));
    a.pump.ready(EPOLLIN);
    b.send(get(LONG));
    b.pump.ready(EPOLLIN);
    a.send(get("/a1", "/a2").slice(-10));
    a.pump.ready(EPOLLIN);
    assert.deepEqual([a.received(), b.received()], [["/a1", "/a2"], [LONG]]);
  });

  test("KernelPump keeps what stands behind a request that is answered late, while others receive", async (t) => {
    const thread = new Thread(t);
    const [a, b] = [thread.connect(), thread.connect()];
    a.send(get("/late1", "/a2"));
    a.pump.ready(EPOLLIN);
    b.send(get(LONG));
    b.pump.ready(EPOLLIN);
    await thread.answer("/late1");
    assert.deepEqual([a.received(), b.received()], [["/late1", "/a2"], [LONG]]);
  });

  test("KernelPump sends a late reply at once, also while it yields, and to its own peer", async (t) => {
    const thread = new Thread(t);
    const [a, b] = [thread.connect(), thread.connect()];
    // The second is the last of a full pipeline: its reply is due while the connection yields.
    a.send(get("/a1", "/late2", "/a3"));
    a.pump.ready(EPOLLIN);
    assert.deepEqual(a.received(), ["/a1"]);
    await thread.answer("/late2");
    assert.deepEqual(a.received(), ["/late2"]);
    b.send(get("/b1"));
    b.pump.ready(EPOLLIN);
    assert.deepEqual(b.received(), ["/b1"]);
    // Yielding has not ended with the reply: others had their turn before the third.
    assert.deepEqual(thread.handled, ["/a1", "/late2", "/b1"]);
    thread.goOn();
    assert.deepEqual([a.received(), b.received()], [["/a3"], []]);
  });

  for (const pipeline of [
    ["/a1", "/a2"],
    ["/a1", "/a2", "/a3"],
  ]) {
    test(`KernelPump receives nothing while it yields after 2 of ${pipeline.length}: that waits in the kernel`, async (t) => {
      const memory = new Pinned(100);
      const thread = new Thread(t);
      const [a, b] = [thread.connect(), thread.connect()];
      a.send(get(...pipeline));
      a.pump.ready(EPOLLIN);
      a.send(get("/next"));
      a.pump.ready(EPOLLIN);
      assert.equal(libc.recv(a.pump.fd, memory.at(0, 100), 100, MSG_PEEK), get("/next").length);
      b.send(get(LONG));
      b.pump.ready(EPOLLIN);
      assert.deepEqual(thread.handled, ["/a1", "/a2", LONG]);
      thread.goOn();
      a.pump.ready(EPOLLIN);
      thread.goOn();
      assert.deepEqual([a.received(), b.received()], [[...pipeline, "/next"], [LONG]]);
    });
  }

  test("KernelPump drops a late reply whose connection is gone, and writes nothing for it", async (t) => {
    const thread = new Thread(t);
    const [a, b] = [thread.connect(), thread.connect()];
    a.send(get("/late1"));
    a.pump.ready(EPOLLIN);
    a.pump.destroy();
    await thread.answer("/late1");
    b.send(get("/b1"));
    b.pump.ready(EPOLLIN);
    assert.deepEqual([a.received(), b.received()], [[], ["/b1"]]);
  });

  test("KernelPump sends what its socket does not take from memory of its own", async (t) => {
    const thread = new Thread(t);
    const [a, b] = [thread.connect(), thread.connect()];
    const targets = Array.from({ length: 40 }, (_, index) => `/a${index}-${"x".repeat(8000)}`);
    const found: string[] = [];
    for (const target of targets) {
      a.send(get(target));
      a.pump.ready(EPOLLIN);
      b.send(get("/b"));
      b.pump.ready(EPOLLIN);
      assert.deepEqual(b.received(), ["/b"]);
    }
    for (let tries = 0; tries < 1000 && found.length < targets.length; tries++) {
      found.push(...a.received());
      a.pump.ready(EPOLLIN | EPOLLOUT);
      thread.goOn();
    }
    assert.deepEqual(found, targets);
  });

  test("KernelPump sends a late reply behind what its socket has not taken, though there is room by then", async (t) => {
    const thread = new Thread(t, 100);
    const a = thread.connect();
    // More than a socket takes, in one turn.
    const targets = Array.from({ length: 40 }, (_, index) => `/big${index}`);
    a.send(get(...targets, "/late"));
    a.pump.ready(EPOLLIN);
    const found = a.received();
    assert.ok(found.length < targets.length);
    await thread.answer("/late");
    for (let count = 0; count < 100 && !found.includes("/late"); count++) {
      a.pump.ready(EPOLLOUT);
      found.push(...a.received());
    }
    assert.deepEqual(found, [...targets, "/late"]);
  });
}
