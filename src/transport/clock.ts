// The time of one thread, read once for everything that happens at the same moment. The engine has no clock: its pump
// gives it this time.

export interface Clock {
  /**
   * Monotonic, in whole ms. V8 keeps small integers inline, but allocates an object for each fraction that is stored in
   * a field, and every request stores several deadlines.
   */
  now: number;
  /** Since the epoch, in ms. */
  wallMs: number;
  read(): void;
  /** Monotonic, in ms and fractions, read anew. */
  exactMs(): number;
}

/** @param monotonicMs from any beginning; the kernel transport has another */
export function newClock(monotonicMs: () => number = () => performance.now()): Clock {
  const clock: Clock = {
    now: 0,
    wallMs: 0,
    exactMs: monotonicMs,
    read() {
      clock.now = Math.floor(monotonicMs());
      clock.wallMs = Date.now();
    },
  };
  clock.read();
  return clock;
}
