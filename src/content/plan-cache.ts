// Plans by the bytes of the path that leads to them, so that a hit builds no string. Bounded in three ways
// that do not compete: bytes of memory for small files, open descriptors for large ones, and a little memory
// for redirects and misses, so that no flood of random targets can push a good plan out.
import { hashTarget } from "../http/message.ts";
import { type FilePlan, openFilesOf, type Plan, releasePlan, retainPlan } from "./plan.ts";
import { Sieve, type SieveEntry } from "./sieve.ts";

/** What a plan costs beside its content: objects, field lines, written heads; measured 2.3 KB, 3.9 resident. */
export const PLAN_OVERHEAD_BYTES = 4096;

/**
 * Descriptors that plans hold open. The caches of a process share its limit, often 1024, with the sockets; and
 * beside sending a large file, opening it again is nothing.
 */
export const OPEN_FILE_LIMIT_COUNT = 128;

/** Redirects and misses: about 500 of them. A missing icon is asked for again and again; the rest are scans. */
const REFUSAL_LIMIT_BYTES = 262_144;
const REFUSAL_OVERHEAD_BYTES = 512;

export class PlanCache {
  readonly #memory: Shelf;
  readonly #openFiles: Shelf;
  readonly #refusals: Shelf = new Shelf(REFUSAL_LIMIT_BYTES);
  #isClosed = false;

  /** @param limitBytes for the contents of small files with what their plans cost; 0 keeps none of them */
  constructor(limitBytes: number, openFileLimitCount: number = OPEN_FILE_LIMIT_COUNT) {
    this.#memory = new Shelf(limitBytes);
    this.#openFiles = new Shelf(openFileLimitCount);
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
    const entry =
      this.#memory.find(memory, start, end, hash) ??
      this.#openFiles.find(memory, start, end, hash) ??
      this.#refusals.find(memory, start, end, hash);
    if (entry === undefined) return undefined;
    entry.isVisited = true;
    return entry.value.plan;
  }

  /** Keeps the plan in place of any other for that key, if it may be kept and fits; retains it for as long. */
  keep(key: Buffer, plan: Plan): void {
    const hash = hashTarget(key, 0, key.length);
    let wasVisited = false;
    for (const shelf of [this.#memory, this.#openFiles, this.#refusals]) {
      const former = shelf.find(key, 0, key.length, hash);
      if (former === undefined) continue;
      if (former.value.plan === plan) return;
      wasVisited = former.isVisited;
      shelf.drop(former);
    }
    if (this.#isClosed || (plan.kind === "refusal" && !plan.isKept)) return;
    // A new version of a file is as popular as the one before.
    this.#put(key, hash, plan, wasVisited);
  }

  /** Lets go of the files that are only kept for later: others need the descriptors now. */
  releaseOpenFiles(): void {
    this.#openFiles.clear();
  }

  /** Lets go of everything, and keeps nothing from now on: not even the plans that are being made. */
  close(): void {
    this.#isClosed = true;
    for (const shelf of [this.#memory, this.#openFiles, this.#refusals]) shelf.clear();
  }

  #put(key: Buffer, hash: number, plan: Plan, isVisited: boolean): void {
    const kept = { key, hash, plan, collided: undefined };
    if (plan.kind !== "file") this.#refusals.add(kept, key.length + REFUSAL_OVERHEAD_BYTES, isVisited);
    else if (openFilesOf(plan).length > 0) this.#openFiles.add(kept, openFilesOf(plan).length, isVisited);
    else this.#memory.add(kept, bytesOf(plan) + key.length, isVisited);
  }
}

/** What was encoded here has a bound of its own. */
function bytesOf(plan: FilePlan): number {
  const own = [plan, ...plan.coded.filter(({ use }) => use === undefined)];
  return own.reduce((sum, { sizeBytes }) => sum + sizeBytes + PLAN_OVERHEAD_BYTES, 0);
}

interface Kept {
  readonly key: Buffer;
  readonly hash: number;
  readonly plan: Plan;
  /** The next with the same hash. */
  collided: SieveEntry<Kept> | undefined;
}

/**
 * Plans under one bound, with an index of their own: who floods us with misses whose hash is that of a good
 * path makes a long row of them, but the good plan is not in it.
 */
class Shelf {
  readonly #index = new Map<number, SieveEntry<Kept>>();
  readonly #sieve: Sieve<Kept>;

  constructor(limit: number) {
    this.#sieve = new Sieve(limit, (entry) => this.#forget(entry));
  }

  get cost(): number {
    return this.#sieve.cost;
  }

  find(memory: Uint8Array, start: number, end: number, hash: number): SieveEntry<Kept> | undefined {
    let entry = this.#index.get(hash);
    while (entry !== undefined && !isKey(entry.value.key, memory, start, end)) entry = entry.value.collided;
    return entry;
  }

  add(kept: Kept, cost: number, isVisited: boolean): void {
    const entry = this.#sieve.add(kept, cost);
    if (entry === undefined) return;
    entry.isVisited = isVisited;
    retainPlan(kept.plan);
    if (kept.plan.kind === "file") kept.plan.encodings?.kept();
    // Only now: making room may have changed the row of this hash.
    kept.collided = this.#index.get(kept.hash);
    this.#index.set(kept.hash, entry);
  }

  drop(entry: SieveEntry<Kept>): void {
    this.#sieve.remove(entry);
    this.#forget(entry);
  }

  clear(): void {
    for (const hash of this.#index.keys()) {
      for (let entry = this.#index.get(hash); entry !== undefined; entry = this.#index.get(hash)) this.drop(entry);
    }
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
    if (plan.kind === "file") plan.encodings?.dropped();
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
