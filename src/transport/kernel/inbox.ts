// Connections on their way from one thread to another: for each thread, a ring of descriptors in shared memory and an
// event descriptor that wakes it. Several threads may put, only the owner takes. A descriptor belongs to the process,
// so handing one over means no more than writing down its number.
import { EFD_NONBLOCK_CLOEXEC, libc, systemError } from "../../linux/libc.ts";
import { Pinned } from "../../linux/pinned.ts";
import { INBOX_WORDS, RING_COUNT } from "./shared.ts";

// The words of an inbox: how many descriptors were put, how many were taken, the wake descriptor plus one (0 while no
// thread takes), and the ring of descriptors plus one (0 for an empty place), each with its listener.
const PUT = 0;
const TAKEN = 1;
const WAKE = 2;
const RING = 3;

/** A descriptor plus one takes the lower bits of a word, up to DESCRIPTOR_COUNT; the index of a listener those above. */
const LISTENER_SHIFT = 18;
const DESCRIPTOR_MASK = (1 << LISTENER_SHIFT) - 1;

const eventCount = new Pinned(8);

export class Inbox {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer, slot: number) {
    this.#words = new Int32Array(memory, slot * INBOX_WORDS * 4, INBOX_WORDS);
  }

  get isOpen(): boolean {
    return Atomics.load(this.#words, WAKE) !== 0;
  }

  /** How many connections were put and not taken. */
  get waitingCount(): number {
    return (Atomics.load(this.#words, PUT) - Atomics.load(this.#words, TAKEN)) | 0; // both wrap around
  }

  /**
   * From now on the calling thread takes. Descriptors that were put for a thread that died are dropped: they were
   * closed with all that it owned, and their numbers may be in use again.
   * @returns the descriptor that becomes readable when something has arrived
   */
  open(): number {
    const wakeFd = libc.eventfd(0, EFD_NONBLOCK_CLOEXEC);
    if (wakeFd < 0) throw systemError("eventfd");
    this.#words.fill(0);
    Atomics.store(this.#words, WAKE, wakeFd + 1);
    return wakeFd;
  }

  /**
   * @param listener the index of the listener that the connection came to
   * @returns false when the inbox is full or no thread takes: the caller keeps the connection
   */
  put(fd: number, listener = 0): boolean {
    const wake = Atomics.load(this.#words, WAKE);
    if (wake === 0 || this.waitingCount >= RING_COUNT / 2) return false;
    const place = Atomics.add(this.#words, PUT, 1) & (RING_COUNT - 1);
    Atomics.store(this.#words, RING + place, (listener << LISTENER_SHIFT) | (fd + 1));
    libc.eventfd_write(wake - 1, 1);
    return true;
  }

  /** Gives every descriptor that has arrived, and the index of its listener. */
  take(give: (fd: number, listener: number) => void): void {
    libc.eventfd_read(Atomics.load(this.#words, WAKE) - 1, eventCount.at(0, 8));
    for (;;) {
      const place = Atomics.load(this.#words, TAKEN) & (RING_COUNT - 1);
      const word = Atomics.exchange(this.#words, RING + place, 0);
      if (word === 0) return;
      Atomics.add(this.#words, TAKEN, 1);
      give((word & DESCRIPTOR_MASK) - 1, word >>> LISTENER_SHIFT);
    }
  }

  /** No thread takes any more. Connections that were put, even just now, are closed with all that the slot owns. */
  close(): void {
    const wake = Atomics.exchange(this.#words, WAKE, 0);
    if (wake !== 0) libc.close(wake - 1);
  }
}
