// One thread of the kernel transport without its loop: pumps over socket pairs, driven by the test, so that everything
// happens in the order of the test. Needs Linux.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Handler } from "../../src/http/message.ts";
import { OutputBuffer } from "../../src/http/output-buffer.ts";
import { HeadParser } from "../../src/http1/head-parser.ts";
import { HeadWriter } from "../../src/http1/head-writer.ts";
import {
  AF_UNIX,
  EAGAIN,
  EPOLLIN,
  errno,
  libc,
  MSG_NOSIGNAL,
  SHUT_WR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from "../../src/linux/libc.ts";
import { Pinned } from "../../src/linux/pinned.ts";
import { LIMIT_DEFAULTS, type Limits } from "../../src/options/limits.ts";
import { Epoll } from "../../src/transport/kernel/epoll.ts";
import { INPUT_BYTES, type KernelContext, KernelPump } from "../../src/transport/kernel/pump.ts";
import { TimerWheel } from "../../src/transport/kernel/timer-wheel.ts";

const newPinned = (sizeBytes: number): Pinned => new Pinned(sizeBytes);

export class KernelThread {
  readonly #context: KernelContext;
  readonly #pumps = new Map<number, KernelPump>();
  #later: (() => void)[] = [];

  constructor(t: Pick<TestContext, "after">, handler: Handler, changed: Partial<Limits> = {}) {
    const limits = { ...LIMIT_DEFAULTS, ...changed };
    const epoll = new Epoll();
    this.#context = {
      handler,
      clients: undefined,
      pause: () => () => {},
      http1: { limits, parser: new HeadParser(limits), writer: new HeadWriter(newPinned) },
      newHttp2: undefined,
      clock: { now: 0, wallMs: 0, exact: new Float64Array(1), read() {}, exactMs: () => 0 },
      stopwatch: undefined,
      epoll,
      proxyHeaders: undefined,
      secure: undefined,
      later: (callback) => this.#later.push(callback),
      timers: new TimerWheel(0),
      input: new Pinned(INPUT_BYTES),
      out: new OutputBuffer(newPinned, true),
      counters: { countConnection() {}, countRequest() {}, countSent() {} },
      tracesSecrets: false,
      onTrace: undefined,
      accessLog: undefined,
      onRefusal: undefined,
      onError: (error) => assert.fail(String(error)),
      onClose: ({ fd }) => {
        this.#pumps.delete(fd);
        libc.close(fd);
      },
    };
    t.after(() => {
      for (const pump of this.#pumps.values()) pump.destroy();
      epoll.close();
    });
  }

  /** The connection closes when the test is over, if not earlier. */
  connect(): KernelPeer {
    const fds = new Pinned(8);
    assert.equal(libc.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.at(0, 8)), 0);
    const [here, there] = [fds.bytes.readInt32LE(0), fds.bytes.readInt32LE(4)];
    const pump = new KernelPump(here, this.#context, here);
    this.#pumps.set(here, pump);
    this.#context.epoll.add(here, EPOLLIN);
    return new KernelPeer(there, pump);
  }

  /** The next round, for pumps that yielded. */
  goOn(): void {
    for (const callback of this.#later.splice(0)) callback();
  }

  /** One round, in the order of the loop: pumps that are ready, then pumps that yielded. */
  turn(): void {
    const { epoll } = this.#context;
    const later = this.#later.splice(0);
    for (let index = epoll.wait(0) - 1; index >= 0; index--) {
      this.#pumps.get(epoll.fdAt(index))?.ready(epoll.eventsAt(index));
    }
    for (const callback of later) callback();
  }
}

/** The other end of a connection. */
export class KernelPeer {
  readonly pump: KernelPump;
  readonly #fd: number;
  #isOpen = true;

  constructor(fd: number, pump: KernelPump) {
    this.#fd = fd;
    this.pump = pump;
  }

  /** @returns how many bytes the kernel took: 0 when the pump is gone */
  send(bytes: Buffer): number {
    const memory = new Pinned(bytes.length);
    bytes.copy(memory.bytes);
    return Math.max(0, libc.send(this.#fd, memory.at(0, bytes.length), bytes.length, MSG_NOSIGNAL));
  }

  /** At most `count` bytes; `undefined` at the end of the connection. */
  receive(count: number): Buffer | undefined {
    const memory = new Pinned(count);
    const received = libc.recv(this.#fd, memory.at(0, count), count, 0);
    if (received > 0) return memory.bytes.subarray(0, received);
    return received < 0 && errno() === EAGAIN ? Buffer.alloc(0) : undefined;
  }

  end(): void {
    libc.shutdown(this.#fd, SHUT_WR);
  }

  close(): void {
    if (this.#isOpen) libc.close(this.#fd);
    this.#isOpen = false;
  }
}
