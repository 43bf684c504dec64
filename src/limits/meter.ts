// How much may happen in how much time, as arithmetic on one 32-bit word (GCRA, the generic cell rate algorithm). The word
// is the moment at which all that was let through will be paid for. As long as that lies no further ahead than the burst,
// there is room. A second word says when the bucket was used last, since the first one wraps around. Pure: the time comes in.

export interface MeterSpec {
  /** Requests or bytes, on average. */
  readonly perSecond: number;
  /** As many as may come at once, after a pause. */
  readonly burst: number;
}

/** A bucket in shared memory: any thread may change it, at any time. */
export interface Bucket {
  readonly words: Int32Array;
  /** Of `PAID_AT` and, behind it, of `USED_AT`. */
  readonly index: number;
}

/** What was let through is paid for at this moment, in the units of the meter. Written by compare-and-exchange. */
const PAID_AT = 0;
/** When the bucket was used last, in whole seconds. */
const USED_AT = 1;

/** The clock of a thread may be this late: it reads it once for all that happens at the same moment. */
const LATE_MS = 60_000;
/** What was sent already can be charged so far beyond the burst; more is forgotten. */
const DEBT_MS = 60_000;
/** A quarter of the numbers of a word, so that no difference of two moments that are used is mistaken for its opposite. */
const SPAN_UNITS = 2 ** 29;
/** Finer units gain nothing. */
const FINEST_UNITS_PER_MS = 4096;
/** Attempts before a thread that others overtake each time gives up. It then counts as refused, or as let through for free. */
const ATTEMPT_COUNT = 64;

/** Says that a bucket has never been used: its first word means nothing. */
export const NEVER_USED_SECONDS: number = -(2 ** 30);

export class Meter {
  /** Whole, so that all threads round moments alike. */
  readonly unitsPerMs: number;
  readonly #unitsPerOne: number;
  readonly #burstUnits: number;
  /** No bucket in use is further ahead. */
  readonly #mostUnits: number;
  /** A bucket that nobody has used for longer is full. */
  readonly #staleSeconds: number;

  constructor({ perSecond, burst }: MeterSpec) {
    const burstMs = (burst / perSecond) * 1000;
    const spanMs = burstMs + LATE_MS + DEBT_MS;
    this.unitsPerMs = Math.max(1, Math.min(FINEST_UNITS_PER_MS, Math.floor(SPAN_UNITS / spanMs)));
    this.#unitsPerOne = (this.unitsPerMs * 1000) / perSecond;
    // Rounded up with the cost, or a burst of one would never fit.
    this.#burstUnits = this.#costOf(burst);
    this.#mostUnits = Math.ceil(spanMs * this.unitsPerMs);
    this.#staleSeconds = Math.ceil(spanMs / 1000);
  }

  /**
   * Lets through as much as there is room for.
   * @param least if there is no room for so much, nothing is let through
   * @param nowMs monotonic, the same for all threads
   * @returns how much
   */
  take({ words, index }: Bucket, wanted: number, least: number, nowMs: number): number {
    const now = this.#moment(nowMs);
    for (let attempt = 0; attempt < ATTEMPT_COUNT; attempt++) {
      const paidAt = Atomics.load(words, index + PAID_AT);
      const ahead = this.#ahead(words, index, paidAt, nowMs, now);
      // A little more, so that dividing does not make 4.9999 of 5.
      const room = Math.floor((this.#burstUnits - ahead + 1e-6) / this.#unitsPerOne);
      const count = Math.min(wanted, room);
      if (count < least) {
        this.#use(words, index, nowMs);
        return 0;
      }
      const next = (now + ahead + this.#costOf(count)) | 0;
      if (Atomics.compareExchange(words, index + PAID_AT, paidAt, next) !== paidAt) continue;
      this.#use(words, index, nowMs);
      return count;
    }
    return 0;
  }

  /** Takes back what was let through and not used. */
  giveBack({ words, index }: Bucket, count: number): void {
    if (count > 0) Atomics.sub(words, index + PAID_AT, Math.floor(count * this.#unitsPerOne));
  }

  /** Counts what has happened already, whether or not there was room. */
  charge({ words, index }: Bucket, count: number, nowMs: number): void {
    const now = this.#moment(nowMs);
    const most = this.#burstUnits + DEBT_MS * this.unitsPerMs;
    for (let attempt = 0; attempt < ATTEMPT_COUNT; attempt++) {
      const paidAt = Atomics.load(words, index + PAID_AT);
      const ahead = this.#ahead(words, index, paidAt, nowMs, now);
      const next = (now + Math.max(ahead, Math.min(ahead + this.#costOf(count), most))) | 0;
      if (Atomics.compareExchange(words, index + PAID_AT, paidAt, next) !== paidAt) continue;
      return this.#use(words, index, nowMs);
    }
  }

  /** How long until there is room for so much, in ms; 0 when there is. */
  waitMs({ words, index }: Bucket, count: number, nowMs: number): number {
    const paidAt = Atomics.load(words, index + PAID_AT);
    const ahead = this.#ahead(words, index, paidAt, nowMs, this.#moment(nowMs));
    return Math.max(0, Math.ceil((ahead + this.#costOf(count) - this.#burstUnits) / this.unitsPerMs));
  }

  #costOf(count: number): number {
    return Math.ceil(count * this.#unitsPerOne);
  }

  #moment(nowMs: number): number {
    return Math.floor(nowMs * this.unitsPerMs) | 0;
  }

  /** How much is not paid for yet, in units. */
  #ahead(words: Int32Array, index: number, paidAt: number, nowMs: number, now: number): number {
    const unusedSeconds = (secondOf(nowMs) - Atomics.load(words, index + USED_AT)) | 0;
    if (unusedSeconds > this.#staleSeconds) return 0;
    const ahead = (paidAt - now) | 0;
    // Further ahead than any bucket gets: the clock has jumped back.
    return ahead > this.#mostUnits ? 0 : Math.max(ahead, 0);
  }

  /** Also a refusal is a use: a client that goes on asking must not become the one that is forgotten first. */
  #use(words: Int32Array, index: number, nowMs: number): void {
    const second = secondOf(nowMs);
    if (Atomics.load(words, index + USED_AT) !== second) Atomics.store(words, index + USED_AT, second);
  }
}

export function secondOf(nowMs: number): number {
  return Math.floor(nowMs / 1000) | 0;
}
