// Flow control (RFC 9113 §5.2 and §6.9): how much we may send, and how much we allow the peer to send. Only DATA counts,
// with its padding. What we receive counts as consumed at once, so our windows open again by themselves.

/** RFC 9113 §6.9.2. We never change ours. */
export const DEFAULT_WINDOW_BYTES = 65_535;
/** RFC 9113 §6.9.1. */
export const GREATEST_WINDOW_BYTES = 0x7fffffff;

/** What the peer may still send us, on one stream or on all together. */
export class ReceiveWindow {
  #left: number = DEFAULT_WINDOW_BYTES;

  /** Counts what a frame brings. @returns false when it is more than was allowed */
  take(count: number): boolean {
    this.#left -= count;
    return this.#left >= 0;
  }

  /** Opens the window again once half of it is used. @returns what to add by WINDOW_UPDATE, or 0 */
  replenish(): number {
    if (this.#left > DEFAULT_WINDOW_BYTES / 2) return 0;
    const increment = DEFAULT_WINDOW_BYTES - this.#left;
    this.#left = DEFAULT_WINDOW_BYTES;
    return increment;
  }
}

/** What we may still send, on one stream or on all together. Below 0 after the peer has made its windows smaller. */
export class SendWindow {
  left: number;
  /** The time by which the peer has to let enough go; Infinity while nothing waits. */
  deadline: number = Number.POSITIVE_INFINITY;
  /** What was sent since the last `watch`. */
  #sent = 0;

  constructor(left: number) {
    this.left = left;
  }

  take(count: number): void {
    this.left -= count;
    this.#sent += count;
  }

  /** @returns false when the window would grow beyond what RFC 9113 §6.9.1 allows */
  add(increment: number): boolean {
    this.left += increment;
    return this.left <= GREATEST_WINDOW_BYTES;
  }

  /** The peer has to let enough go until then. */
  watch(deadline: number): void {
    this.deadline = deadline;
    this.#sent = 0;
  }

  /**
   * Whether the peer keeps the window shut, or opens it so slowly that it might as well. What the window lets go and we have
   * not sent counts as sent: then others had their turn.
   * @param owed how much waits to be sent
   */
  isStuck(leastBytes: number, owed: number): boolean {
    const open = Math.max(0, this.left);
    return open < owed && this.#sent + open < leastBytes;
  }
}
