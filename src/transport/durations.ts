// How long replies take, from the head of the request to the end of the reply, where somebody asks. The clock is read as
// seldom as it can be: a reply that is written whole in the turn in which its request came took no longer than that turn,
// so all such replies of a turn are counted together, as long as the turn.

/** Where durations are counted. */
export interface DurationCounter {
  countDurations(ms: number, count: number): void;
}

/** What an exchange is timed by. */
export interface Stopwatch {
  /** @returns when the exchange began, which is never negative */
  begin(): number;
  /** The reply is sent, or cut. */
  end(startedMs: number): void;
}

/** On the kernel transport: by the clock of the loop, in whole ms for replies that take several turns. */
export class TurnStopwatch implements Stopwatch {
  readonly #clock: { readonly now: number };
  readonly #counter: DurationCounter;
  /** Replies of this turn. */
  #quickCount = 0;

  constructor(clock: { readonly now: number }, counter: DurationCounter) {
    this.#clock = clock;
    this.#counter = counter;
  }

  begin(): number {
    return this.#clock.now;
  }

  end(startedMs: number): void {
    const ms = this.#clock.now - startedMs;
    if (ms === 0) this.#quickCount++;
    else this.#counter.countDurations(ms, 1);
  }

  /** A turn is over. @param turnMs how long it took */
  endTurn(turnMs: number): void {
    if (this.#quickCount === 0) return;
    this.#counter.countDurations(turnMs, this.#quickCount);
    this.#quickCount = 0;
  }
}

/** On the portable transport, whose turns have no end that we see: the clock is read at the end of each reply. */
export class ExactStopwatch implements Stopwatch {
  readonly #nowMs: () => number;
  readonly #counter: DurationCounter;

  constructor(nowMs: () => number, counter: DurationCounter) {
    this.#nowMs = nowMs;
    this.#counter = counter;
  }

  begin(): number {
    return this.#nowMs();
  }

  end(startedMs: number): void {
    this.#counter.countDurations(this.#nowMs() - startedMs, 1);
  }
}
