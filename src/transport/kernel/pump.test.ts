// The pumps of one thread share a receive buffer and an output. Here two pumps are driven by hand over socket pairs,
// and the handler's promises resolve when the test says so. Each test has one order of events, in which bytes that stay
// in the shared memory for a moment too long would reach the wrong peer.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { textReply } from "../../../test/support/http1.ts";
import type { Handler, Reply } from "../../http/message.ts";

const PIPELINE_LIMIT = 2;
/** A target whose request overwrites all that any other request here has left in the receive buffer. */
const LONG = `/long-${"x".repeat(500)}`;
const MSG_PEEK = 2;

if (process.platform === "linux") {
  const { KernelThread } = await import("../../../test/support/kernel-thread.ts");
  const { EPOLLIN, EPOLLOUT, libc } = await import("../../linux/libc.ts");
  const { AGAIN } = await import("../../linux/tls-outcome.ts");
  const { INPUT_BYTES } = await import("./pump.ts");
  const { Pinned } = await import("../../linux/pinned.ts");
  type Pump = ReturnType<InstanceType<typeof KernelThread>["connect"]>["pump"];

  interface Peer {
    readonly pump: Pump;
    send(bytes: string): void;
    /** The targets of the replies that have arrived since the last call, in order. */
    received(): string[];
    /** Whether the end of the connection has arrived, behind all that was received. */
    hasEnded(): boolean;
    end(): void;
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
        hasEnded: () => peer.receive(1_000_000) === undefined,
        end: () => peer.end(),
        received() {
          text += peer.receive(1_000_000)?.toString("latin1") ?? "";
          const [end, targets] = [text.lastIndexOf(">") + 1, text.matchAll(/<to (\S+?)>/g)];
          const found = [...targets].map(([, target]) => target!);
          text = text.slice(end);
          return found;
        },
      };
    }

    /** The next round: pumps that yielded go on. */
    goOn(): void {
      this.#thread.goOn();
    }

    /** Resolves a promise of the handler, and lets all that waits for it run. */
    async answer(target: string): Promise<void> {
      this.#late.get(target)!(replyTo(target));
      for (let count = 0; count < 20; count++) await undefined;
    }
  }

  const replyTo = (target: string): Reply =>
    textReply(200, `${target.startsWith("/big") ? " ".repeat(15_000) : ""}<to ${target}>`);
  const get = (...targets: string[]): string =>
    targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join("");

  test("KernelPump reads nothing while sealed bytes wait for room in the socket", (t) => {
    const thread = new KernelThread(t, { handle: () => replyTo("/"), refuse: ({ code }) => replyTo(code) });
    const peer = thread.connect();
    t.after(() => peer.close());
    const { pump } = peer;
    let readCount = 0;
    const channel = {
      isOpen: true,
      hasPending: true,
      isQueueEmpty: true,
      hasEnded: false,
      read() {
        readCount++;
        return AGAIN;
      },
      write: () => AGAIN,
      flush: () => !channel.hasPending,
      end() {},
      close() {},
    };
    pump.channel = channel;
    pump.turn();
    peer.send(Buffer.from("x"));
    for (let round = 0; round < 3; round++) thread.turn();
    assert.equal(readCount, 0);
    channel.hasPending = false;
    for (let round = 0; round < 3; round++) thread.turn();
    assert.ok(readCount > 0);
  });

  test("KernelPump keeps the rest of a pipeline while it yields, and others receive", async (t) => {
    const thread = new Thread(t);
    const [a, b] = [thread.connect(), thread.connect()];
    a.send(get("/a1", "/a2", "/a3"));
    a.pump.ready(EPOLLIN);
    assert.deepEqual(a.received(), ["/a1", "/a2"]);
    // This overwrites the memory in which the third request of the other peer was.
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

  test("KernelPump keeps the requests behind one that is answered late, while others receive", async (t) => {
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

  const [CLOSE, HTTP10] = ["/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", "/a HTTP/1.0\r\n"];
  const endings: { after: string; bytes: string; reply: string; isAtOnce: boolean }[] = [
    { after: "Connection: close", bytes: `GET ${CLOSE}\r\n`, reply: "/a", isAtOnce: true },
    { after: "HTTP/1.0", bytes: `GET ${HTTP10}\r\n`, reply: "/a", isAtOnce: true },
    { after: "a pipeline with close", bytes: `${get("/b")}GET ${CLOSE}\r\n`, reply: "/b /a", isAtOnce: true },
    { after: "close and a request behind it", bytes: `GET ${CLOSE}\r\n${get("/b")}`, reply: "/a", isAtOnce: false },
    {
      after: "close and content",
      bytes: `POST ${CLOSE}Content-Length: 2\r\n\r\nhi`,
      reply: "/a",
      isAtOnce: false,
    },
    { after: "a refusal", bytes: `GET ${CLOSE}H@: a\r\n\r\n`, reply: "FIELD_NAME_MALFORMED", isAtOnce: false },
  ];
  for (const { after, bytes, reply, isAtOnce } of endings) {
    test(`KernelPump ${isAtOnce ? "closes at once" : "lingers"} after ${after}`, (t) => {
      const a = new Thread(t, 10).connect();
      a.send(bytes);
      a.pump.ready(EPOLLIN);
      assert.deepEqual(a.received(), reply.split(" "));
      assert.equal(a.hasEnded(), true);
      assert.equal(a.pump.isOpen, !isAtOnce);
      if (isAtOnce) return;
      // What still comes is read, so that no reset follows the reply, until the peer has ended too.
      a.send("more");
      a.pump.ready(EPOLLIN);
      assert.equal(a.pump.isOpen, true);
      a.end();
      a.pump.ready(EPOLLIN);
      assert.equal(a.pump.isOpen, false);
    });
  }

  test("KernelPump reads on, then lingers, when it has answered a last request whose content is still coming", (t) => {
    const a = new Thread(t).connect();
    a.send(`POST ${CLOSE}Content-Length: 10\r\n\r\nhi`);
    a.pump.ready(EPOLLIN);
    assert.deepEqual([a.received(), a.hasEnded(), a.pump.isOpen], [["/a"], false, true]);
    a.send("the rest");
    a.pump.ready(EPOLLIN);
    assert.deepEqual([a.hasEnded(), a.pump.isOpen], [true, true]);
    a.end();
    a.pump.ready(EPOLLIN);
    assert.equal(a.pump.isOpen, false);
  });

  test("KernelPump lingers when its receive buffer was full: the socket may hold more", (t) => {
    const a = new Thread(t, 10_000).connect();
    const last = `GET ${CLOSE}A: ${"x".repeat(1 - (CLOSE.length % 2))}\r\n\r\n`;
    a.send(last.padStart(INPUT_BYTES, "\r\n") + get("/behind"));
    a.pump.ready(EPOLLIN);
    assert.deepEqual(a.received(), ["/a"]);
    assert.deepEqual([a.hasEnded(), a.pump.isOpen], [true, true]);
  });

  test("KernelPump closes only when its socket has taken the whole last reply", async (t) => {
    const thread = new Thread(t, 100);
    const a = thread.connect();
    // More than a socket takes, in one turn.
    const targets = Array.from({ length: 40 }, (_, index) => `/big${index}`);
    a.send(`${get(...targets)}GET ${CLOSE}\r\n`);
    a.pump.ready(EPOLLIN);
    assert.equal(a.pump.isOpen, true);
    const found: string[] = [];
    for (let count = 0; count < 100 && a.pump.isOpen; count++) {
      found.push(...a.received());
      a.pump.ready(EPOLLOUT);
    }
    found.push(...a.received());
    assert.deepEqual([found, a.hasEnded(), a.pump.isOpen], [[...targets, "/a"], true, false]);
  });

  test("KernelPump closes at once after a late reply too", async (t) => {
    const thread = new Thread(t);
    const a = thread.connect();
    a.send(`GET ${CLOSE.replace("/a", "/late")}\r\n`);
    a.pump.ready(EPOLLIN);
    assert.equal(a.pump.isOpen, true);
    await thread.answer("/late");
    assert.deepEqual([a.received(), a.hasEnded(), a.pump.isOpen], [["/late"], true, false]);
  });

  test("KernelPump closes at once behind a peer that has ended its half", (t) => {
    const a = new Thread(t).connect();
    a.send(get("/a"));
    a.end();
    a.pump.ready(EPOLLIN);
    a.pump.ready(EPOLLIN);
    assert.deepEqual([a.received(), a.hasEnded(), a.pump.isOpen], [["/a"], true, false]);
  });

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

  test("KernelPump copies what its socket does not take out of the shared output", async (t) => {
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
