// How long the turns of the loop take and how long it waits, where somebody asks for durations. The clock is read once more
// before each wait; rounds that follow each other without one share a reading.
import type { Clock } from "../clock.ts";
import type { TurnStopwatch } from "../durations.ts";

/** Places in the memory, which takes fractions without making objects. */
const TURN = 0;
const WAIT = 1;
const WAITED = 2;
const BEGAN = 3;

export class TurnTimes {
  readonly stopwatch: TurnStopwatch;
  readonly #clock: Clock;
  readonly #times = new Float64Array(4);
  #isWaiting = false;

  constructor(clock: Clock, stopwatch: TurnStopwatch) {
    this.#clock = clock;
    this.stopwatch = stopwatch;
    this.#times.fill(clock.exact[0]!);
    this.#times[WAITED] = 0;
  }

  /** The clock has been read. */
  beginTurn(): void {
    const nowMs = this.#clock.exact[0]!;
    if (this.#isWaiting) this.#times[WAITED]! += nowMs - this.#times[WAIT]!;
    else this.stopwatch.endTurn(nowMs - this.#times[TURN]!);
    this.#isWaiting = false;
    this.#times[TURN] = nowMs;
  }

  beginWait(): void {
    const nowMs = this.#clock.exactMs();
    this.stopwatch.endTurn(nowMs - this.#times[TURN]!);
    this.#times[WAIT] = nowMs;
    this.#isWaiting = true;
  }

  get busyMs(): number {
    return this.#clock.exact[0]! - this.#times[BEGAN]! - this.#times[WAITED]!;
  }
}
