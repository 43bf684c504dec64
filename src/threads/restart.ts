// When a thread that has died is started again: at once the first time, later each time it dies again soon.
import { Backoff } from "../workers/backoff.ts";

export class Restart {
  readonly #backoff = new Backoff();
  #timer: NodeJS.Timeout | undefined;
  #delayMs = 0;

  /** No thread is to be started now. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * A thread has died that served for `livedMs`. One that dies during the wait does not extend it: threads that start
   * together die of the same cause.
   * @param onOver called when the wait is over; not called for 0
   * @param longestMs for a thread without which nobody serves
   * @returns how long to wait before the next start, in ms
   */
  wait(livedMs: number, onOver: () => void, longestMs: number = Number.POSITIVE_INFINITY): number {
    if (this.#timer !== undefined) return this.#delayMs;
    this.#delayMs = Math.min(this.#backoff.nextDelayMs(livedMs), longestMs);
    if (this.#delayMs === 0) return 0;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      onOver();
    }, this.#delayMs);
    return this.#delayMs;
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
