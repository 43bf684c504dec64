// The event loop of a thread. It waits in our own epoll, which also watches libuv's epoll, so that Node's messages,
// files and signals work as ever. We add no handle to libuv's loop: ending the thread would then abort the process.

import { MessageChannel, type MessagePort } from "node:worker_threads";
import { ffi } from "../../linux/ffi.ts";
import { EPOLLIN, libc } from "../../linux/libc.ts";
import { Epoll } from "./epoll.ts";

/**
 * The longest wait after something has happened, in ms. libuv's timers do not make its descriptor ready, so a timer may
 * be this late. No reply waits for a timer.
 */
const BUSY_WAIT_MS = 100;
/** The same while something waits for a timer that should not be late (`pause`). */
const PAUSED_WAIT_MS = 5;
/** The longest wait of an idle thread, which ends in time for timers. Each end costs a wake-up. */
const IDLE_WAIT_MS = 5_000;
/** After so many rounds libuv gets its turn, ready or not: promises and immediates wait no longer than that. */
const ROUND_COUNT = 64;

type Callbacks = (() => void)[];
const NONE: Readonly<Callbacks> = [];

export interface LoopHooks {
  /** A descriptor is ready for `events`. */
  readonly onReady: (fd: number, events: number) => void;
  /** Called after each wait, before the ready descriptors are handled. */
  readonly onTurn: () => void;
  /**
   * Called when they are handled. Only now may descriptors be closed that have not told anything: one that is closed
   * before may be ready too, and another connection may have got its number.
   */
  readonly onHandled: () => void;
  /** Called before a wait; where it is undefined, nobody wants to know. */
  readonly onWait?: (() => void) | undefined;
  /**
   * Called before a wait that may last for longer than BUSY_WAIT_MS.
   * @returns the longest wait that suits the user of the loop, in ms
   */
  readonly onIdle: () => number;
}

export class Loop {
  readonly epoll: Epoll = new Epoll();
  readonly #hooks: LoopHooks;
  readonly #libuv: bigint = ffi.getCurrentEventLoop();
  readonly #libuvFd: number = libc.uv_backend_fd(this.#libuv);
  /** Callbacks for the next round, of connections that let others have their turn. */
  #later: Callbacks = [];
  #isRunning = true;
  /** Callbacks of `pause` that are awaited. */
  #pausedCount = 0;
  /** A message to ourselves, by which libuv calls `#rest`. Made when the thread is idle for the first time. */
  #toRest: MessagePort | undefined;

  constructor(hooks: LoopHooks) {
    this.#hooks = hooks;
    this.epoll.add(this.#libuvFd, EPOLLIN);
    setImmediate(() => this.#run());
  }

  /**
   * Calls back once others have had their turn, and without a wait before the next round. An immediate of Node would
   * run only after that wait.
   */
  later(callback: () => void): void {
    this.#later.push(callback);
  }

  /** Calls back after so many ms, or a few more. @returns takes it back */
  pause(ms: number, callback: () => void): () => void {
    let isAwaited = true;
    const end = (): void => {
      if (isAwaited) this.#pausedCount--;
      isAwaited = false;
    };
    this.#pausedCount++;
    const timer = setTimeout(() => {
      end();
      callback();
    }, ms);
    return () => {
      clearTimeout(timer);
      end();
    };
  }

  get #busyWaitMs(): number {
    return this.#pausedCount > 0 ? PAUSED_WAIT_MS : BUSY_WAIT_MS;
  }

  /** Ends the loop. The thread ends when nothing else keeps it running. */
  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#toRest?.close();
    this.epoll.close();
  }

  #run(): void {
    let isIdle = false;
    for (let round = 0; round < ROUND_COUNT && this.#isRunning; round++) {
      const later = this.#takeLater();
      // Only the first round waits. The others handle what is ready by now, until it is libuv's turn.
      const mayWait = round === 0 && later.length === 0;
      if (mayWait) this.#hooks.onWait?.();
      const count = this.epoll.wait(mayWait ? this.#busyWaitMs : 0);
      isIdle = mayWait && count === 0;
      this.#hooks.onTurn();
      const isLibuvDue = this.#dispatch(count);
      for (const callback of later) callback();
      this.#hooks.onHandled();
      if (isLibuvDue) break;
    }
    if (!this.#isRunning) return;
    // libuv runs once (messages, file callbacks, timers), then our rounds begin again.
    if (isIdle && this.#later.length === 0) this.#restSoon();
    else setImmediate(() => this.#run());
  }

  /** What is put off from now on is for the round after the next. */
  #takeLater(): Readonly<Callbacks> {
    const later = this.#later;
    if (later.length === 0) return NONE;
    this.#later = [];
    return later;
  }

  /**
   * Calls `#rest` when libuv polls. Only then, and in no immediate, libuv knows how long it may wait: an immediate counts
   * as something to do until all of them have run.
   */
  #restSoon(): void {
    this.#toRest ??= this.#openPort();
    this.#toRest.postMessage(undefined);
  }

  #openPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    port2.on("message", () => this.#rest());
    return port1;
  }

  /** Waits as long as nothing happens: until the next timer of Node, or of the user of the loop. */
  #rest(): void {
    if (!this.#isRunning) return;
    // A callback of Node, such as a reply that was waited for, may have put something off since the last round.
    if (this.#later.length > 0) return this.#run();
    const timeoutMs = libc.uv_backend_timeout(this.#libuv);
    const idleMs = Math.max(0, Math.min(this.#hooks.onIdle(), IDLE_WAIT_MS));
    this.#hooks.onWait?.();
    const count = this.epoll.wait(timeoutMs < 0 ? idleMs : Math.min(timeoutMs, idleMs));
    this.#hooks.onTurn();
    this.#dispatch(count);
    this.#hooks.onHandled();
    if (this.#isRunning && count === 0 && this.#later.length === 0) this.#restSoon();
    else setImmediate(() => this.#run());
  }

  /** @returns whether libuv has its turn: it is ready, or nothing else is */
  #dispatch(count: number): boolean {
    let isLibuvDue = count === 0;
    for (let index = 0; index < count && this.#isRunning; index++) {
      const fd = this.epoll.fdAt(index);
      if (fd === this.#libuvFd) isLibuvDue = true;
      else this.#hooks.onReady(fd, this.epoll.eventsAt(index));
    }
    return isLibuvDue;
  }
}
