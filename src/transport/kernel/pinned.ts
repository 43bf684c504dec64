// Memory that may be given to the kernel, and the only place with addresses. V8 does not move what an
// ArrayBuffer holds, so an address is taken once and stays right for as long as the object that owns the
// memory lives. So nobody keeps an address: whoever calls the kernel holds the object and asks it, which costs
// nothing. (An address that was kept apart from its memory was once written to after the memory was gone.)
// Every address that leaves here was checked to be followed by as many bytes as it is for.
import type { Block } from "../../http/message.ts";
import { ffi } from "./ffi.ts";

export class Pinned implements Block {
  readonly bytes: Buffer;
  readonly #address: bigint;

  constructor(sizeBytes: number) {
    const memory = new ArrayBuffer(sizeBytes);
    this.bytes = Buffer.from(memory);
    this.#address = ffi.getRawPointer(this.bytes);
  }

  /** The address of `length` bytes from `offset`. @throws {RangeError} when they are not all inside */
  at(offset: number, length: number): bigint {
    checkInside(offset, length, this.bytes.length);
    // The usual case costs no BigInt.
    return offset === 0 ? this.#address : this.#address + BigInt(offset);
  }
}

/** An `iovec` over memory of its own: one object owns both, so that neither outlives the other. */
export class PinnedVector {
  readonly target: Pinned;
  readonly #vector = new Pinned(16);

  constructor(sizeBytes: number) {
    this.target = new Pinned(sizeBytes);
    this.#vector.bytes.writeBigUInt64LE(this.target.at(0, sizeBytes), 0);
    this.#vector.bytes.writeBigUInt64LE(BigInt(sizeBytes), 8);
  }

  get address(): bigint {
    return this.#vector.at(0, 16);
  }
}

/**
 * The address of `length` bytes from `offset` of memory that is not ours, such as a cached file's: its store lies
 * outside the heap that the garbage collector moves, and must be kept alive during the call.
 * @throws {RangeError} when they are not all inside
 */
export function addressOf(bytes: Buffer, offset: number, length: number): bigint {
  checkInside(offset, length, bytes.length);
  return ffi.getRawPointer(bytes.buffer as ArrayBuffer) + BigInt(bytes.byteOffset + offset);
}

/** Written so that what is not a number is outside. */
function checkInside(offset: number, length: number, sizeBytes: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= sizeBytes) return;
  throw new RangeError(`${length} bytes at ${offset} of ${sizeBytes}`);
}
