// How fast content is sent: a sender takes what it may send now, and gives back what the socket did not take. With a bandwidth
// of the site and one of the server, the lesser counts.

import type { Buckets, Limit, NamedMeter } from "./buckets.ts";
import { type ClientNetwork, readNetwork } from "./client-network.ts";
import type { Bucket } from "./meter.ts";

/** More at once is not worth waiting for. */
const MOST_LEAST_BYTES = 16_384;
/** What is owed is looked at again after this time: others may have paid, and options may have changed. */
const LONGEST_WAIT_MS = 1000;

export interface NamedLimit extends Limit {
  /** The same in all threads, and for no other limit. */
  readonly name: string;
}

/** The bandwidths that the replies of one site have to keep to. */
export class Pacing {
  readonly buckets: Buckets;
  /** Those of each client, then those of all together. */
  readonly all: readonly NamedMeter[];
  readonly totals: readonly NamedMeter[];
  /** Fewer bytes are sent only where there are no more. */
  readonly leastBytes: number;

  constructor(buckets: Buckets, limits: readonly NamedLimit[]) {
    this.buckets = buckets;
    const clients = limits.flatMap(({ name, client }) => buckets.meterOf(`client bytes ${name}`, client) ?? []);
    this.totals = limits.flatMap(({ name, total }) => buckets.meterOf(`total bytes ${name}`, total) ?? []);
    this.all = [...clients, ...this.totals];
    const bursts = limits.flatMap(({ client, total }) => [client, total].flatMap((spec) => spec?.burst ?? []));
    this.leastBytes = Math.max(1, Math.floor(Math.min(MOST_LEAST_BYTES, ...bursts.map((burst) => burst / 2))));
  }

  /** @param address of the client; one that has none only counts with all others */
  of(address: string): SharedPace {
    const network = { high: 0, low: 0 };
    return new SharedPace(this, readNetwork(address, network) ? network : undefined);
  }
}

/** The pace of one reply, in buckets that all threads share. */
export class SharedPace {
  readonly #pacing: Pacing;
  readonly #network: ClientNetwork | undefined;
  readonly #meters: readonly NamedMeter[];

  constructor(pacing: Pacing, network: ClientNetwork | undefined) {
    this.#pacing = pacing;
    this.#network = network;
    this.#meters = network === undefined ? pacing.totals : pacing.all;
  }

  /** @returns how many bytes may be sent now, at most as many as wanted; 0 for none yet */
  take(wanted: number): number {
    const { buckets, leastBytes } = this.#pacing;
    const nowMs = buckets.now();
    let granted = wanted;
    for (let index = 0; index < this.#meters.length; index++) {
      const one = this.#meters[index]!;
      const given = one.meter.take(this.#bucket(one, nowMs), granted, Math.min(granted, leastBytes), nowMs);
      for (let before = 0; before < index; before++) this.#giveBack(this.#meters[before]!, granted - given, nowMs);
      granted = given;
      if (granted === 0) return 0;
    }
    return granted;
  }

  /** The socket did not take so many. */
  giveBack(count: number): void {
    const nowMs = this.#pacing.buckets.now();
    for (const one of this.#meters) this.#giveBack(one, count, nowMs);
  }

  /** So many bytes are sent already, whether or not there was room. */
  charge(count: number): void {
    const nowMs = this.#pacing.buckets.now();
    if (count > 0) for (const one of this.#meters) one.meter.charge(this.#bucket(one, nowMs), count, nowMs);
  }

  /** How long to wait before `take` is asked again, in ms, and at most two seconds. */
  get waitMs(): number {
    const waitMs = Math.max(1, this.#waitFor(this.#pacing.leastBytes));
    // Up to twice as long: otherwise those who wait for one bucket would go on in the same order each time, and the last
    // would get nothing. The burst is enough for both.
    return Math.ceil(waitMs * (1 + this.#pacing.buckets.random()));
  }

  /** How long until what was charged is paid for, in ms, and at most a second; 0 when it is. */
  get debtMs(): number {
    return this.#waitFor(0);
  }

  #waitFor(count: number): number {
    const nowMs = this.#pacing.buckets.now();
    let longest = 0;
    for (const one of this.#meters)
      longest = Math.max(longest, one.meter.waitMs(this.#bucket(one, nowMs), count, nowMs));
    return Math.min(longest, LONGEST_WAIT_MS);
  }

  #giveBack(one: NamedMeter, count: number, nowMs: number): void {
    one.meter.giveBack(this.#bucket(one, nowMs), count);
  }

  /** Looked up each time: a bucket may have been given to another client meanwhile. */
  #bucket(one: NamedMeter, nowMs: number): Bucket {
    const network = this.#network;
    return network === undefined || this.#pacing.totals.includes(one) ? one.total(nowMs) : one.of(network, nowMs);
  }
}
