// Memory that may be given to the kernel, and the only file that makes addresses. V8 does not move the memory of an
// ArrayBuffer, so an address stays valid for as long as the object that owns the memory lives. Code that calls the
// kernel therefore keeps the object and never an address: asking for the address costs nothing. (The kernel once wrote
// to an address that was kept longer than its memory.) `at` checks that as many bytes follow the address as the call
// may use.
import { ffi } from "./ffi.ts";

export class Pinned {
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
    // The usual case makes no BigInt.
    return offset === 0 ? this.#address : this.#address + BigInt(offset);
  }
}

/** An `iovec` and the memory it points to. One object owns both, so that neither outlives the other. */
export class PinnedVector {
  readonly target: Pinned;
  readonly #vector = new Pinned(16);
  readonly #words = new BigUint64Array(this.#vector.bytes.buffer);

  constructor(sizeBytes: number) {
    this.target = new Pinned(sizeBytes);
    this.#words[0] = this.target.at(0, sizeBytes);
  }

  /** The address of the vector, which points to all of the memory. */
  get address(): bigint {
    return this.prefix(this.target.bytes.length);
  }

  /** The same for the first `length` bytes, until another address is asked for. @throws {RangeError} when there are fewer */
  prefix(length: number): bigint {
    checkInside(0, length, this.target.bytes.length);
    this.#words[1] = BigInt(length);
    return this.#vector.at(0, 16);
  }
}

/** An `iovec` that points to other memory, for one call after another. */
export class PinnedAim {
  readonly #vector = new Pinned(16);
  readonly #words = new BigUint64Array(this.#vector.bytes.buffer);

  /** The address of the vector, which points to all of `bytes`. The caller keeps `bytes` alive during the call. */
  at(bytes: Buffer): bigint {
    this.#words[0] = addressOf(bytes, 0, bytes.length);
    this.#words[1] = BigInt(bytes.length);
    return this.#vector.at(0, 16);
  }
}

/**
 * The address of `length` bytes from `offset` of other memory, such as a cached file. That memory lies outside the heap
 * in which the garbage collector moves objects. The caller keeps it alive during the call.
 * @throws {RangeError} when they are not all inside
 */
export function addressOf(bytes: Buffer, offset: number, length: number): bigint {
  checkInside(offset, length, bytes.length);
  return ffi.getRawPointer(bytes.buffer as ArrayBuffer) + BigInt(bytes.byteOffset + offset);
}

/** NaN counts as outside: every comparison with it is false. */
function checkInside(offset: number, length: number, sizeBytes: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= sizeBytes) return;
  throw new RangeError(`${length} bytes at ${offset} of ${sizeBytes}`);
}
