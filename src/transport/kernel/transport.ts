// All connections of one thread over the kernel's own interface: a loop, the sockets that it watches, and what
// they share. The listening socket is the process's; each thread accepts from it (EPOLLEXCLUSIVE), and hands
// a connection on to a thread that has fewer.
import type { Handler } from "../../http/message.ts";
import type { Http1Context } from "../../http1/connection.ts";
import { HeadParser } from "../../http1/head-parser.ts";
import { HeadWriter } from "../../http1/head-writer.ts";
import type { Http1Limits } from "../../http1/limits.ts";
import { OutputBuffer } from "../../http1/output-buffer.ts";
import { traceClose, traceOpen } from "../../telemetry/trace.ts";
import type { TransportCounters, TransportHooks } from "../portable/transport.ts";
import type { Epoll } from "./epoll.ts";
import { Inbox } from "./inbox.ts";
import {
  EAGAIN,
  ECONNABORTED,
  EINTR,
  EINVAL,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  errno,
  IPPROTO_TCP,
  libc,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  systemError,
  TCP_NODELAY,
} from "./libc.ts";
import { Loop } from "./loop.ts";
import { Owners } from "./owners.ts";
import { peerOf } from "./peer.ts";
import { Pinned } from "./pinned.ts";
import { INPUT_BYTES, KernelPump } from "./pump.ts";
import { TimerWheel } from "./timer-wheel.ts";

/** Connections that are accepted in one go, so that those that wait cost no turn of the loop each. */
const ACCEPT_COUNT = 8;
/** How often it is tried again to accept, when that failed. */
const RETRY_MS = 250;
/** Idle connections that are closed when descriptors run out: room to accept, and to open files for who was accepted. */
const ROOM_COUNT = 8;

/** The time, read once for all that one wait has found. */
interface Clock {
  /**
   * Monotonic, whole ms: deadlines are set several times for each request, and a fraction would make each of them an
   * object (a number that is no small integer, in a field of a class).
   */
  now: number;
  /** Since the epoch, ms. */
  wallMs: number;
  read(): void;
}

export interface KernelContext {
  readonly handler: Handler;
  readonly http1: Http1Context;
  readonly clock: Clock;
  readonly epoll: Epoll;
  /** Calls back when others have had their turn. */
  readonly later: (callback: () => void) => void;
  readonly timers: TimerWheel<KernelPump>;
  /** One receive buffer serves every connection of the thread: the engine has used, or copied, what it was given. */
  readonly input: Pinned;
  readonly out: OutputBuffer<Pinned>;
  readonly counters: TransportCounters;
  readonly onTrace: ((text: string) => void) | undefined;
  readonly onError: (error: unknown) => void;
  readonly onClose: (pump: KernelPump, id: number) => void;
}

/** What the threads of a process share; memory that the supervisor made and each thread was given. */
export interface KernelShared {
  readonly inboxes: SharedArrayBuffer;
  readonly owners: SharedArrayBuffer;
  readonly slot: number;
  readonly slotCount: number;
  /** Open connections of each slot, as the counters say. */
  readonly load: (slot: number) => number;
}

const one = new Pinned(4);
one.bytes.writeInt32LE(1);

export class KernelTransport {
  /** By descriptor. */
  readonly #pumps: (KernelPump | undefined)[] = [];
  #pumpCount = 0;
  readonly #context: KernelContext;
  readonly #loop: Loop;
  readonly #inboxes: readonly Inbox[];
  readonly #wakeFd: number;
  readonly #owners: Owners;
  readonly #shared: KernelShared;
  readonly #connectionLimitCount: number;
  readonly #waiters: (() => void)[] = [];
  #listener = -1;
  /** Set where only one connection is wanted. */
  #onTaken: (() => void) | undefined;
  #isAccepting = false;
  #isDraining = false;
  #acceptedCount = 0;
  #nextRetry = 0;

  constructor(
    handler: Handler,
    options: { readonly limits: Http1Limits; readonly connectionLimitCount: number },
    hooks: TransportHooks,
    shared: KernelShared,
  ) {
    const { limits } = options;
    const clock = newClock();
    this.#shared = shared;
    this.#connectionLimitCount = options.connectionLimitCount;
    this.#inboxes = Array.from({ length: shared.slotCount }, (_, slot) => new Inbox(shared.inboxes, slot));
    this.#owners = new Owners(shared.owners);
    this.#loop = new Loop({
      onTurn: () => this.#beginTurn(),
      onReady: (fd, events) => this.#ready(fd, events),
    });
    this.#owners.set(this.#loop.epoll.fd, shared.slot);
    this.#wakeFd = this.#inbox.open();
    this.#loop.epoll.add(this.#wakeFd, EPOLLIN);
    this.#context = {
      handler,
      http1: { limits, parser: new HeadParser(limits), writer: new HeadWriter(newPinned) },
      clock,
      epoll: this.#loop.epoll,
      later: (callback) => this.#loop.later(callback),
      timers: new TimerWheel(clock.now),
      input: new Pinned(INPUT_BYTES),
      out: new OutputBuffer(newPinned, true),
      counters: hooks.counters,
      onTrace: hooks.onTrace,
      onError: hooks.onError,
      onClose: (pump, id) => this.#remove(pump, id),
    };
  }

  get #inbox(): Inbox {
    return this.#inboxes[this.#shared.slot]!;
  }

  /** A copy: what is done to them may close them. */
  get #open(): KernelPump[] {
    return this.#pumps.filter((pump) => pump !== undefined);
  }

  /** The wall clock, as it was read when this turn of the loop began. */
  get wallMs(): number {
    return this.#context.clock.wallMs;
  }

  get connectionCount(): number {
    return this.#pumpCount;
  }

  /** Accepts from a socket that all threads share. It stays the supervisor's, who closes it last. */
  listen(fd: number): void {
    this.#listener = fd;
    // Replies leave in one call: there is nothing to wait for. Linux hands the option on to what is accepted.
    libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, one.at(0, 4), 4);
    this.#resumeAccepting();
  }

  /** The same for one connection: `onTaken` is called when it is there, and this thread listens no more. */
  acceptOne(fd: number, onTaken: () => void): void {
    this.#onTaken = onTaken;
    this.listen(fd);
  }

  /** Takes over a connected, non-blocking socket, to its close. */
  adopt(fd: number): void {
    const id = ++this.#acceptedCount;
    if (!this.#owners.set(fd, this.#shared.slot)) {
      libc.close(fd);
      return;
    }
    if (this.#context.onTrace !== undefined) this.#context.onTrace(traceOpen(id, peerOf(fd)));
    const pump = new KernelPump(fd, this.#context, id);
    this.#pumps[fd] = pump;
    this.#pumpCount++;
    this.#context.counters.countConnection(1);
    this.#context.epoll.add(fd, EPOLLIN);
    if (this.#isDraining) pump.drain();
  }

  /** Stop: idle connections close now, others after the reply to the request that they are at. */
  drain(): void {
    this.#isDraining = true;
    this.#pauseAccepting();
    for (const pump of this.#open) pump.drain();
  }

  /** Resolves when no connection is left; at once when there is none. */
  whenEmpty(): Promise<void> {
    if (this.#pumpCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Closes every connection, whatever it is at. */
  destroy(): void {
    for (const pump of this.#open) pump.destroy();
  }

  /** Ends the loop; nothing is served after that. */
  stop(): void {
    this.#inbox.close();
    this.#owners.clear(this.#loop.epoll.fd);
    this.#loop.stop();
  }

  #beginTurn(): void {
    const { clock } = this.#context;
    clock.read();
    this.#context.timers.advance(clock.now, fire);
    if (this.#isAccepting || clock.now < this.#nextRetry) return;
    this.#nextRetry = clock.now + RETRY_MS;
    this.#resumeAccepting();
  }

  #ready(fd: number, events: number): void {
    if (fd === this.#listener) return this.#accept();
    // Meanwhile we may have taken more than whoever gave it to us could see.
    if (fd === this.#wakeFd) return this.#inbox.take((arrived) => this.#share(arrived));
    this.#pumps[fd]?.ready(events);
  }

  /** A few at a time: whoever is woken for one finds others behind it, and hands on what is more than its share. */
  #accept(): void {
    for (let count = 0; count < ACCEPT_COUNT && this.#isAccepting; count++) {
      const fd = libc.accept4(this.#listener, 0n, 0n, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return this.#failToAccept();
      if (this.#onTaken !== undefined) return this.#take(fd, this.#onTaken);
      this.#share(fd);
      if (this.#pumpCount >= this.#connectionLimitCount) this.#pauseAccepting();
    }
  }

  #share(fd: number): void {
    if (!this.#handOn(fd)) this.adopt(fd);
  }

  #take(fd: number, onTaken: () => void): void {
    this.#pauseAccepting();
    this.#listener = -1;
    this.adopt(fd);
    onTaken();
  }

  #failToAccept(): void {
    const number = errno();
    // Another thread was quicker, or the peer is gone again: accept(2).
    if (number === EAGAIN || number === ECONNABORTED || number === EINTR) return;
    const error = systemError("accept4");
    this.#pauseAccepting();
    // The supervisor has shut it down: "drain" is on its way.
    if (number === EINVAL) this.#listener = -1;
    else {
      // Out of descriptors or memory: some that nobody misses make room, and the next tick tries again.
      this.#closeIdlest();
      this.#context.onError(error);
    }
  }

  /** The connections that have waited longest for a request. */
  #closeIdlest(): void {
    const idle = this.#open.filter((pump) => pump.isIdle).sort((a, b) => a.deadline - b.deadline);
    for (const pump of idle.slice(0, ROOM_COUNT)) pump.destroy();
  }

  /** Gives the connection to the thread with the fewest, when that has fewer than we have. */
  #handOn(fd: number): boolean {
    const { slot, load } = this.#shared;
    let best = slot;
    let bestLoad = this.#pumpCount + this.#inbox.waitingCount;
    for (let other = 0; other < this.#inboxes.length; other++) {
      const inbox = this.#inboxes[other]!;
      if (other === slot || !inbox.isOpen) continue;
      const otherLoad = load(other) + inbox.waitingCount;
      if (otherLoad < bestLoad) [best, bestLoad] = [other, otherLoad];
    }
    if (best === slot || !this.#owners.set(fd, best)) return false;
    return this.#inboxes[best]!.put(fd);
  }

  #resumeAccepting(): void {
    if (this.#isAccepting || this.#listener < 0 || this.#isDraining || this.#pumpCount >= this.#connectionLimitCount) {
      return;
    }
    this.#isAccepting = true;
    this.#loop.epoll.add(this.#listener, EPOLLIN | EPOLLEXCLUSIVE);
  }

  #pauseAccepting(): void {
    if (!this.#isAccepting) return;
    this.#isAccepting = false;
    this.#loop.epoll.remove(this.#listener);
  }

  #remove(pump: KernelPump, id: number): void {
    this.#pumps[pump.fd] = undefined;
    this.#pumpCount--;
    this.#context.timers.cancel(pump.timer);
    // Before the number can be somebody else's.
    this.#owners.clear(pump.fd);
    libc.close(pump.fd);
    this.#context.counters.countConnection(-1);
    if (this.#context.onTrace !== undefined) this.#context.onTrace(traceClose(id));
    if (this.#pumpCount > 0) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

function newPinned(sizeBytes: number): Pinned {
  return new Pinned(sizeBytes);
}

function fire(pump: KernelPump): void {
  pump.expire();
}

function newClock(): Clock {
  const clock: Clock = {
    now: 0,
    wallMs: 0,
    read() {
      clock.now = Math.floor(performance.now());
      clock.wallMs = Date.now();
    },
  };
  clock.read();
  return clock;
}
