// Budgets against floods (RFC 9113 §10.5): frames that cost the peer little and us more, counted by the second. A connection
// that overdraws one ends with ENHANCE_YOUR_CALM.
import type { EngineLimits } from "./limits.ts";
import type { ConnectionProblem } from "./problems.ts";

const SECOND_MS = 1000;
/** A frame of content of at least so many bytes, or the last one of a reply, pays for two updates: stream and connection. */
const PAYING_BYTES = 1024;
const UPDATES_PAID = 2;

export class Floods {
  readonly #limits: EngineLimits;
  #endsAt = Number.NEGATIVE_INFINITY;
  #resetCount = 0;
  #controlCount = 0;
  #updateCount = 0;
  /** Updates that content has paid for. */
  #credit = 0;

  constructor(limits: EngineLimits) {
    this.#limits = limits;
  }

  /** A stream was reset, by the peer or for its mistake. */
  countReset(now: number): ConnectionProblem | undefined {
    this.#passTo(now);
    return ++this.#resetCount > this.#limits.resetLimitCount ? "RESETS_TOO_MANY" : undefined;
  }

  /** A frame that brings nothing. */
  countControl(now: number): ConnectionProblem | undefined {
    this.#passTo(now);
    return ++this.#controlCount > this.#limits.controlFrameLimitCount ? "CONTROL_FLOOD" : undefined;
  }

  countUpdate(now: number): ConnectionProblem | undefined {
    if (this.#credit > 0) {
      this.#credit--;
      return undefined;
    }
    this.#passTo(now);
    return ++this.#updateCount > this.#limits.windowUpdateLimitCount ? "WINDOW_UPDATE_FLOOD" : undefined;
  }

  noteContentSent(length: number, isLast: boolean): void {
    if (length >= PAYING_BYTES || isLast) this.#credit += UPDATES_PAID;
  }

  #passTo(now: number): void {
    if (now < this.#endsAt) return;
    this.#endsAt = now + SECOND_MS;
    this.#resetCount = 0;
    this.#controlCount = 0;
    this.#updateCount = 0;
  }
}
