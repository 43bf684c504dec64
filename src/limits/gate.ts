// Lets requests through, as many as a limit allows.
import type { Buckets, Limit, NamedMeter } from "./buckets.ts";
import { type ClientNetwork, readNetwork } from "./client-network.ts";
import type { Bucket, Meter } from "./meter.ts";

const network: ClientNetwork = { high: 0, low: 0 };

export class Gate {
  readonly #buckets: Buckets;
  readonly #client: NamedMeter | undefined;
  readonly #total: NamedMeter | undefined;

  /** @param name the same in all threads, and for no other gate */
  constructor(buckets: Buckets, name: string, { client, total }: Limit) {
    this.#buckets = buckets;
    this.#client = buckets.meterOf(`client ${name}`, client);
    this.#total = buckets.meterOf(`total ${name}`, total);
  }

  /**
   * A request has come. One that is not let through does not count.
   * @param address of the client; one that has none is only counted with all others
   * @returns how long the client has to wait, in ms; 0 when the request is let through
   */
  pass(address: string): number {
    const nowMs = this.#buckets.now();
    const client = this.#client !== undefined && readNetwork(address, network) ? this.#client : undefined;
    if (client !== undefined) {
      const bucket = client.of(network, nowMs);
      if (client.meter.take(bucket, 1, 1, nowMs) === 0) return waitOf(client.meter, bucket, nowMs);
    }
    const total = this.#total;
    if (total === undefined) return 0;
    const bucket = total.total(nowMs);
    if (total.meter.take(bucket, 1, 1, nowMs) === 1) return 0;
    const waitMs = waitOf(total.meter, bucket, nowMs);
    client?.meter.giveBack(client.of(network, nowMs), 1);
    return waitMs;
  }

  /** A request that was let through was refused elsewhere. */
  giveBack(address: string): void {
    const nowMs = this.#buckets.now();
    if (this.#total !== undefined) this.#total.meter.giveBack(this.#total.total(nowMs), 1);
    const client = this.#client;
    if (client !== undefined && readNetwork(address, network)) client.meter.giveBack(client.of(network, nowMs), 1);
  }
}

/** Another thread may have made room since. */
function waitOf(meter: Meter, bucket: Bucket, nowMs: number): number {
  return Math.max(1, meter.waitMs(bucket, 1, nowMs));
}
