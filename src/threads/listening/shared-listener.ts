// One listening socket for all threads of the kernel transport, as a plain descriptor, or one for each address of
// localhost. Each thread accepts from it, so no waiting connection is lost with a thread. The supervisor owns it, and
// closes it when the last thread has ended: until then no other descriptor can get its number.
import { countWaiting } from "../../linux/listen-queue.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { Inbox } from "../../transport/kernel/inbox.ts";
import { adoptPath, type Listener, listenAt, listenBound } from "../../transport/kernel/listener.ts";
import { Owners } from "../../transport/kernel/owners.ts";
import type { KernelMemory } from "../../transport/kernel/shared.ts";
import { untilTaken } from "../until-taken.ts";
import type { Binding } from "./binding.ts";
import { AdoptedSocket, isTakingOver } from "./handed-over.ts";
import { inheritListener } from "./inherited.ts";
import type { Listening, ListeningThread } from "./listening.ts";
import { bindPlaces, type ListenedAddress, type Place, releasePlaces, withListener } from "./places.ts";

/** A listening socket, and which listener of the options it is for. */
export interface Listened {
  readonly socket: Listener;
  readonly index: number;
  readonly isMultipath: boolean;
  /** It listened before this process had it: nobody binds it here. */
  readonly isTakenOver: boolean;
}

/** @throws the system's error when it cannot listen on an address or a path; then it listens nowhere */
export async function openListeners(options: ResolvedOptions, binding: Binding): Promise<[Listened, ...Listened[]]> {
  const places = await bindPlaces(options, binding);
  const opened: Listened[] = [];
  try {
    for (const place of places) {
      const { index, isMultipath } = place;
      opened.push({ socket: await openAt(place), index, isMultipath, isTakenOver: isTakenOver(place) });
    }
  } catch (error) {
    const failed = places[opened.length]!;
    releasePlaces(places.slice(opened.length + 1));
    for (const { socket } of opened) {
      if (!isTakingOver()) socket.refuse();
      socket.close();
    }
    throw withListener(error, failed.listener);
  }
  const [first, ...others] = opened;
  return [first!, ...others];
}

function isTakenOver(place: Place): boolean {
  if (place.kind === "bound") return place.bound instanceof AdoptedSocket;
  return place.kind === "inherited" || place.fd !== undefined;
}

function openAt(place: Place): Listener | Promise<Listener> {
  switch (place.kind) {
    case "bound":
      return listenBound(place.bound);
    case "path":
      return place.fd === undefined ? listenAt(place.path, place.mode) : adoptPath(place.fd, place.path);
    case "inherited":
      return inheritListener(place.fd, place.listener.option);
    default:
      return place satisfies never;
  }
}

export function addressesOf([first, ...others]: readonly [Listened, ...Listened[]]): [
  ListenedAddress,
  ...ListenedAddress[],
] {
  const addressOf = ({ socket: { address, port }, index, isMultipath }: Listened): ListenedAddress => ({
    address,
    port,
    listener: index,
    isMultipath,
  });
  return [addressOf(first), ...others.map(addressOf)];
}

export class SharedListener implements Listening {
  readonly #listeners: readonly Listener[];
  readonly #indexes: readonly number[];
  /** All threads write to it; it lives as long as the supervisor. */
  readonly #memory: KernelMemory;
  /** Threads write which of them owns a descriptor; we read it when a thread has ended. */
  readonly #owners: Owners;
  #isClosed = false;
  /** Another process listens on the same sockets: nothing is done to them, nor to their paths. */
  #isShared = false;
  #stopping: Promise<void> | undefined;

  constructor(listened: readonly Listened[], memory: KernelMemory) {
    this.#listeners = listened.map(({ socket }) => socket);
    this.#indexes = listened.map(({ index }) => index);
    this.#memory = memory;
    this.#owners = new Owners(memory.owners);
  }

  ready(thread: ListeningThread): void {
    const fds = this.#listeners.map(({ fd }) => fd);
    if (!this.#isClosed) thread.post({ kind: "accept", fds, listeners: this.#indexes });
  }

  ended(thread: ListeningThread): void {
    // The inbox first: then no thread hands over a connection after the others of this slot have been closed.
    new Inbox(this.#memory.inboxes, thread.slot).close();
    this.#owners.closeAll(thread.slot);
  }

  share(): void {
    this.#isShared = true;
  }

  stopAccepting(graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  /** Threads accept meanwhile, also those that become ready. */
  async #stop(graceMs: number): Promise<void> {
    if (this.#isShared) {
      this.#isClosed = true;
      return;
    }
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
