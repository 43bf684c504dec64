// Where the engine writes: memory that the transport owns and reuses for one connection after another, so
// that the replies to several requests leave in one write. The engine only appends.

/** 16 KiB holds the replies of a full pipeline of small answers; larger content is not copied through here. */
const INITIAL_BYTES = 16 * 1024;

export class OutputBuffer {
  memory: Buffer;
  length = 0;
  readonly #allocate: (sizeBytes: number) => Buffer;

  /** @param allocate for transports that need memory of a kind */
  constructor(allocate: (sizeBytes: number) => Buffer = Buffer.allocUnsafeSlow) {
    this.#allocate = allocate;
    this.memory = allocate(INITIAL_BYTES);
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.memory.set(bytes, this.length);
    this.length += bytes.length;
  }

  appendLatin1(text: string): void {
    this.#reserve(text.length);
    this.length += this.memory.write(text, this.length, "latin1");
  }

  /** What was appended since the last call, in memory of its own: the buffer can be filled again at once. */
  take(): Buffer {
    const taken = Buffer.from(this.memory.subarray(0, this.length));
    this.length = 0;
    return taken;
  }

  /** The same without a copy. The caller says when the memory is free (`clear`), or that it is not (`renew`). */
  view(): Buffer {
    return this.memory.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  renew(): void {
    this.memory = this.#allocate(INITIAL_BYTES);
    this.length = 0;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.memory.length) return;
    const larger = this.#allocate(Math.max(this.memory.length * 2, this.length + count));
    this.memory.copy(larger, 0, 0, this.length);
    this.memory = larger;
  }
}
