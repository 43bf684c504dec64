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
  /** Before what a wait has found is dealt with. */
  readonly onTurn: () => void;
}

export class Loop {
  readonly epoll: Epoll = new Epoll();
  readonly #hooks: LoopHooks;
  readonly #libuvFd: number = libc.uv_backend_fd(ffi.getCurrentEventLoop());
  /** Put off to the next round: who has had enough for now, while others wait. */
  #later: (() => void)[] = [];
  #isRunning = true;

  constructor(hooks: LoopHooks) {
    this.#hooks = hooks;
    this.epoll.add(this.#libuvFd, EPOLLIN);
    setImmediate(() => this.#run());
  }

  /**
   * Calls back once others have had their turn. Unlike an immediate of Node, which would wait as long as we do, it
   * keeps us from waiting.
   */
  later(callback: () => void): void {
    this.#later.push(callback);
  }

  /** Lets go of the thread: it ends when nothing else keeps it. */
  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.epoll.close();
  }

  #run(): void {
    for (let round = 0; round < ROUND_COUNT && this.#isRunning; round++) {
      const later = this.#later;
      if (later.length > 0) this.#later = [];
      // Only the first round waits: what follows it is there, or libuv's turn has come.
      const count = this.epoll.wait(round === 0 && later.length === 0 ? LONGEST_WAIT_MS : 0);
      this.#hooks.onTurn();
      const isLibuvDue = this.#dispatch(count);
      if (later.length > 0) for (const callback of later) callback();
      if (isLibuvDue) break;
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
