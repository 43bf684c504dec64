// One listening socket for all threads of the kernel transport, as a plain descriptor: each accepts from it, so
// a thread that dies takes no waiting connection with it. It stays the supervisor's, which closes it when the
// last thread is gone: until then no other descriptor can get its number.
import type { BoundSocket } from "node:net";
import { Inbox } from "../transport/kernel/inbox.ts";
import { libc, SHUT_RDWR, systemError } from "../transport/kernel/libc.ts";
import { Owners } from "../transport/kernel/owners.ts";
import type { KernelMemory } from "../transport/kernel/shared.ts";
import type { Spread } from "./spread.ts";
import type { Thread } from "./thread.ts";

/** As many as the kernel allows (net.core.somaxconn, 4096 by default): those who wait here have been answered by nobody. */
const BACKLOG_COUNT = 4096;

export class SharedListener implements Spread {
  readonly #bound: BoundSocket;
  readonly #memory: KernelMemory;
  readonly #owners: Owners;
  #isClosed = false;

  /** @throws the system's error when the address cannot be listened on */
  constructor(bound: BoundSocket, memory: KernelMemory) {
    this.#bound = bound;
    this.#memory = memory;
    this.#owners = new Owners(memory.owners);
    if (libc.listen(bound.fd(), BACKLOG_COUNT) < 0) {
      const error = systemError("listen");
      bound.close();
      throw error;
    }
  }

  started(): void {}

  ready(thread: Thread): void {
    if (!this.#isClosed) thread.post({ kind: "accept", fd: this.#bound.fd() });
  }

  ended(): void {}

  gone(thread: Thread): void {
    // Nobody hands it anything until the slot has a thread again; what was handed to it before that is closed too.
    new Inbox(this.#memory.inboxes, thread.slot).close();
    this.#owners.closeAll(thread.slot);
  }

  /** Refuses connections from now on, also those that wait; threads are told to accept no more by "drain". */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    libc.shutdown(this.#bound.fd(), SHUT_RDWR);
  }

  dispose(): void {
    this.#bound[Symbol.dispose](); // unlike close(), may be repeated
  }
}
