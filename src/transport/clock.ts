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
  /** Monotonic, as `now` and with fractions, in memory that takes them without an object. */
  readonly exact: Float64Array;
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
    exact: new Float64Array(1),
    read() {
      const ms = monotonicMs();
      clock.exact[0] = ms;
      clock.now = Math.floor(ms);
      clock.wallMs = Date.now();
    },
  };
  clock.read();
  return clock;
}
