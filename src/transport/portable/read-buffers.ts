// A few buffers for all reads of a thread. Thousands of peers that want a file at once wait for one of these, so they do
// not cost a buffer each.

export class ReadBuffers {
  readonly #sizeBytes: number;
  readonly #free: Buffer[] = [];
  /** How many may still be made. */
  #unmadeCount: number;
  readonly #waiters: ((buffer: Buffer) => void)[] = [];

  constructor(limitCount: number, sizeBytes: number) {
    this.#unmadeCount = limitCount;
    this.#sizeBytes = sizeBytes;
  }

  /** Resolves with a buffer, in the order of the calls. Its content is whatever was read before. */
  take(): Buffer | Promise<Buffer> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#unmadeCount === 0) return new Promise((resolve) => this.#waiters.push(resolve));
    this.#unmadeCount--;
    return Buffer.allocUnsafeSlow(this.#sizeBytes);
  }

  /** Gives it back. Nobody may use it any more. */
  give(buffer: Buffer): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }
}
