// The event loop of a thread: waits in our own epoll, which also watches libuv's, so that messages, files and
// signals of Node go on working. libuv's handles are never touched: with one of ours inside its loop, ending a
// thread would abort the process.
import { Epoll } from "./epoll.ts";
import { ffi } from "./ffi.ts";
import { EPOLLIN, libc } from "./libc.ts";

/**
 * The longest wait, in ms. libuv's timers do not make its descriptor ready, so this is how late one may be:
 * heartbeats are every 250 ms, and nothing that we serve waits for a timer.
 */
const LONGEST_WAIT_MS = 100;
/** Rounds before libuv gets its turn although it did not ask for it: promises and immediates wait no longer. */
const ROUND_COUNT = 64;

export interface LoopHooks {
  /** A descriptor is ready for `events`. */
  readonly onReady: (fd: number, events: number) => void;
  /** Before what a wait has found is dealt with: the time, read once for all of it, in ms on the monotonic clock. */
  readonly onTurn: (now: number) => void;
}

export class Loop {
  readonly epoll: Epoll = new Epoll();
  readonly #hooks: LoopHooks;
  readonly #libuvFd: number = libc.uv_backend_fd(ffi.getCurrentEventLoop());
  #isRunning = true;

  constructor(hooks: LoopHooks) {
    this.#hooks = hooks;
    this.epoll.add(this.#libuvFd, EPOLLIN);
    setImmediate(() => this.#run());
  }

  /** Lets go of the thread: it ends when nothing else keeps it. */
  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.epoll.close();
  }

  #run(): void {
    for (let round = 0; round < ROUND_COUNT && this.#isRunning; round++) {
      // Only the first round waits: what follows it is there, or libuv's turn has come.
      const count = this.epoll.wait(round === 0 ? LONGEST_WAIT_MS : 0);
      this.#hooks.onTurn(performance.now());
      if (this.#dispatch(count)) break;
    }
    // libuv runs once (messages, file callbacks, timers), then it is our turn again.
    if (this.#isRunning) setImmediate(() => this.#run());
  }

  /** @returns whether libuv is due, or there is nothing to do */
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
