// A fixed number of threads, each serving many connections. A thread that dies is replaced in its slot.
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import { REFUSED_AT_ONCE } from "../../transport/transport.ts";
import { readDescriptors } from "../descriptors.ts";
import { type BoundAddress, bindAddresses, listenOn } from "../listening/address.ts";
import { boundAddressOf, inheritServer } from "../listening/inherited-server.ts";
import { ReusePort } from "../listening/reuse-port.ts";
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

  protected async openPortable(): Promise<Opened> {
    if (this.options.fd.length > 0) return this.#openInherited();
    const [bound, ...others] = await bindAddresses(this.options);
    const addresses: Opened["addresses"] = [bound.address(), ...others.map((other) => other.address())];
    const isReusePort = this.options.accept === "reuse-port";
    const transferOptions = this.#transferOptions();
    const listening = isReusePort
      ? await ReusePort.open(bound, transferOptions)
      : new Transfer(await listenOn(bound, { pauseOnConnect: true }), transferOptions);
    // The main thread accepts from the other address of localhost, where few clients come.
    for (const other of others) listening.add(await listenOn(other, { pauseOnConnect: true }));
    return { listening, addresses };
  }

  /** The main thread accepts: sockets that others hold too cannot be opened again, one for each thread. */
  async #openInherited(): Promise<Opened> {
    const [first, ...others] = this.options.fd;
    const server = await inheritServer(first!);
    const addresses: [BoundAddress, ...BoundAddress[]] = [boundAddressOf(server)];
    const listening = new Transfer(server, { ...this.#transferOptions(), isInherited: true });
    try {
      for (const fd of others) {
        const other = await inheritServer(fd);
        addresses.push(boundAddressOf(other));
        listening.add(other);
      }
    } catch (error) {
      await listening.stopAccepting(0);
      throw error;
    }
    return { listening, addresses };
  }

  #transferOptions(): TransferOptions {
    const { connectionLimitCount } = this;
    return {
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
