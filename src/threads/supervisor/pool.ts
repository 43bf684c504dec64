// A fixed number of threads, each serving many connections. A thread that dies is replaced in its slot.
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { REFUSED_AT_ONCE } from "../../transport/transport.ts";
import { readDescriptors } from "../descriptors.ts";
import type { Binding, BoundAddress } from "../listening/binding.ts";
import { AdoptedSocket } from "../listening/handed-over.ts";
import { boundAddressOf } from "../listening/inherited-server.ts";
import { bindPlaces, type ListenedAddress, type Place, releasePlaces } from "../listening/places.ts";
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
  protected async openPortable(binding: Binding): Promise<Opened> {
    const places = await bindPlaces(this.options, binding);
    const isReusePort = this.options.accept === "reuse-port";
    const first = isReusePort ? places.find(({ kind }) => kind === "bound") : undefined;
    // A former server may have had a socket for each thread, or one that cannot be opened a second time.
    const spread = places.filter((place) => isOneOf(place, first));
    const isSpread = spread.length > 0 && spread.every(canBeShared);
    const options = this.#transferOptions(binding);
    const unused = new Set(places);
    const addresses: ListenedAddress[] = places.map(({ index, isMultipath }) => ({
      address: "",
      port: 0,
      listener: index,
      isMultipath,
    }));
    let listening: ReusePort | Transfer | undefined;
    try {
      if (isSpread) {
        for (const place of spread) {
          unused.delete(place);
          Object.assign(addresses[places.indexOf(place)]!, addressOf(place));
        }
        listening = await openSpread(spread, options);
      } else listening = new Transfer(options);
      for (const place of [...unused]) {
        unused.delete(place);
        const server = await serverAt(place);
        Object.assign(addresses[places.indexOf(place)]!, boundAddressOf(server));
        listening.add(server, { index: place.index, isInherited: place.kind === "inherited" });
      }
    } catch (error) {
      releasePlaces([...unused]);
      await listening?.stopAccepting(0);
      throw error;
    }
    return { listening, addresses: addresses as [ListenedAddress, ...ListenedAddress[]] };
  }

  #transferOptions(binding: Binding): TransferOptions {
    const { connectionLimitCount } = this;
    return {
      binding,
      connectionLimitCount,
      refusedCount: this.options.overLimit === "refuse" ? REFUSED_AT_ONCE : 0,
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

type BoundPlace = Place & { readonly kind: "bound" };

/** Whether both are sockets at one address: a former server had several. */
function isOneOf(place: Place, first: Place | undefined): place is BoundPlace {
  if (place.kind !== "bound" || first?.kind !== "bound") return false;
  const [one, other] = [place.bound.address(), first.bound.address()];
  return place === first || (place.index === first.index && one.address === other.address && one.port === other.port);
}

/** Other sockets can be opened at its port. */
function canBeShared({ bound }: BoundPlace): boolean {
  return !(bound instanceof AdoptedSocket) || bound.isReusePort;
}

function addressOf({ bound }: BoundPlace): BoundAddress {
  const { address, port } = bound.address();
  return { address, port };
}

function openSpread(spread: readonly BoundPlace[], options: TransferOptions): Promise<ReusePort> {
  const [first] = spread;
  const { bound, index } = first!;
  if (bound instanceof AdoptedSocket)
    return ReusePort.adopt(
      spread.map((place) => place.bound),
      index,
      options,
    );
  return ReusePort.open(bound, index, options);
}
