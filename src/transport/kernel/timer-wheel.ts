// The deadlines of many connections, coarsely: a ring of slots, one for each tick, and in each the timers that are
// due in it. Setting a timer, moving it and cancelling it touch only its neighbours, and a tick looks at nobody
// whose time has not come. Deadlines mostly move away with each request, so owners leave a timer where it is when
// that happens, and set it again when it comes due too early.

/** How late a timer may be. */
export const TICK_MS = 250;
/** 128 s ahead; what is due later than that is looked at on the way. */
const SLOT_COUNT = 512;

export class Timer<Owner> {
  readonly owner: Owner;
  /** When it is due, in ms on the clock of `TimerWheel.advance`; Infinity while it is not set. */
  dueMs: number = Number.POSITIVE_INFINITY;
  /** Its neighbours in the slot; itself when it is alone, or not set. */
  next: Timer<Owner> = this;
  previous: Timer<Owner> = this;

  constructor(owner: Owner) {
    this.owner = owner;
  }
}

export class TimerWheel<Owner> {
  /** Each slot is a ring whose first timer is nobody's. */
  readonly #slots: readonly Timer<Owner | undefined>[] = Array.from(
    { length: SLOT_COUNT },
    () => new Timer<Owner | undefined>(undefined),
  );
  /** The last tick that was dealt with. */
  #tick: number;

  constructor(nowMs: number) {
    this.#tick = Math.floor(nowMs / TICK_MS);
  }

  /** Sets a timer, or moves it. One that is due already fires with the next tick; Infinity cancels it. */
  set(timer: Timer<Owner>, dueMs: number): void {
    unlink(timer);
    timer.dueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const tick = Math.min(Math.max(Math.ceil(dueMs / TICK_MS), this.#tick + 1), this.#tick + SLOT_COUNT - 1);
    link(timer, this.#slots[tick % SLOT_COUNT]! as Timer<Owner>);
  }

  cancel(timer: Timer<Owner>): void {
    this.set(timer, Number.POSITIVE_INFINITY);
  }

  /** Gives `fire` every owner whose timer has come due by `nowMs`, each once; a timer is free again when it fires. */
  advance(nowMs: number, fire: (owner: Owner) => void): void {
    const tick = Math.floor(nowMs / TICK_MS);
    // After a long pause each slot is looked at once, however many ticks have passed.
    this.#tick = Math.max(this.#tick, tick - SLOT_COUNT);
    while (this.#tick < tick) this.#empty(++this.#tick, nowMs, fire);
  }

  #empty(tick: number, nowMs: number, fire: (owner: Owner) => void): void {
    const slot = this.#slots[tick % SLOT_COUNT]! as Timer<Owner>;
    // What is set again meanwhile lands in a later slot, so this ends.
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
