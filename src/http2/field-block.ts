// A field block that comes in several frames: HEADERS and then CONTINUATION (RFC 9113 §4.3 and §6.10). Its fragments are
// joined here, because a block is decoded in one go. A block in one frame, as nearly all are, never gets here.
import { BLOCK_LIMIT_FACTOR, type EngineLimits } from "./limits.ts";
import type { ConnectionProblem } from "./problems.ts";

const NOTHING: Buffer = Buffer.alloc(0);

export class FieldBlock {
  /** The stream that the block is for; 0 while there is no block. */
  stream = 0;
  isEndOfStream = false;
  bytes: Buffer = NOTHING;
  length = 0;
  #continuationCount = 0;
  readonly #limits: EngineLimits;

  constructor(limits: EngineLimits) {
    this.#limits = limits;
  }

  begin(stream: number, isEndOfStream: boolean, bytes: Buffer, start: number, end: number): void {
    this.stream = stream;
    this.isEndOfStream = isEndOfStream;
    this.#append(bytes, start, end);
  }

  /** Adds the fragment of a CONTINUATION frame. */
  continue(bytes: Buffer, start: number, end: number): ConnectionProblem | undefined {
    if (++this.#continuationCount > this.#limits.continuationLimitCount) return "CONTINUATIONS_TOO_MANY";
    if (this.length + end - start > this.#limits.headLimitBytes * BLOCK_LIMIT_FACTOR) return "BLOCK_TOO_LARGE";
    this.#append(bytes, start, end);
    return undefined;
  }

  clear(): void {
    this.stream = 0;
    this.bytes = NOTHING;
    this.length = 0;
    this.#continuationCount = 0;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(needed);
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    bytes.copy(this.bytes, this.length, start, end);
    this.length = needed;
  }
}
