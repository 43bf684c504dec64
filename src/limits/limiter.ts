// The limits of a thread, in memory that it shares with the others: gates for requests, paces for bytes. A gate or a pace
// is of one site, or of the whole server; each counts for each client and for all clients together.
import { BucketTable, tableBytes } from "./bucket-table.ts";
import { type ClientNetwork, readNetwork } from "./client-network.ts";
import { type KeyedHash, sharedHash } from "./keyed-hash.ts";
import { CLIENT_COUNT, HEADER_BYTES, TOTAL_COUNT } from "./memory.ts";
import { type Bucket, Meter, type MeterSpec } from "./meter.ts";

/** A limit of what one client, and of what all clients together may do. Undefined is unlimited. */
export interface Limit {
  readonly client: MeterSpec | undefined;
  readonly total: MeterSpec | undefined;
}

/** What the limits of one thread share. */
export class Limiter {
  readonly hash: KeyedHash;
  readonly clients: BucketTable;
  readonly totals: BucketTable;
  readonly now: () => number;

  /** @param now monotonic, in ms, the same for all threads; it may be as late as one turn of the thread */
  constructor(memory: SharedArrayBuffer, now: () => number) {
    this.hash = sharedHash(memory);
    this.now = now;
    this.clients = new BucketTable(memory, HEADER_BYTES, CLIENT_COUNT);
    this.totals = new BucketTable(memory, HEADER_BYTES + tableBytes(CLIENT_COUNT), TOTAL_COUNT);
  }

  /** @param name the same in all threads, and for no other gate */
  gate(name: string, limit: Limit): Gate {
    return new Gate(this, name, limit);
  }

  /** @param name the same in all threads, and for no other limit */
  meterOf(name: string, spec: MeterSpec | undefined): NamedMeter | undefined {
    return spec && new NamedMeter(this, name, spec);
  }
}

/** A meter with the buckets that are counted by it. */
export class NamedMeter {
  readonly meter: Meter;
  readonly #limiter: Limiter;
  readonly #id: number;

  constructor(limiter: Limiter, name: string, spec: MeterSpec) {
    this.#limiter = limiter;
    this.meter = new Meter(spec);
    // Buckets that were counted in other units mean nothing: after a reload that changes these, all begin anew.
    this.#id = limiter.hash.hashText(`${name} ${this.meter.unitsPerMs}`);
  }

  /** What all clients share. It is valid until the next call. */
  total(nowMs: number): Bucket {
    const { hash, totals } = this.#limiter;
    hash.hash(this.#id, 0, 0);
    return totals.find(hash.low, hash.high, nowMs);
  }

  /** Of one client. It is valid until the next call. */
  of(network: ClientNetwork, nowMs: number): Bucket {
    const { hash, clients } = this.#limiter;
    hash.hash(this.#id, network.high, network.low);
    return clients.find(hash.low, hash.high, nowMs);
  }
}

const network: ClientNetwork = { high: 0, low: 0 };

/** Lets requests through, as many as a limit allows. */
export class Gate {
  readonly #limiter: Limiter;
  readonly #client: NamedMeter | undefined;
  readonly #total: NamedMeter | undefined;

  /** @param name the same in all threads, and for no other gate */
  constructor(limiter: Limiter, name: string, { client, total }: Limit) {
    this.#limiter = limiter;
    this.#client = limiter.meterOf(`client ${name}`, client);
    this.#total = limiter.meterOf(`total ${name}`, total);
  }

  /**
   * A request has come. One that is not let through does not count.
   * @param address of the client; one that has none is only counted with all others
   * @returns how long the client has to wait, in ms; 0 when the request is let through
   */
  pass(address: string): number {
    const nowMs = this.#limiter.now();
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
    const nowMs = this.#limiter.now();
    if (this.#total !== undefined) this.#total.meter.giveBack(this.#total.total(nowMs), 1);
    const client = this.#client;
    if (client !== undefined && readNetwork(address, network)) client.meter.giveBack(client.of(network, nowMs), 1);
  }
}

/** Another thread may have made room since. */
function waitOf(meter: Meter, bucket: Bucket, nowMs: number): number {
  return Math.max(1, meter.waitMs(bucket, 1, nowMs));
}
