// How many connections each client has, over all threads. Each connection holds a lease, in the part of the memory that its
// thread alone writes: when a thread has died, the supervisor takes its leases back, so that no connection stays counted.
import { type ClientNetwork, readNetwork } from "./client-network.ts";
import type { KeyedHash } from "./keyed-hash.ts";
import { REFUSED, UNCOUNTED } from "./lease.ts";

export interface ClientConnectionsShape {
  readonly slotCount: number;
  /** The most connections of one thread. */
  readonly leaseCount: number;
}

const WAY_COUNT = 8;
const ENTRY_LENGTH = 2;
const TAG = 0;
const COUNT = 1;
/** Places for four times as many clients as there may be connections: so hardly a set is ever full. */
const SHARE = 4;
const MOST_ENTRIES = 262_144;
const ATTEMPT_COUNT = 16;

/** Made once by the supervisor. */
export function newClientMemory(shape: ClientConnectionsShape): SharedArrayBuffer {
  const words = entryCount(shape) * ENTRY_LENGTH + shape.slotCount * shape.leaseCount;
  return new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT);
}

/** A power of two. */
function entryCount({ slotCount, leaseCount }: ClientConnectionsShape): number {
  const wanted = Math.min(SHARE * slotCount * leaseCount, MOST_ENTRIES);
  return Math.max(WAY_COUNT, 2 ** Math.ceil(Math.log2(wanted)));
}

/** The supervisor's view: takes back what a thread held that has ended. */
export function clearSlot(memory: SharedArrayBuffer, shape: ClientConnectionsShape, slot: number): void {
  const words = new Int32Array(memory);
  const start = entryCount(shape) * ENTRY_LENGTH + slot * shape.leaseCount;
  for (let place = start; place < start + shape.leaseCount; place++) {
    const held = Atomics.exchange(words, place, 0);
    if (held !== 0) Atomics.sub(words, held - 1 + COUNT, 1);
  }
}

/** A thread's view. */
export class ClientConnections {
  readonly #words: Int32Array;
  readonly #setMask: number;
  readonly #hash: KeyedHash;
  readonly #limitCount: number;
  /** Where our leases begin. */
  readonly #start: number;
  /** Leases that are free, from 1. */
  readonly #free: number[];
  readonly #network: ClientNetwork = { high: 0, low: 0 };

  constructor(
    memory: SharedArrayBuffer,
    { slot, limitCount, ...shape }: ClientConnectionsShape & { readonly slot: number; readonly limitCount: number },
    hash: KeyedHash,
  ) {
    const count = entryCount(shape);
    this.#words = new Int32Array(memory);
    this.#setMask = count / WAY_COUNT - 1;
    this.#hash = hash;
    this.#limitCount = limitCount;
    this.#start = count * ENTRY_LENGTH + slot * shape.leaseCount;
    this.#free = Array.from({ length: shape.leaseCount }, (_, index) => shape.leaseCount - index);
  }

  /** A connection has come. @returns its lease, or UNCOUNTED, or REFUSED */
  enter(address: string): number {
    const lease = this.#free.at(-1);
    if (lease === undefined || !readNetwork(address, this.#network)) return UNCOUNTED;
    const entry = this.#count();
    if (entry < 0) return entry === FULL ? UNCOUNTED : REFUSED;
    // Right behind it: a thread ends between two calls, and not between these two lines.
    Atomics.store(this.#words, this.#start + lease - 1, entry + 1);
    this.#free.pop();
    return lease;
  }

  /** A connection is closed. @param lease what `enter` gave it */
  leave(lease: number): void {
    if (lease <= 0) return;
    const held = Atomics.exchange(this.#words, this.#start + lease - 1, 0);
    Atomics.sub(this.#words, held - 1 + COUNT, 1);
    this.#free.push(lease);
  }

  /** Adds one to the entry of the client. @returns the entry, or FULL, or OVER */
  #count(): number {
    const words = this.#words;
    const hash = this.#hash;
    hash.hash(CONNECTIONS, this.#network.high, this.#network.low);
    const start = (hash.low & this.#setMask) * WAY_COUNT * ENTRY_LENGTH;
    const tag = hash.high === 0 ? 1 : hash.high;
    for (let attempt = 0; attempt < ATTEMPT_COUNT; attempt++) {
      const entry = this.#find(start, tag);
      if (entry < 0) return FULL;
      const count = Atomics.add(words, entry + COUNT, 1) + 1;
      // Another thread may have given the place to another client, as long as nobody was counted there.
      if (count <= this.#limitCount && Atomics.load(words, entry + TAG) === tag) return entry;
      Atomics.sub(words, entry + COUNT, 1);
      if (count > this.#limitCount) return OVER;
    }
    return FULL;
  }

  #find(start: number, tag: number): number {
    const words = this.#words;
    let free = FULL;
    let freeTag = 0;
    for (let entry = start; entry < start + WAY_COUNT * ENTRY_LENGTH; entry += ENTRY_LENGTH) {
      const found = Atomics.load(words, entry + TAG);
      if (found === tag) return entry;
      if (free !== FULL || Atomics.load(words, entry + COUNT) !== 0) continue;
      free = entry;
      freeTag = found;
    }
    if (free === FULL) return FULL;
    // Where another thread was faster, `#count` sees the wrong client and looks again.
    Atomics.compareExchange(words, free + TAG, freeTag, tag);
    return free;
  }
}

/** Tells these keys from those of buckets. */
const CONNECTIONS = 0x636f6e6e;
const FULL = -1;
const OVER = -2;
