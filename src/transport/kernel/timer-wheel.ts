// The deadlines of many connections, coarsely: a ring of slots, one for each tick, and in each the timers that are
// due in it. Setting, moving or cancelling a timer touches only its neighbours, and a tick visits only its own slot.
// Most requests move a deadline further away. Owners then leave the timer where it is, and set it again when it fires
// too early.

/** How late a timer may be. */
export const TICK_MS = 250;
/** 128 s ahead. A timer that is due later is visited on the way, and moved on. */
const SLOT_COUNT = 512;

export class Timer<Owner> {
  readonly owner: Owner;
  /** When it is due, in ms on the clock of `TimerWheel.advance`; Infinity while it is not set. */
  dueMs: number = Number.POSITIVE_INFINITY;
  /** Its neighbours in the slot: the timer itself when it is alone or not set. */
  next: Timer<Owner> = this;
  previous: Timer<Owner> = this;

  constructor(owner: Owner) {
    this.owner = owner;
  }
}

export class TimerWheel<Owner> {
  /** Each slot is a ring whose first timer has no owner. */
  readonly #slots: readonly Timer<Owner | undefined>[] = Array.from(
    { length: SLOT_COUNT },
    () => new Timer<Owner | undefined>(undefined),
  );
  /** The last tick that was handled. */
  #tick: number;
  #setCount = 0;

  constructor(nowMs: number) {
    this.#tick = Math.floor(nowMs / TICK_MS);
  }

  /** Sets a timer, or moves it. A timer that is due already fires with the next tick; Infinity cancels it. */
  set(timer: Timer<Owner>, dueMs: number): void {
    if (timer.dueMs !== Number.POSITIVE_INFINITY) this.#setCount--;
    unlink(timer);
    timer.dueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.#setCount++;
    const tick = Math.min(Math.max(Math.ceil(dueMs / TICK_MS), this.#tick + 1), this.#tick + SLOT_COUNT - 1);
    link(timer, this.#slots[tick % SLOT_COUNT]! as Timer<Owner>);
  }

  cancel(timer: Timer<Owner>): void {
    this.set(timer, Number.POSITIVE_INFINITY);
  }

  /** How long until a timer may be due, in ms: until the next tick, or Infinity while no timer is set. */
  waitMs(nowMs: number): number {
    return this.#setCount === 0 ? Number.POSITIVE_INFINITY : TICK_MS - (nowMs % TICK_MS);
  }

  /** Calls `fire` with each owner whose timer is due by `nowMs`. A timer is no longer set when it fires. */
  advance(nowMs: number, fire: (owner: Owner) => void): void {
    const tick = Math.floor(nowMs / TICK_MS);
    // After a long pause each slot is visited once, however many ticks have passed.
    this.#tick = Math.max(this.#tick, tick - SLOT_COUNT);
    while (this.#tick < tick) this.#empty(++this.#tick, nowMs, fire);
  }

  #empty(tick: number, nowMs: number, fire: (owner: Owner) => void): void {
    const slot = this.#slots[tick % SLOT_COUNT]! as Timer<Owner>;
    // A timer that is set again meanwhile lands in a later slot, so this loop ends.
    while (slot.next !== slot) {
      const timer = slot.next;
      const { dueMs, owner } = timer;
      if (dueMs > nowMs) {
        this.set(timer, dueMs);
      } else {
        this.cancel(timer);
        fire(owner);
      }
    }
  }
}

function link<Owner>(timer: Timer<Owner>, slot: Timer<Owner>): void {
  timer.previous = slot.previous;
  timer.next = slot;
  slot.previous.next = timer;
  slot.previous = timer;
}

function unlink<Owner>(timer: Timer<Owner>): void {
  timer.previous.next = timer.next;
  timer.next.previous = timer.previous;
  timer.next = timer;
  timer.previous = timer;
}
