// Tries again what was refused: a deployment takes a folder away and brings it back, and nothing that is read has changed
// meanwhile. Waits longer each time; where changes can be heard (watch-names.ts), a folder that comes back ends the wait.
import { NameWatcher } from "./watch-names.ts";

/** The first wait, and the shortest after an event: what was just changed may be changing still. */
const SHORTEST_WAIT_MS = 500;
/** A person who has repaired something waits no longer; a thousand sites that are looked at again cost 2 ms a second. */
const LONGEST_WAIT_MS = 15_000;

export class Retry {
  readonly #attempt: () => void;
  #waitMs = SHORTEST_WAIT_MS;
  #reason: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #names: NameWatcher | undefined;
  #isSoon = false;
  #isEnded = false;

  /** @param attempt calls `refused` or `succeeded` in the end */
  constructor(attempt: () => void) {
    this.#attempt = attempt;
  }

  /**
   * Plans the next attempt.
   * @param paths what may have been missing
   * @returns whether the reason differs from that of the previous attempt, so that it is told once
   */
  refused(reason: string, paths: readonly string[] = []): boolean {
    if (this.#isEnded) return false;
    const isNews = reason !== this.#reason;
    this.#waitMs = isNews ? SHORTEST_WAIT_MS : Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    this.#reason = reason;
    this.#wait(this.#waitMs);
    this.#names ??= new NameWatcher(() => {
      if (!this.#isSoon) this.#wait(SHORTEST_WAIT_MS);
      this.#isSoon = true;
    });
    this.#names.follow(paths);
    return isNews;
  }

  succeeded(): void {
    clearTimeout(this.#timer);
    this.#names?.close();
    this.#names = undefined;
    this.#reason = undefined;
  }

  end(): void {
    this.#isEnded = true;
    this.succeeded();
  }

  #wait(waitMs: number): void {
    clearTimeout(this.#timer);
    this.#isSoon = false;
    if (!this.#isEnded) this.#timer = setTimeout(this.#attempt, waitMs).unref();
  }
}
