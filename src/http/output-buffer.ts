// The memory that the engine writes to. The transport owns it and uses it for one connection after another; replies to
// several requests leave in one write. The engine only appends.
import type { Block } from "./message.ts";

/** 16 KiB holds a full pipeline of small replies. Larger content is not copied into the output. */
const INITIAL_BYTES = 16 * 1024;

/** Ordinary memory, for transports that need no other kind. */
export function allocateBlock(sizeBytes: number): Block {
  return { bytes: Buffer.allocUnsafeSlow(sizeBytes) };
}

/** What is to be sent, as the engine appends it. A transport sends it and clears it. */
export class OutputBuffer<Memory extends Block = Block> {
  length = 0;
  readonly #allocate: (sizeBytes: number) => Memory;
  readonly #canBorrow: boolean;
  #own: Memory;
  /** The whole output, as long as nothing is appended to it. */
  #borrowed: Memory | undefined;

  /**
   * @param allocate for transports that need a certain kind of memory
   * @param canBorrow whether the transport always sends or copies the output before a borrowed block can change
   */
  constructor(
    allocate: (sizeBytes: number) => Memory = allocateBlock as unknown as (sizeBytes: number) => Memory,
    canBorrow = false,
  ) {
    this.#allocate = allocate;
    this.#canBorrow = canBorrow;
    this.#own = allocate(INITIAL_BYTES);
  }

  /** The memory that holds the output, from its first byte on. */
  get block(): Memory {
    return this.#borrowed ?? this.#own;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#own.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  appendLatin1(text: string): void {
    this.reserve(text.length);
    this.length += this.#own.bytes.write(text, this.length, "latin1");
  }

  /** Appends without a copy if the block is the whole output. The block must be of the output's own kind. */
  appendBlock(block: Block): void {
    if (!this.#canBorrow || this.length > 0) return this.append(block.bytes);
    this.#borrowed = block as Memory;
    this.length = block.bytes.length;
  }

  /** A copy of the output. The buffer is cleared. */
  take(): Buffer {
    const taken = Buffer.from(this.view());
    this.clear();
    return taken;
  }

  /** The output itself. The caller says when its memory is free (`clear`), or that it stays in use (`renew`). */
  view(): Buffer {
    return this.block.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
    this.#borrowed = undefined;
  }

  renew(): void {
    this.#own = this.#allocate(INITIAL_BYTES);
    this.clear();
  }

  /**
   * Memory with room for `count` bytes behind the output, from `length` on. The caller writes there, and then sets
   * `length`. The memory is valid until the next append.
   */
  reserve(count: number): Buffer {
    const { block, length } = this;
    if (block !== this.#own || length + count > block.bytes.length) {
      const room = Math.max(length + count, this.#own.bytes.length);
      if (room > this.#own.bytes.length) this.#own = this.#allocate(Math.max(block.bytes.length * 2, room));
      block.bytes.copy(this.#own.bytes, 0, 0, length);
      this.#borrowed = undefined;
    }
    return this.#own.bytes;
  }
}
