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
    for (let fd = 0; fd < DESCRIPTOR_COUNT; fd++) {
      if (Atomics.compareExchange(this.#slots, fd, slot + 1, 0) === slot + 1) libc.close(fd);
    }
  }
}
