// The deadlines of a connection: for the next request, for the rest of a frame or head, for the output, for the answer to
// the ping of a drain, for the peer's close, and the soonest of all its streams. Each has its own time; several can run
// at once. The windows in which content must move are kept with the streams (connection.ts asks `leastBytes`).
import type { EngineLimits } from "./limits.ts";

export type Expired = "none" | "idle" | "frame" | "write" | "drain" | "linger" | "streams";

const NEVER: number = Number.POSITIVE_INFINITY;

export class Deadlines {
  /** The time that the connection was told last, in ms on a monotonic clock. */
  now: number;
  readonly #limits: EngineLimits;
  /** How long the peer may be idle. */
  #idleMs: number;
  #idle: number;
  #frame = NEVER;
  #write = NEVER;
  #drain = NEVER;
  #linger = NEVER;
  /** No stream has a deadline before this time. */
  #streams = NEVER;
  #windowFlushed = 0;
  #flushed = 0;

  constructor(limits: EngineLimits, now: number) {
    this.#limits = limits;
    this.now = now;
    this.#idleMs = limits.idleTimeoutMs;
    this.#idle = now + limits.idleTimeoutMs;
  }

  get next(): number {
    return Math.min(this.#idle, this.#frame, this.#write, this.#drain, this.#linger, this.#streams);
  }

  /** How much must move in a window of so many ms. */
  leastBytes(windowMs: number): number {
    return Math.max(1, (this.#limits.minimumRateBytesPerSecond * windowMs) / 1000);
  }

  /** From now on, the next request has to begin within this time since the last one, or since the connection began. */
  expectNext(withinMs: number): void {
    const idleMs = Math.min(this.#idleMs, withinMs);
    this.#idle -= this.#idleMs - idleMs;
    this.#idleMs = idleMs;
  }

  /** No stream is open, and so none has a deadline. */
  beginIdle(): void {
    this.#streams = NEVER;
    this.#idle = this.now + this.#idleMs;
  }

  endIdle(): void {
    this.#idle = NEVER;
  }

  /** A frame or a head has begun. One that began earlier keeps its deadline. */
  beginFrame(): void {
    if (this.#frame === NEVER) this.#frame = this.now + this.#limits.headTimeoutMs;
  }

  endFrame(): void {
    this.#frame = NEVER;
  }

  /** A round trip of the peer is waited for. */
  beginDrain(): void {
    this.#drain = this.now + this.#limits.headTimeoutMs;
  }

  endDrain(): void {
    this.#drain = NEVER;
  }

  /** A stream has a deadline. */
  watchStream(deadline: number): void {
    if (deadline < this.#streams) this.#streams = deadline;
  }

  /** Forgets the streams' deadlines: the caller watches each that it still finds. */
  clearStreams(): void {
    this.#streams = NEVER;
  }

  linger(): void {
    if (this.#linger === NEVER) this.#linger = this.now + this.#limits.lingerTimeoutMs;
  }

  /** Only the output and the peer's close are waited for. */
  finish(): void {
    this.#idle = this.#frame = this.#drain = this.#streams = NEVER;
  }

  stop(): void {
    this.finish();
    this.#write = this.#linger = NEVER;
  }

  noteOutput(flushedBytes: number, isPending: boolean): void {
    this.#flushed = flushedBytes;
    // A peer that is still taking a reply is not idle, even when the engine has written all of it.
    if (isPending && this.#idle !== NEVER) this.beginIdle();
    if (!isPending) this.#write = NEVER;
    else if (this.#write === NEVER) this.#beginWriteWindow();
  }

  /** Which deadline has passed. When a window has passed with enough progress, the next one begins instead. */
  expired(): Expired {
    const { now } = this;
    if (this.#write <= now) {
      if (this.#flushed - this.#windowFlushed < this.leastBytes(this.#limits.writeTimeoutMs)) return "write";
      this.#beginWriteWindow();
    }
    if (this.#linger <= now) return "linger";
    if (this.#frame <= now) return "frame";
    if (this.#drain <= now) return "drain";
    if (this.#streams <= now) return "streams";
    return this.#idle <= now ? "idle" : "none";
  }

  #beginWriteWindow(): void {
    this.#windowFlushed = this.#flushed;
    this.#write = this.now + this.#limits.writeTimeoutMs;
  }
}
