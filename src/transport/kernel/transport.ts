// All connections of one thread by system calls: a loop, the sockets that it watches, and what they share. The threads
// of a process share one listening socket (EPOLLEXCLUSIVE). A thread that accepts a connection hands it on when another
// thread has fewer.
import type { Handler } from "../../http/message.ts";
import { OutputBuffer } from "../../http/output-buffer.ts";
import { REFUSED, UNCOUNTED } from "../../limits/lease.ts";
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
} from "../../linux/libc.ts";
import { MONOTONIC_BEGAN_MS, monotonicMs } from "../../linux/monotonic.ts";
import { Pinned } from "../../linux/pinned.ts";
import type { Clients } from "../../proxies/clients.ts";
import { traceClose, traceOpen } from "../../telemetry/trace.ts";
import type { AcceptRefusal } from "../accept-refusals.ts";
import type { Observed } from "../activity.ts";
import { newClock } from "../clock.ts";
import { TurnStopwatch } from "../durations.ts";
import { makeRoom, whoCanGo } from "../room.ts";
import {
  type ClientCounter,
  idsFromOne,
  REFUSED_AT_ONCE,
  type TransportHooks,
  type TransportOptions,
} from "../transport.ts";
import { Contexts, type KernelProtocols } from "./contexts.ts";
import { Inbox } from "./inbox.ts";
import { Loop } from "./loop.ts";
import { Owners } from "./owners.ts";
import { addressOf, peerOf } from "./peer.ts";
import { INPUT_BYTES, type KernelContext, KernelPump } from "./pump.ts";
import type { KernelMemory } from "./shared.ts";
import { TimerWheel } from "./timer-wheel.ts";
import { TurnTimes } from "./turn-times.ts";

/** How many connections are accepted in one go, so that not each of them costs a turn of the loop. */
const ACCEPT_COUNT = 8;
/** The time between attempts to accept, after one has failed. */
const RETRY_MS = 250;

/** The memory that the threads of a process share, and the place of this thread in it. */
export interface KernelShared extends KernelMemory {
  readonly slot: number;
  readonly slotCount: number;
  /** The open connections of a slot, as the counters say. */
  readonly load: (slot: number) => number;
  readonly heart: Heart;
}

/** Shows the other threads that this one turns, or waits for something to do. */
interface Heart {
  beat(nowMs: number): void;
  rest(): void;
}

const one = new Pinned(4);
one.bytes.writeInt32LE(1);

export interface KernelOptions extends TransportOptions, KernelProtocols {
  readonly connectionLimitCount: number;
  /** Whether connections over the limit get 503. Otherwise they wait. @default false */
  readonly refusesOver?: boolean;
  /** Whether idle connections make room when the limit is reached. Otherwise new ones wait. @default false */
  readonly makesRoom?: boolean;
}

export class KernelTransport {
  /** The open connections, by descriptor. */
  readonly #pumps: (KernelPump | undefined)[] = [];
  #pumpCount = 0;
  readonly #contexts: Contexts;
  /** That of the first listener, for what all share. */
  readonly #context: KernelContext;
  readonly #loop: Loop;
  /** Undefined where nobody asks for durations. */
  readonly #turns: TurnTimes | undefined;
  readonly #inboxes: readonly Inbox[];
  readonly #wakeFd: number;
  readonly #owners: Owners;
  readonly #shared: KernelShared;
  readonly #connectionLimitCount: number;
  readonly #makesRoom: boolean;
  readonly #refusesOver: boolean;
  readonly #clients: ClientCounter | undefined;
  /** How many of the open connections get 503 and are closed. */
  #refusedCount = 0;
  readonly #waiters: (() => void)[] = [];
  /** One for each address; empty when this thread accepts no more. */
  #listeners: readonly number[] = [];
  /** For each of them, the index in the options. */
  #indexes: readonly number[] = [];
  readonly #names: readonly string[];
  /** Set where this thread takes only one connection. */
  #onTaken: (() => void) | undefined;
  #isAccepting = false;
  #isDraining = false;
  readonly #newId: () => number;
  #nextRetry = 0;

  constructor(handler: Handler, options: KernelOptions, hooks: TransportHooks, kernel: KernelShared) {
    const clock = newClock(monotonicMs);
    const turns = hooks.durations && new TurnTimes(clock, new TurnStopwatch(clock, hooks.durations));
    this.#turns = turns;
    this.#shared = kernel;
    this.#newId = hooks.newConnectionId ?? idsFromOne();
    this.#connectionLimitCount = options.connectionLimitCount;
    this.#makesRoom = options.makesRoom ?? false;
    this.#refusesOver = options.refusesOver ?? false;
    this.#clients = options.clients;
    this.#names = (options.listeners ?? []).map(({ name }) => name);
    this.#inboxes = Array.from({ length: kernel.slotCount }, (_, slot) => new Inbox(kernel.inboxes, slot));
    this.#owners = new Owners(kernel.owners);
    this.#loop = new Loop({
      onTurn: () => this.#beginTurn(),
      onHandled: () => this.#endTurn(),
      onIdle: () => this.#beginRest(),
      onWait: turns && (() => turns.beginWait()),
      onReady: (fd, events) => this.#ready(fd, events),
    });
    this.#owners.set(this.#loop.epoll.fd, kernel.slot);
    this.#wakeFd = this.#inbox.open();
    this.#loop.epoll.add(this.#wakeFd, EPOLLIN);
    const shared = {
      handler,
      clock,
      stopwatch: turns?.stopwatch,
      epoll: this.#loop.epoll,
      later: (callback: () => void) => this.#loop.later(callback),
      pause: (ms: number, callback: () => void) => this.#loop.pause(ms, callback),
      timers: new TimerWheel<KernelPump>(clock.now),
      input: new Pinned(INPUT_BYTES),
      out: new OutputBuffer(newPinned, true),
      counters: hooks.counters,
      onTrace: hooks.onTrace,
      tracesSecrets: hooks.tracesSecrets === true,
      accessLog: hooks.accessLog,
      onRefusal: hooks.onRefusal,
      onError: hooks.onError,
      onClose: (pump: KernelPump) => this.#remove(pump),
    };
    this.#contexts = new Contexts(options, shared, newPinned, this.#mayRefuse);
    this.#context = this.#contexts.of(0).serving;
  }

  get #inbox(): Inbox {
    return this.#inboxes[this.#shared.slot]!;
  }

  /** A copy: a caller may close connections while it goes through them. */
  get #openPumps(): KernelPump[] {
    return this.#pumps.filter((pump) => pump !== undefined);
  }

  /** The wall clock, as read when this turn of the loop began. */
  get wallMs(): number {
    return this.#context.clock.wallMs;
  }

  /** The monotonic clock that all threads share, as read when this turn of the loop began. */
  get monotonicMs(): number {
    return this.#context.clock.now + MONOTONIC_BEGAN_MS;
  }

  /** For how long the loop has not waited since its start, in ms; 0 where durations are not asked for. */
  get busyMs(): number {
    return this.#turns?.busyMs ?? 0;
  }

  /** For the live page. */
  get observed(): Iterable<Observed> {
    return this.#openPumps;
  }

  get connectionCount(): number {
    return this.#pumpCount;
  }

  /**
   * Accepts from sockets that all threads share. They belong to the supervisor, which closes them last.
   * @param indexes of the listeners, for each of them
   */
  listen(fds: readonly number[], indexes: readonly number[] = []): void {
    this.#listeners = fds;
    this.#indexes = indexes;
    this.#resumeAccepting();
  }

  /** Accepts one connection only. `onTaken` is called when it has come, and this thread stops listening. */
  acceptOne(fds: readonly number[], indexes: readonly number[], onTaken: () => void): void {
    this.#onTaken = onTaken;
    this.listen(fds, indexes);
  }

  /**
   * Takes over a connected, non-blocking socket, until it closes.
   * @param listener the index of the listener that it came to
   */
  adopt(fd: number, listener = 0): void {
    const id = this.#newId();
    if (!this.#owners.set(fd, this.#shared.slot)) {
      libc.close(fd);
      return;
    }
    // What is written is all that there is, so nothing is gained by a wait for more: it would last until a delayed
    // acknowledgement, 40 ms. The listening socket could pass the option on, but not to connections that came before.
    libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, one.at(0, 4), 4);
    if (this.#context.onTrace !== undefined)
      this.#context.onTrace(traceOpen(id, peerOf(fd), this.#names.length > 1 ? this.#names[listener] : undefined));
    const lease = this.#mayRefuse ? this.#leaseFor(fd) : UNCOUNTED;
    const { serving, refusing } = this.#contexts.of(listener);
    const pump = new KernelPump(fd, lease === REFUSED ? refusing! : serving, id, listener, lease);
    this.#pumps[fd] = pump;
    this.#pumpCount++;
    this.#context.counters.countConnection(1);
    this.#context.epoll.add(fd, EPOLLIN);
    if (lease === REFUSED) this.#refuse(pump);
    if (this.#isDraining && pump.isOpen) pump.drain();
  }

  get #mayRefuse(): boolean {
    return this.#refusesOver || this.#clients !== undefined;
  }

  /** @returns what is counted of its client, or that there is no room for it */
  #leaseFor(fd: number): number {
    if (this.#refusesOver && this.#isFull) return REFUSED;
    if (this.#clients === undefined) return UNCOUNTED;
    const address = addressOf(fd);
    // The connections of a proxy are those of many clients.
    return this.#context.clients?.trust.has(address) ? UNCOUNTED : this.#clients.enter(address);
  }

  /** It gets 503 for one request, which has to come soon. A flood of connections is closed without a word. */
  #refuse(pump: KernelPump): void {
    this.#refusedCount++;
    if (this.#refusedCount > REFUSED_AT_ONCE) pump.destroy();
    else pump.drain();
  }

  /** Who is a proxy, as other options say. Undefined where nobody is. */
  setClients(clients: Clients | undefined): void {
    this.#contexts.setClients(clients);
  }

  /** Every connection is served to the end of one request at most, idle ones and those that still come, too. */
  lastCall(): void {
    this.#isDraining = true;
    for (const pump of this.#openPumps) pump.lastCall();
  }

  /** Idle connections close now, others after the reply to their current request. */
  closeIdle(): void {
    for (const pump of this.#openPumps) pump.drain();
  }

  /**
   * Stops: both of the above. What waits in the listen queue is accepted, and nothing more.
   * @param isReplaced another process listens on the same sockets, and accepts what waits
   */
  drain(isReplaced = false): void {
    this.lastCall();
    this.closeIdle();
    if (isReplaced) return this.#stopAccepting();
    for (const [place, fd] of this.#listeners.entries())
      while (this.#listeners.length > 0 && this.#acceptNext(fd, this.#indexes[place]));
    this.#stopAccepting();
  }

  /** Resolves when no connection is open. */
  whenEmpty(): Promise<void> {
    if (this.#pumpCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Closes every connection now, also in the middle of a reply. */
  destroy(): void {
    for (const pump of this.#openPumps) pump.destroy();
  }

  /** Ends the loop. Nothing is served afterwards. */
  stop(): void {
    this.#inbox.close();
    this.#owners.clear(this.#loop.epoll.fd);
    this.#loop.stop();
  }

  #beginTurn(): void {
    const { clock } = this.#context;
    clock.read();
    this.#turns?.beginTurn();
    this.#shared.heart.beat(clock.now + MONOTONIC_BEGAN_MS);
  }

  #endTurn(): void {
    const { clock } = this.#context;
    this.#context.timers.advance(clock.now, fire);
    if (this.#isAccepting || clock.now < this.#nextRetry) return;
    this.#nextRetry = clock.now + RETRY_MS;
    this.#resumeAccepting();
  }

  /** @returns how long the thread may wait without a deadline or an attempt to accept that is late */
  #beginRest(): number {
    const { clock, timers } = this.#context;
    clock.read();
    this.#shared.heart.rest();
    const hasToRetry = !this.#isAccepting && this.#listeners.length > 0;
    return Math.min(timers.waitMs(clock.now), hasToRetry ? RETRY_MS : Number.POSITIVE_INFINITY);
  }

  #ready(fd: number, events: number): void {
    const place = this.#listeners.indexOf(fd);
    if (place >= 0) return this.#accept(fd, this.#indexes[place]);
    // We may have accepted more connections since the other thread counted ours.
    if (fd === this.#wakeFd) return this.#inbox.take((arrived, listener) => this.#share(arrived, listener));
    this.#pumps[fd]?.ready(events);
  }

  /** Accepts a few: a thread that is woken for one connection often finds more, and hands on those beyond its share. */
  #accept(fd: number, listener: number | undefined): void {
    for (let count = 0; count < ACCEPT_COUNT && this.#isAccepting; count++) {
      if (this.#isFull && !(this.#makesRoom && this.#makeRoom()) && !this.#canRefuse) return this.#pauseAccepting();
      if (!this.#acceptNext(fd, listener)) return;
    }
  }

  get #isFull(): boolean {
    return this.#pumpCount - this.#refusedCount >= this.#connectionLimitCount;
  }

  /** Further ones wait: that needs no descriptor. */
  get #canRefuse(): boolean {
    return this.#refusesOver && this.#refusedCount < REFUSED_AT_ONCE;
  }

  /** @returns whether a new connection can come now, or could if one waits for it */
  get #hasPlace(): boolean {
    if (!this.#isFull || this.#canRefuse) return true;
    const { clock, http1 } = this.#context;
    return this.#makesRoom && whoCanGo(this.#openPumps, http1.limits, clock.now).length > 0;
  }

  #makeRoom(): boolean {
    const { clock, http1 } = this.#context;
    return makeRoom(this.#openPumps, http1.limits, clock.now);
  }

  /** @returns whether there was one */
  #acceptNext(listenerFd: number, listener = 0): boolean {
    const fd = libc.accept4(listenerFd, 0n, 0n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) this.#context.onTrace?.(`accept4(${listenerFd}, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) = ${fd}`);
    if (fd < 0) this.#failToAccept(listener);
    else if (this.#onTaken !== undefined) this.#take(fd, listener, this.#onTaken);
    else this.#share(fd, listener);
    return fd >= 0;
  }

  #share(fd: number, listener: number): void {
    if (!this.#handOn(fd, listener)) this.adopt(fd, listener);
  }

  #take(fd: number, listener: number, onTaken: () => void): void {
    this.#stopAccepting();
    this.adopt(fd, listener);
    onTaken();
  }

  #failToAccept(listener: number): void {
    const number = errno();
    // Another thread was faster, or the peer is gone again: accept(2).
    if (number === EAGAIN || number === ECONNABORTED || number === EINTR) return;
    const error = systemError("accept4");
    this.#pauseAccepting();
    // The supervisor has shut all down, and they are empty: "drain" is on its way.
    if (number === EINVAL) this.#listeners = [];
    else {
      // Descriptors or memory have run out: idle connections make room, and the next attempt comes after RETRY_MS.
      this.#makeRoom();
      const code: AcceptRefusal = "ACCEPT_FAILED";
      this.#context.onRefusal?.({ by: "accept", code, status: undefined }, { address: "", listener });
      this.#context.onError(error);
    }
  }

  /** Hands the connection to the thread with the fewest, if that has fewer than this one. @returns whether it did */
  #handOn(fd: number, listener: number): boolean {
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
    return this.#inboxes[best]!.put(fd, listener);
  }

  #resumeAccepting(): void {
    if (this.#isAccepting || this.#listeners.length === 0 || !this.#hasPlace) return;
    this.#isAccepting = true;
    for (const listener of this.#listeners) this.#loop.epoll.add(listener, EPOLLIN | EPOLLEXCLUSIVE);
  }

  #pauseAccepting(): void {
    if (!this.#isAccepting) return;
    this.#isAccepting = false;
    for (const listener of this.#listeners) this.#loop.epoll.remove(listener);
  }

  #stopAccepting(): void {
    this.#pauseAccepting();
    this.#listeners = [];
  }

  #remove(pump: KernelPump): void {
    this.#pumps[pump.fd] = undefined;
    this.#pumpCount--;
    if (pump.lease === REFUSED) this.#refusedCount--;
    else this.#clients?.leave(pump.lease);
    this.#context.timers.cancel(pump.timer);
    // Cleared before close(2), after which another thread may get the same number.
    this.#owners.clear(pump.fd);
    libc.close(pump.fd);
    this.#context.counters.countConnection(-1);
    const { onTrace, clock } = this.#context;
    if (onTrace !== undefined) onTrace(traceClose(pump.id, clock.exactMs() - pump.openedMs));
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
