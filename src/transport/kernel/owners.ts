// Which thread each client socket belongs to. Descriptors are the process's, not the thread's: when a thread
// dies, this table is how the supervisor knows what to close.
import { libc } from "./libc.ts";
import { DESCRIPTOR_COUNT } from "./shared.ts";

export class Owners {
  readonly #slots: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#slots = new Int32Array(memory);
  }

  /** @returns false for a descriptor that is beyond the table: it must be closed */
  set(fd: number, slot: number): boolean {
    if (fd >= DESCRIPTOR_COUNT) return false;
    Atomics.store(this.#slots, fd, slot + 1);
    return true;
  }

  clear(fd: number): void {
    Atomics.store(this.#slots, fd, 0);
  }

  /** Closes everything that a thread has left behind; only when it is gone. */
  closeAll(slot: number): void {
    const owner = slot + 1;
    // 0.1 ms; one look after the other takes 6, and a thread per connection ends often.
    for (let fd = this.#slots.indexOf(owner); fd !== -1; fd = this.#slots.indexOf(owner, fd + 1)) {
      if (Atomics.compareExchange(this.#slots, fd, owner, 0) === owner) libc.close(fd);
    }
  }
}
