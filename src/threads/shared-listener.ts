// One listening socket for all threads of the kernel transport, as a plain descriptor: each accepts from it, so
// a thread that dies takes no waiting connection with it. It stays the supervisor's, which closes it when the
// last thread is gone: until then no other descriptor can get its number.
import type { ResolvedOptions } from "../options.ts";
import { Inbox } from "../transport/kernel/inbox.ts";
import { type Listener, listenAt, listenBound } from "../transport/kernel/listener.ts";
import { Owners } from "../transport/kernel/owners.ts";
import type { KernelMemory } from "../transport/kernel/shared.ts";
import { bindAddress } from "./address.ts";
import type { Spread } from "./spread.ts";
import type { Thread } from "./thread.ts";

/** @throws the system's error when the address, or the path, cannot be listened on */
export async function openListener(options: ResolvedOptions): Promise<Listener> {
  if (options.socket !== undefined) return listenAt(options.socket, options.socketMode);
  return listenBound(await bindAddress(options));
}

export class SharedListener implements Spread {
  readonly #listener: Listener;
  readonly #memory: KernelMemory;
  readonly #owners: Owners;
  #isClosed = false;

  constructor(listener: Listener, memory: KernelMemory) {
    this.#listener = listener;
    this.#memory = memory;
    this.#owners = new Owners(memory.owners);
  }

  started(): void {}

  ready(thread: Thread): void {
    if (!this.#isClosed) thread.post({ kind: "accept", fd: this.#listener.fd });
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
    this.#listener.refuse();
  }

  dispose(): void {
    this.#listener.close();
  }
}
