// The buckets of one thread, in memory that it shares with the others, and meters that know theirs.
import { BucketTable, tableBytes } from "./bucket-table.ts";
import type { ClientNetwork } from "./client-network.ts";
import { type KeyedHash, sharedHash } from "./keyed-hash.ts";
import { CLIENT_COUNT, HEADER_BYTES, TOTAL_COUNT } from "./memory.ts";
import { type Bucket, Meter, type MeterSpec } from "./meter.ts";

/** A limit of what one client, and of what all clients together may do. Undefined is unlimited. */
export interface Limit {
  readonly client: MeterSpec | undefined;
  readonly total: MeterSpec | undefined;
}

/** What all limits of one thread share. */
export class Buckets {
  readonly hash: KeyedHash;
  readonly clients: BucketTable;
  readonly totals: BucketTable;
  readonly now: () => number;
  readonly random: () => number;

  /** @param now monotonic, in ms, the same for all threads; it may be as late as one turn of the thread */
  constructor(memory: SharedArrayBuffer, now: () => number, random: () => number) {
    this.hash = sharedHash(memory);
    this.now = now;
    this.random = random;
    this.clients = new BucketTable(memory, HEADER_BYTES, CLIENT_COUNT);
    this.totals = new BucketTable(memory, HEADER_BYTES + tableBytes(CLIENT_COUNT), TOTAL_COUNT);
  }

  /** @param name the same in all threads, and for no other limit */
  meterOf(name: string, spec: MeterSpec | undefined): NamedMeter | undefined {
    return spec && new NamedMeter(this, name, spec);
  }
}

/** A meter with the buckets that are counted by it. */
export class NamedMeter {
  readonly meter: Meter;
  readonly #shared: Buckets;
  readonly #id: number;

  constructor(shared: Buckets, name: string, spec: MeterSpec) {
    this.#shared = shared;
    this.meter = new Meter(spec);
    // Buckets that were counted in other units mean nothing: after a reload that changes these, all begin anew.
    this.#id = shared.hash.hashText(`${name} ${this.meter.unitsPerMs}`);
  }

  /** What all clients share. It is valid until the next call. */
  total(nowMs: number): Bucket {
    const { hash, totals } = this.#shared;
    hash.hash(this.#id, 0, 0);
    return totals.find(hash.low, hash.high, nowMs);
  }

  /** Of one client. It is valid until the next call. */
  of(network: ClientNetwork, nowMs: number): Bucket {
    const { hash, clients } = this.#shared;
    hash.hash(this.#id, network.high, network.low);
    return clients.find(hash.low, hash.high, nowMs);
  }
}
