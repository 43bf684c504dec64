// Plans by the bytes of their path, so that a hit builds no string. There are three separate bounds: bytes of memory
// for small files, open descriptors for large ones, and a little memory for redirects and missing paths, so that no
// flood of random targets can push a good plan out.
import { hashTarget } from "../../http/message.ts";
import { Sieve, type SieveEntry } from "../sieve.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { type FilePlan, openFilesOf, type Plan, releasePlan, retainPlan } from "./plan.ts";

/** The cost of a plan without its content: objects, field lines, written heads; measured 2.3 KB, 3.9 resident. */
export const PLAN_OVERHEAD_BYTES = 4096;

/**
 * Descriptors that plans hold open. The caches of a process share its limit, often 1024, with the sockets; and opening
 * a large file again costs little compared to sending it.
 */
export const OPEN_FILE_LIMIT_COUNT = 128;

/** About 500 redirects and missing paths. A missing icon is asked for again and again; the rest are scans. */
const REFUSAL_LIMIT_BYTES = 262_144;
const REFUSAL_OVERHEAD_BYTES = 512;

/** Paths that a full shelf remembers at its door, in 16 KiB. */
const REMEMBERED_LIMIT_COUNT = 4096;

export class PlanCache {
  readonly #memory: Shelf;
  readonly #openFiles: Shelf;
  readonly #refusals: Shelf;
  readonly #shelves: readonly Shelf[];
  #isClosed = false;

  /**
   * @param limitBytes for the contents of small files and the cost of their plans; 0 keeps no small file
   * @param onEvicted told of each plan that had to make room
   */
  constructor(
    limitBytes: number,
    openFileLimitCount: number = OPEN_FILE_LIMIT_COUNT,
    onEvicted: () => void = () => {},
  ) {
    this.#memory = new Shelf(limitBytes, PLAN_OVERHEAD_BYTES, onEvicted);
    this.#openFiles = new Shelf(openFileLimitCount, 1, onEvicted);
    this.#refusals = new Shelf(REFUSAL_LIMIT_BYTES, REFUSAL_OVERHEAD_BYTES, onEvicted);
    this.#shelves = [this.#memory, this.#openFiles, this.#refusals];
  }

  /** Changes the two bounds that the constructor was given. */
  resize(limitBytes: number, openFileLimitCount: number): void {
    this.#memory.resize(limitBytes);
    this.#openFiles.resize(openFileLimitCount);
  }

  /** The cost of all kept plans, to compare with the bounds. */
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
    let wasVisited: boolean | undefined;
    for (const shelf of this.#shelves) {
      const former = shelf.find(key, 0, key.length, hash);
      if (former === undefined) continue;
      if (former.value.plan === plan) return;
      wasVisited = former.isVisited;
      shelf.drop(former);
    }
    if (this.#isClosed || (plan.kind === "refusal" && !plan.isKept)) return;
    // A new version of a file is as popular as the previous one.
    this.#put(key, hash, plan, wasVisited);
  }

  /** Drops the plan that is kept for that key. */
  drop(key: Buffer): void {
    const hash = hashTarget(key, 0, key.length);
    for (const shelf of this.#shelves) {
      const entry = shelf.find(key, 0, key.length, hash);
      if (entry !== undefined) shelf.drop(entry);
    }
  }

  /** Drops the plans of large files: other files need the descriptors now. */
  releaseOpenFiles(): void {
    this.#openFiles.clear();
  }

  /** Drops every plan, and keeps no plan from now on: not even those that are being made. */
  close(): void {
    this.#isClosed = true;
    for (const shelf of this.#shelves) shelf.clear();
  }

  /** @param wasVisited undefined where no plan was kept for the key */
  #put(key: Buffer, hash: number, plan: Plan, wasVisited: boolean | undefined): void {
    const kept = { key, hash, plan, collided: undefined };
    const [shelf, cost] = this.#placeOf(key, plan);
    shelf.add(kept, cost, wasVisited !== undefined, wasVisited === true);
  }

  #placeOf(key: Buffer, plan: Plan): [shelf: Shelf, cost: number] {
    if (plan.kind !== "file") return [this.#refusals, key.length + REFUSAL_OVERHEAD_BYTES];
    const openFileCount = openFilesOf(plan).length;
    if (openFileCount > 0) return [this.#openFiles, openFileCount];
    return [this.#memory, bytesOf(plan) + key.length];
  }
}

/** Content that was encoded here has its own bound. */
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
 * Plans under one bound, with their own index: a flood of missing paths with the hash of a good path makes a long row
 * of entries, but the good plan is not in that row.
 */
class Shelf {
  readonly #index = new Map<number, SieveEntry<Kept>>();
  readonly #sieve: Sieve<Kept>;
  readonly #rememberedCount: number;
  /** Made when the shelf is full for the first time. */
  #doorkeeper: Doorkeeper | undefined;

  /** @param leastCost of an entry: about as many paths are remembered at the door as fit in */
  constructor(limit: number, leastCost: number, onEvicted: () => void) {
    this.#sieve = new Sieve(limit, (entry) => {
      this.#forget(entry);
      onEvicted();
    });
    this.#rememberedCount = Math.min(limit / leastCost, REMEMBERED_LIMIT_COUNT);
  }

  get cost(): number {
    return this.#sieve.cost;
  }

  find(memory: Uint8Array, start: number, end: number, hash: number): SieveEntry<Kept> | undefined {
    let entry = this.#index.get(hash);
    while (entry !== undefined && !isKey(entry.value.key, memory, start, end)) entry = entry.value.collided;
    return entry;
  }

  /** @param isKnown whether the shelf had a plan of the path until now, which comes in again at once */
  add(kept: Kept, cost: number, isKnown: boolean, isVisited: boolean): void {
    if (!isKnown && !this.#sieve.hasRoomFor(cost) && !this.#isAdmitted(kept.hash)) return;
    const entry = this.#sieve.add(kept, cost);
    if (entry === undefined) return;
    entry.isVisited = isVisited;
    retainPlan(kept.plan);
    if (kept.plan.kind === "file") {
      kept.plan.encodings?.kept();
      kept.plan.withDictionaries?.kept();
    }
    // Only now: making room may have changed the row of this hash.
    kept.collided = this.#index.get(kept.hash);
    this.#index.set(kept.hash, entry);
  }

  #isAdmitted(hash: number): boolean {
    this.#doorkeeper ??= new Doorkeeper(this.#rememberedCount);
    return this.#doorkeeper.admits(hash);
  }

  resize(limit: number): void {
    this.#sieve.resize(limit);
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

  /** Removes an entry from the index; from now on only the replies that are being sent hold its file open. */
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
    if (plan.kind === "file") {
      plan.encodings?.dropped();
      plan.withDictionaries?.dropped();
    }
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
