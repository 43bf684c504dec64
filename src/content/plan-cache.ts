// Plans by the bytes of the path that leads to them, so that a hit builds no string. Bounded in three ways
// that do not compete: bytes of memory for small files, open descriptors for large ones, and a little memory
// for redirects and misses, so that no flood of random targets can push a good plan out.
import { hashTarget } from "../http/message.ts";
import { type Plan, releasePlan, retainPlan } from "./plan.ts";
import { Sieve, type SieveEntry } from "./sieve.ts";

/** What a plan costs beside its content: objects, field lines, written heads; measured 2.9 KB of heap, 4 to 5 resident. */
const PLAN_OVERHEAD_BYTES = 4096;

/**
 * Descriptors that plans hold open, per cache and so per thread. All threads share the process's limit, often
 * 1024, with the sockets; and beside sending a large file, opening it again is nothing.
 */
const OPEN_FILE_LIMIT_COUNT = 128;

/** Redirects and misses: about 500 of them. A missing icon is asked for again and again; the rest are scans. */
const REFUSAL_LIMIT_BYTES = 262_144;
const REFUSAL_OVERHEAD_BYTES = 512;

interface Kept {
  readonly key: Buffer;
  readonly hash: number;
  readonly plan: Plan;
  readonly sieve: Sieve<Kept>;
  /** The next with the same hash. */
  collided: SieveEntry<Kept> | undefined;
}

export class PlanCache {
  readonly #index = new Map<number, SieveEntry<Kept>>();
  readonly #memory: Sieve<Kept>;
  readonly #openFiles: Sieve<Kept>;
  readonly #refusals: Sieve<Kept>;
  #isClosed = false;

  /** @param limitBytes for the contents of small files with what their plans cost; 0 keeps none of them */
  constructor(limitBytes: number, openFileLimitCount: number = OPEN_FILE_LIMIT_COUNT) {
    const evicted = (entry: SieveEntry<Kept>): void => this.#forget(entry);
    this.#memory = new Sieve(limitBytes, evicted);
    this.#openFiles = new Sieve(openFileLimitCount, evicted);
    this.#refusals = new Sieve(REFUSAL_LIMIT_BYTES, evicted);
  }

  /** What is kept, against the bounds. */
  get usage(): { memoryBytes: number; openFileCount: number; refusalBytes: number } {
    return {
      memoryBytes: this.#memory.cost,
      openFileCount: this.#openFiles.cost,
      refusalBytes: this.#refusals.cost,
    };
  }

  /** @param hash `hashTarget()` of the same bytes */
  find(memory: Uint8Array, start: number, end: number, hash: number): Plan | undefined {
    const entry = this.#entryOf(memory, start, end, hash);
    if (entry === undefined) return undefined;
    entry.isVisited = true;
    return entry.value.plan;
  }

  /** Keeps the plan in place of any other for that key, if it may be kept and fits; retains it for as long. */
  keep(key: Buffer, plan: Plan): void {
    const hash = hashTarget(key, 0, key.length);
    const former = this.#entryOf(key, 0, key.length, hash);
    if (former?.value.plan === plan) return;
    if (former !== undefined) this.#drop(former);
    if (this.#isClosed || (plan.kind === "refusal" && !plan.isKept)) return;
    const { sieve, cost } = this.#placeOf(key, plan);
    const value: Kept = { key, hash, plan, sieve, collided: undefined };
    const entry = sieve.add(value, cost);
    if (entry === undefined) return;
    // A new version of a file is as popular as the one before.
    entry.isVisited = former?.isVisited ?? false;
    retainPlan(plan);
    // Only now: making room may have changed the row of this hash.
    value.collided = this.#index.get(hash);
    this.#index.set(hash, entry);
  }

  /** Lets go of everything, and keeps nothing from now on: not even the plans that are being made. */
  close(): void {
    this.#isClosed = true;
    for (const [hash] of this.#index) {
      for (let entry = this.#index.get(hash); entry !== undefined; entry = this.#index.get(hash)) this.#drop(entry);
    }
  }

  #placeOf(key: Buffer, plan: Plan): { sieve: Sieve<Kept>; cost: number } {
    if (plan.kind !== "file") return { sieve: this.#refusals, cost: key.length + REFUSAL_OVERHEAD_BYTES };
    if (!Buffer.isBuffer(plan.source)) return { sieve: this.#openFiles, cost: 1 };
    return { sieve: this.#memory, cost: plan.source.length + key.length + PLAN_OVERHEAD_BYTES };
  }

  #entryOf(memory: Uint8Array, start: number, end: number, hash: number): SieveEntry<Kept> | undefined {
    let entry = this.#index.get(hash);
    while (entry !== undefined && !isKey(entry.value.key, memory, start, end)) entry = entry.value.collided;
    return entry;
  }

  #drop(entry: SieveEntry<Kept>): void {
    entry.value.sieve.remove(entry);
    this.#forget(entry);
  }

  /** Out of the index; from now on only the replies that are being sent hold its file open. */
  #forget(entry: SieveEntry<Kept>): void {
    const { hash, plan, collided } = entry.value;
    let other = this.#index.get(hash)!;
    if (other !== entry) {
      while (other.value.collided !== entry) other = other.value.collided!;
      other.value.collided = collided;
    } else if (collided !== undefined) {
      this.#index.set(hash, collided);
    } else {
      this.#index.delete(hash);
    }
    releasePlan(plan);
  }
}

/** Byte by byte: for keys as short as paths that is quicker than any call into native code. */
function isKey(key: Buffer, memory: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) {
    if (key[i] !== memory[start + i]) return false;
  }
  return true;
}
