// One listening socket for all threads of the kernel transport, as a plain descriptor, or one for each address of
// localhost. Each thread accepts from it, so no waiting connection is lost with a thread. The supervisor owns it, and
// closes it when the last thread has ended: until then no other descriptor can get its number.
import { countWaiting } from "../../linux/listen-queue.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { Inbox } from "../../transport/kernel/inbox.ts";
import { type Listener, listenAt, listenBound } from "../../transport/kernel/listener.ts";
import { Owners } from "../../transport/kernel/owners.ts";
import type { KernelMemory } from "../../transport/kernel/shared.ts";
import { untilTaken } from "../until-taken.ts";
import { bindAddresses } from "./address.ts";
import { inheritListener } from "./inherited.ts";
import type { Listening, ListeningThread } from "./listening.ts";

/** @throws the system's error when it cannot listen on the address or the path */
export async function openListeners(options: ResolvedOptions): Promise<[Listener, ...Listener[]]> {
  if (options.fd.length > 0) return inheritAll(options.fd);
  if (options.socket !== undefined) return [await listenAt(options.socket, options.socketMode)];
  const [first, ...others] = await bindAddresses(options);
  return [listenBound(first), ...others.map(listenBound)];
}

/** @throws {OptionError} when one of them does not listen */
function inheritAll(fds: readonly number[]): [Listener, ...Listener[]] {
  const [first, ...others] = fds.map(inheritListener);
  return [first!, ...others];
}

export class SharedListener implements Listening {
  readonly #listeners: readonly Listener[];
  /** All threads write to it; it lives as long as the supervisor. */
  readonly #memory: KernelMemory;
  /** Threads write which of them owns a descriptor; we read it when a thread has ended. */
  readonly #owners: Owners;
  #isClosed = false;
  #stopping: Promise<void> | undefined;

  constructor(listeners: readonly Listener[], memory: KernelMemory) {
    this.#listeners = listeners;
    this.#memory = memory;
    this.#owners = new Owners(memory.owners);
  }

  ready(thread: ListeningThread): void {
    if (!this.#isClosed) thread.post({ kind: "accept", fds: this.#listeners.map(({ fd }) => fd) });
  }

  ended(thread: ListeningThread): void {
    // The inbox first: then no thread hands over a connection after the others of this slot have been closed.
    new Inbox(this.#memory.inboxes, thread.slot).close();
    this.#owners.closeAll(thread.slot);
  }

  stopAccepting(graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  /** Threads accept meanwhile, also those that become ready. */
  async #stop(graceMs: number): Promise<void> {
    for (const listener of this.#listeners) listener.hold();
    await untilTaken(() => this.#listeners.some(({ isAwaited }) => isAwaited), graceMs);
    this.#isClosed = true;
    for (const listener of this.#listeners) listener.refuse();
  }

  waitingCount(): number | undefined {
    const counts = this.#isClosed ? [] : this.#listeners.map(({ fd }) => countWaiting(fd));
    return counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + count!, 0);
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }
}
