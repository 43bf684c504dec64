// The bytes that were received and not yet used. While the engine keeps up, it borrows the transport's memory. Bytes
// that are left when the transport needs its memory back are copied. An empty buffer holds no memory, so that an idle
// connection costs nothing here.

const EMPTY: Buffer = Buffer.alloc(0);
/** Most heads fit; a longer one grows the copy by doubling. */
const FIRST_COPY_BYTES = 1024;

export class ReceiveBuffer {
  bytes: Buffer = EMPTY;
  /** The unused bytes lie from `start` to `end`. */
  start = 0;
  end = 0;
  #isBorrowed = false;

  get length(): number {
    return this.end - this.start;
  }

  /** Takes the first `length` of these bytes. They are borrowed if the buffer is empty, otherwise copied to its end. */
  feed(received: Buffer, length: number = received.length): void {
    if (this.start === this.end) {
      this.bytes = received;
      this.start = 0;
      this.end = length;
      this.#isBorrowed = true;
      return;
    }
    this.#own(length);
    received.copy(this.bytes, this.end, 0, length);
    this.end += length;
  }

  /** All bytes before `offset` are used. */
  consume(offset: number): void {
    this.start = offset;
    if (this.start === this.end) this.#clear();
  }

  /** Ends the borrowing: from here on the transport may reuse its memory. */
  keep(): void {
    if (this.#isBorrowed && this.length > 0) this.#own(0);
  }

  /** Drops the unused bytes. @returns how many there were */
  drop(): number {
    const dropped = this.length;
    this.#clear();
    return dropped;
  }

  #own(extra: number): void {
    if (!this.#isBorrowed && this.end + extra <= this.bytes.length) return;
    const needed = this.length + extra;
    const copy = Buffer.allocUnsafeSlow(Math.max(FIRST_COPY_BYTES, extra === 0 ? needed : needed * 2));
    this.bytes.copy(copy, 0, this.start, this.end);
    this.end = this.length;
    this.start = 0;
    this.bytes = copy;
    this.#isBorrowed = false;
  }

  #clear(): void {
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
    this.#isBorrowed = false;
  }
}
