// Only the first byte of a head sets the deadline. A client that says nothing between requests has done nothing wrong, and
// a 408 could cross with its next request, so an idle connection is closed without a word.

export const IDLE_MS = 60_000;
export const HEAD_MS = 10_000;

export class Patience {
  deadline: number;
  #isInHead = false;

  constructor(now: number) {
    this.deadline = now + IDLE_MS;
  }

  receiveSome(now: number): void {
    if (this.#isInHead) return;
    this.#isInHead = true;
    this.deadline = now + HEAD_MS;
  }

  receiveRest(_now: number): void {
    this.#isInHead = false;
    this.deadline = Number.POSITIVE_INFINITY;
  }

  respond(now: number): void {
    this.deadline = now + IDLE_MS;
  }

  get whenDue(): "408" | "close" {
    return this.#isInHead ? "408" : "close";
  }
}
