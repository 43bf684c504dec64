// A fixed number of threads, each serving many connections. A thread that dies is replaced in its slot.
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { readDescriptors } from "../descriptors.ts";
import { boundAddressOf } from "../listening/inherited-server.ts";
import { bindPlaces, type ListenedAddress, releasePlaces } from "../listening/places.ts";
import { ReusePort } from "../listening/reuse-port.ts";
import { serverAt } from "../listening/server-at.ts";
import { Transfer, type TransferOptions } from "../listening/transfer.ts";
import { Restart } from "../restart.ts";
import type { ThreadEvent } from "./events.ts";
import { type Opened, Supervisor } from "./supervisor.ts";
import type { Thread } from "./thread.ts";
import { WORKER_ENTRY, type WorkerEntry } from "./worker-entry.ts";

/** The longest wait while no thread serves, in ms: connections wait that long, too. A start takes 50 ms of CPU. */
const LONGEST_ALONE_MS = 1_000;

export class Pool extends Supervisor {
  /** By slot. */
  protected readonly restarts: readonly Restart[];

  constructor(options: ResolvedOptions, onEvent: (event: ThreadEvent) => void, entry: WorkerEntry = WORKER_ENTRY) {
    super(options, onEvent, entry, options.threads, readDescriptors());
    this.restarts = Array.from({ length: options.threads }, () => new Restart());
  }

  /**
   * One listening socket for each thread at the first address, where the kernel spreads connections. The main thread accepts
   * from all others: the second address of localhost, further listeners, and sockets that others hold too, which cannot be
   * opened again.
   */
  protected async openPortable(): Promise<Opened> {
    const places = await bindPlaces(this.options);
    const isReusePort = this.options.accept === "reuse-port";
    const spread = isReusePort ? places.find((place) => place.kind === "bound") : undefined;
    const options = this.#transferOptions(spread !== undefined && !this.isShortOfDescriptors);
    const unused = new Set(places);
    const addresses: ListenedAddress[] = [];
    let listening: ReusePort | Transfer | undefined;
    try {
      if (spread === undefined) listening = new Transfer(options);
      for (const place of spread === undefined ? places : [spread, ...places.filter((one) => one !== spread)]) {
        unused.delete(place);
        if (place === spread) {
          addresses[places.indexOf(place)] = { ...spread.bound.address(), listener: place.index };
          listening = await ReusePort.open(spread.bound, place.index, options);
          continue;
        }
        const server = await serverAt(place);
        addresses[places.indexOf(place)] = { ...boundAddressOf(server), listener: place.index };
        listening!.add(server, { index: place.index, isInherited: place.kind === "inherited" });
      }
    } catch (error) {
      releasePlaces([...unused]);
      await listening?.stopAccepting(0);
      throw error;
    }
    return { listening: listening!, addresses: addresses as [ListenedAddress, ...ListenedAddress[]] };
  }

  #transferOptions(isOverLimitClosed: boolean): TransferOptions {
    const { connectionLimitCount } = this;
    return {
      connectionLimitCount,
      isOverLimitClosed,
      onWarning: (text: string): void => this.onEvent({ kind: "warning", text }),
    };
  }

  protected startMissing(): Thread[] {
    const slots = this.freeSlots.filter((slot) => !this.restarts[slot]!.isWaiting);
    return slots.map((slot) => this.startThread(slot, slot + 1));
  }

  protected delayReplacement({ slot, livedMs }: Thread): number {
    const isLast = this.threads.every(({ state }) => state === "ending");
    return this.restarts[slot]!.wait(livedMs, () => this.startMissing(), isLast ? LONGEST_ALONE_MS : undefined);
  }
}
