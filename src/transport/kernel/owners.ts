// Records which thread each client socket belongs to. Descriptors belong to the process and not to the thread: when a
// thread dies, this table tells the supervisor which ones to close.
import { libc } from "../../linux/libc.ts";
import { DESCRIPTOR_COUNT } from "./shared.ts";

export class Owners {
  readonly #slots: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#slots = new Int32Array(memory);
  }

  /** @returns false for a descriptor beyond the end of the table: the caller must close it */
  set(fd: number, slot: number): boolean {
    if (fd >= DESCRIPTOR_COUNT) return false;
    Atomics.store(this.#slots, fd, slot + 1);
    return true;
  }

  clear(fd: number): void {
    Atomics.store(this.#slots, fd, 0);
  }

  /** Closes everything that a thread has left behind. Call this only when the thread has ended. */
  closeAll(slot: number): void {
    const owner = slot + 1;
    // `indexOf` takes 0.1 ms, a loop over all entries 6 ms. With a thread per connection, threads end often.
    for (let fd = this.#slots.indexOf(owner); fd !== -1; fd = this.#slots.indexOf(owner, fd + 1)) {
      if (Atomics.compareExchange(this.#slots, fd, owner, 0) === owner) libc.close(fd);
    }
  }
}
