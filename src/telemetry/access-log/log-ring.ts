// Lines on their way from a serving thread to the supervisor, in memory that both share. The thread appends whole lines, the
// supervisor takes whatever lies there in large parts. Neither waits for the other: a line that finds no room is dropped
// and counted, so a disk that is full or slow costs lines and no requests.
import { type LineMemory, lineMemoryOf } from "./line-writer.ts";

/** Of one thread: two seconds' worth of lines at 100,000 replies a second would be 40 MiB; this holds a tenth of a second. */
const RING_BYTES: number = 2 ** 21;

/** Control words in front of the ring. Counts of bytes go modulo 2^32; the ring's size divides that. */
const WRITTEN = 0;
const READ = 1;
const DROPPED = 2;
/** Counts how often a part was full; the supervisor waits for a change. */
const FILLED = 3;
const CONTROL_BYTES = 128;

/**
 * When so much of the ring is full, the supervisor is woken. Less waits until it looks by itself. To wake it costs as much as
 * a hundred lines (measured), so it must be seldom.
 */
const PART_SHARE = 1 / 2;

/** Memory for one thread. @param sizeBytes a power of two */
export function newRing(sizeBytes: number = RING_BYTES): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + sizeBytes);
}

/** The thread's end. */
export class RingWriter implements LineMemory {
  readonly bytes: Uint8Array;
  readonly words: DataView;
  readonly #control: Int32Array;
  /** Its own copy of WRITTEN. A thread that follows one that died goes on where that one stopped. */
  #written: number;
  /** READ when it was asked for last: at least so much has been taken since. Each look costs as much as a tenth of a line. */
  #read: number;

  constructor(memory: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    const { bytes, words } = lineMemoryOf(memory, CONTROL_BYTES);
    this.bytes = bytes;
    this.words = words;
    this.#written = Atomics.load(this.#control, WRITTEN);
    this.#read = Atomics.load(this.#control, READ);
  }

  /** Where up to so many bytes can be written in one piece; -1 where they cannot. `commit` follows. */
  reserve(roomBytes: number): number {
    const sizeBytes = this.bytes.length;
    const start = this.#start;
    return start + roomBytes <= sizeBytes && this.#hasRoom(roomBytes) ? start : -1;
  }

  /** The bytes of a line are there. @param end where they end; they begin where `reserve` said */
  commit(end: number): void {
    this.#publish(end - this.#start);
  }

  /** Appends bytes[0, length), or drops them as a whole. */
  append(bytes: Uint8Array, length: number): void {
    const ring = this.bytes;
    if (!this.#hasRoom(length)) {
      Atomics.add(this.#control, DROPPED, 1);
      return;
    }
    const start = this.#start;
    const first = Math.min(length, ring.length - start);
    ring.set(bytes.subarray(0, first), start);
    if (first < length) ring.set(bytes.subarray(first, length), 0);
    this.#publish(length);
  }

  get #start(): number {
    return this.#written & (this.bytes.length - 1);
  }

  #hasRoom(roomBytes: number): boolean {
    const limitBytes = this.bytes.length - roomBytes;
    if ((this.#written - this.#read) >>> 0 <= limitBytes) return true;
    this.#read = Atomics.load(this.#control, READ);
    return (this.#written - this.#read) >>> 0 <= limitBytes;
  }

  #publish(length: number): void {
    const before = this.#written;
    this.#written = (before + length) | 0;
    // The bytes are there before the count says so.
    Atomics.store(this.#control, WRITTEN, this.#written);
    const partBytes = this.bytes.length * PART_SHARE;
    if ((this.#written - this.#read) >>> 0 >= partBytes) this.#signalWhenFull(before, partBytes);
  }

  /** Only for the line that fills the part: while the supervisor cannot write, it need not be told again. */
  #signalWhenFull(before: number, partBytes: number): void {
    this.#read = Atomics.load(this.#control, READ);
    const isFull = (this.#written - this.#read) >>> 0 >= partBytes;
    if (isFull && (before - this.#read) >>> 0 < partBytes) signal(this.#control);
  }
}

/** The supervisor's end. */
export class RingReader {
  readonly #control: Int32Array;
  readonly #ring: Uint8Array;
  /** The value of FILLED at the last look. */
  #seen = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.#ring = new Uint8Array(memory, CONTROL_BYTES);
  }

  /** How many bytes wait. */
  get length(): number {
    return (Atomics.load(this.#control, WRITTEN) - this.#control[READ]!) >>> 0;
  }

  /** Lines that were dropped, since the memory was made. */
  get droppedCount(): number {
    return Atomics.load(this.#control, DROPPED) >>> 0;
  }

  /** What waits, in one or two pieces: whole lines, if all that was peeked at before is released. It stays until `release`. */
  peek(): readonly Uint8Array[] {
    const ring = this.#ring;
    const start = (this.#control[READ]! >>> 0) & (ring.length - 1);
    const end = start + this.length;
    if (end <= ring.length) return [ring.subarray(start, end)];
    return [ring.subarray(start), ring.subarray(0, end - ring.length)];
  }

  /** Resolves when a part is full. It may be called again when it has resolved. */
  async filled(): Promise<void> {
    const seen = this.#seen;
    await Atomics.waitAsync(this.#control, FILLED, seen).value;
    this.#seen = Atomics.load(this.#control, FILLED);
  }

  /** Ends the wait of `filled`. */
  wake(): void {
    signal(this.#control);
  }

  /** The first `count` bytes are written elsewhere: their room is free. */
  release(count: number): void {
    Atomics.store(this.#control, READ, (this.#control[READ]! + count) | 0);
  }
}

function signal(control: Int32Array): void {
  Atomics.add(control, FILLED, 1);
  Atomics.notify(control, FILLED);
}
