// A thread for every connection, as in the exercise: accept, and the thread ends when its connection does. On the
// portable transport the supervisor accepts and hands over; on the kernel's the threads accept, one connection each. A
// few threads are started ahead, because starting one takes longer than answering a request. While none of them is
// ready, connections wait in the kernel's listen queue, in order.
import type { Server, Socket } from "node:net";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { readDescriptors, threadsOf } from "../descriptors.ts";
import { Acceptor } from "../listening/acceptor.ts";
import type { Binding } from "../listening/binding.ts";
import { boundAddressOf } from "../listening/inherited-server.ts";
import { bindPlaces, type ListenedAddress, type Place, releasePlaces } from "../listening/places.ts";
import { serverAt } from "../listening/server-at.ts";
import type { CompiledCode } from "../messages.ts";
import { Restart } from "../restart.ts";
import type { ThreadEvent } from "./events.ts";
import { type Opened, Supervisor } from "./supervisor.ts";
import type { Thread } from "./thread.ts";
import { WORKER_ENTRY, type WorkerEntry } from "./worker-entry.ts";

/** Threads kept ready: a browser opens up to six connections at once, and each spare costs about 12 MiB. */
const STOCK_COUNT = 4;

export class PerConnection extends Supervisor {
  /** Each thread runs the same functions once: it is given what an earlier one has compiled. */
  protected override code: CompiledCode = new Map();
  readonly #restart = new Restart();
  protected readonly restarts: readonly Restart[] = [this.#restart];
  /** Ready threads without a connection, the oldest first. */
  readonly #stock: Thread[] = [];
  /** One for each address; none on the kernel transport, where the threads accept. */
  readonly #acceptors: Acceptor[] = [];

  constructor(options: ResolvedOptions, onEvent: (event: ThreadEvent) => void, entry: WorkerEntry = WORKER_ENTRY) {
    const descriptors = readDescriptors();
    const slotCount = Math.min(options.maxThreads, options.connectionLimitCount, threadsOf(descriptors));
    super(options, onEvent, entry, slotCount, descriptors);
  }

  protected async openPortable(binding: Binding): Promise<Opened> {
    const addresses = await this.#listen(binding).catch((error: unknown) => {
      for (const acceptor of this.#acceptors) acceptor.close();
      throw error;
    });
    let stopping: Promise<unknown> | undefined;
    const listening = {
      ready: () => {
        for (const acceptor of this.#acceptors) acceptor.resume();
      },
      ended: () => {},
      share: () => {
        for (const acceptor of this.#acceptors) acceptor.share();
      },
      stopAccepting: async (graceMs: number) => {
        stopping ??= Promise.all(this.#acceptors.map((acceptor) => acceptor.finish(graceMs)));
        await stopping;
      },
    };
    return { listening, addresses };
  }

  /** Each is used in the tick in which it listens. */
  async #listen(binding: Binding): Promise<Opened["addresses"]> {
    const places = await bindPlaces(this.options, binding);
    const addresses: ListenedAddress[] = [];
    try {
      for (const place of places) addresses.push(this.#accept(await serverAt(place), place, binding));
    } catch (error) {
      releasePlaces(places.slice(addresses.length));
      throw error;
    }
    const [first, ...others] = addresses;
    return [first!, ...others];
  }

  #accept(server: Server, { index, kind, isMultipath }: Place, binding: Binding): ListenedAddress {
    const address = boundAddressOf(server);
    const acceptor = new Acceptor(server, {
      isInherited: kind === "inherited",
      binding,
      onConnection: (socket) => this.#handOver(socket, index),
      onWarning: (text) => this.onEvent({ kind: "warning", text }),
    });
    acceptor.pause(); // until a thread is ready
    this.#acceptors.push(acceptor);
    return { ...address, listener: index, isMultipath };
  }

  /** Fills the stock, as far as `maxThreads` allows. */
  protected startMissing(): Thread[] {
    if (this.#restart.isWaiting) return [];
    const startingCount = this.threads.filter(({ state }) => state === "starting").length;
    const missingCount = Math.max(STOCK_COUNT - this.#stock.length - startingCount, 0);
    return this.freeSlots.slice(0, missingCount).map((slot) => {
      const number = this.startedCount + 1;
      this.trace(`thread ${number} starts`);
      return this.startThread(slot, number);
    });
  }

  /** A thread that dies of its connection costs only that; one that dies without a connection would do so again. */
  protected delayReplacement({ hadConnection, livedMs }: Thread): number {
    return hadConnection ? 0 : this.#restart.wait(livedMs, () => this.startMissing());
  }

  protected override ready(thread: Thread): void {
    this.#stock.push(thread);
    this.trace(`thread ${thread.number} waits for a connection`);
    super.ready(thread);
  }

  protected override accepted(thread: Thread): void {
    this.#leaveStock(thread);
    this.trace(`thread ${thread.number} takes a connection`);
    this.startMissing();
  }

  protected override ended(thread: Thread): void {
    this.#leaveStock(thread);
    this.trace(`thread ${thread.number} ended`);
    super.ended(thread);
  }

  #handOver(socket: Socket, listener: number): void {
    const thread = this.#stock[0];
    if (thread === undefined) {
      socket.destroy();
      return;
    }
    thread.handOver(socket, listener);
    this.accepted(thread);
  }

  #leaveStock(thread: Thread): void {
    const index = this.#stock.indexOf(thread);
    if (index !== -1) this.#stock.splice(index, 1);
    if (this.#stock.length > 0) return;
    for (const acceptor of this.#acceptors) acceptor.pause();
  }
}
