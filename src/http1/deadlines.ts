// The deadlines of a connection: one for the bytes that the peer owes (a request, the rest of a head, content, its
// close), and one for the bytes that it must take from us. Content and output are watched in windows. A window in which
// too little moved ends the connection; any other is followed by the next window.
import type { Http1Limits } from "./limits.ts";

export type Expired = "none" | "idle" | "head" | "content" | "write" | "linger";

export class Deadlines {
  /** The time that the connection was told last, in ms on a monotonic clock. */
  now: number;
  readonly #limits: Http1Limits;
  /** How long the peer may be idle. */
  #idleMs: number;
  /** What the peer owes us; "none" while it waits for us. */
  #waitingFor: Exclude<Expired, "write"> = "idle";
  #peerDeadline: number;
  #receivedInWindow = 0;
  #writeDeadline = Number.POSITIVE_INFINITY;
  /** The count of flushed bytes when the write window began. */
  #windowFlushed = 0;
  #flushed = 0;

  constructor(limits: Http1Limits, now: number) {
    this.#limits = limits;
    this.now = now;
    this.#idleMs = limits.idleTimeoutMs;
    this.#peerDeadline = now + limits.idleTimeoutMs;
  }

  get next(): number {
    return Math.min(this.#peerDeadline, this.#writeDeadline);
  }

  /** From now on, the next request has to begin within this time since the last one, or since the connection began. */
  expectNext(withinMs: number): void {
    const idleMs = Math.min(this.#idleMs, withinMs);
    if (this.#waitingFor === "idle") this.#peerDeadline -= this.#idleMs - idleMs;
    this.#idleMs = idleMs;
  }

  beginIdle(): void {
    this.#wait("idle", this.#idleMs);
  }

  beginHead(): void {
    this.#wait("head", this.#limits.headTimeoutMs);
  }

  beginContent(): void {
    this.#receivedInWindow = 0;
    this.#wait("content", this.#limits.bodyTimeoutMs);
  }

  linger(): void {
    if (this.#waitingFor !== "linger") this.#wait("linger", this.#limits.lingerTimeoutMs);
  }

  endRequest(): void {
    this.#wait("none", Number.POSITIVE_INFINITY);
  }

  countReceived(count: number): void {
    this.#receivedInWindow += count;
  }

  noteOutput(flushedBytes: number, isPending: boolean): void {
    this.#flushed = flushedBytes;
    // A peer that is still taking a reply is not idle, even when the engine has written all of it.
    if (isPending && this.#waitingFor === "idle") this.beginIdle();
    if (!isPending) this.#writeDeadline = Number.POSITIVE_INFINITY;
    else if (this.#writeDeadline === Number.POSITIVE_INFINITY) this.#beginWriteWindow();
  }

  stop(): void {
    this.endRequest();
    this.#writeDeadline = Number.POSITIVE_INFINITY;
  }

  /** Which deadline has passed. When a window has passed with enough progress, the next one begins instead. */
  expired(): Expired {
    if (this.#writeDeadline <= this.now) {
      if (this.#flushed - this.#windowFlushed < this.#leastProgress(this.#limits.writeTimeoutMs)) return "write";
      this.#beginWriteWindow();
    }
    if (this.#peerDeadline > this.now) return "none";
    if (this.#waitingFor !== "content") return this.#waitingFor;
    if (this.#receivedInWindow < this.#leastProgress(this.#limits.bodyTimeoutMs)) return "content";
    this.beginContent();
    return "none";
  }

  #beginWriteWindow(): void {
    this.#windowFlushed = this.#flushed;
    this.#writeDeadline = this.now + this.#limits.writeTimeoutMs;
  }

  #wait(what: Exclude<Expired, "write">, durationMs: number): void {
    this.#waitingFor = what;
    this.#peerDeadline = this.now + durationMs;
  }

  #leastProgress(windowMs: number): number {
    return Math.max(1, (this.#limits.minimumRateBytesPerSecond * windowMs) / 1000);
  }
}
