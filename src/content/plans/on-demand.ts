// Plans are encoded while they are kept. A request says which coding it prefers and gets what the plan has; a later
// request finds the coding in the plan, first encoded quickly, then well. Nothing here waits or encodes: an `Encoder`
// does, in another thread. Encoded content has its own bound, and is kept no longer than its plan.
import type { Coding } from "../codings/coding.ts";
import { ENCODING_LEAST_BYTES, ENCODING_LIMIT_BYTES, type Encoded, type Encoder } from "../codings/encoder.ts";
import { Sieve, type SieveEntry } from "../sieve.ts";
import { type FilePlan, type PlanEncodings, representEncoded } from "./plan.ts";
import { PLAN_OVERHEAD_BYTES } from "./plan-cache.ts";
import { type Installed, WithDictionaries } from "./with-dictionary.ts";

/** After a refusal: an encoder that is under pressure may have room in a moment. */
const RETRY_MS = 1_000;
/** After an eviction: more is wanted than there is room for, and encoding the same again and again does not help. */
const EVICTED_RETRY_MS = 30_000;

const BIT: Readonly<Record<Coding, number>> = { br: 1, zstd: 2, gzip: 4 };
const EVERY_BIT = 7;

export class Encodings {
  readonly #encoder: Encoder | undefined;
  readonly #sieve: Sieve<Installed>;
  readonly #now: () => number;

  /**
   * @param encoder undefined where only precompressed files with dictionaries are kept
   * @param limitBytes for what is encoded, with what it costs to keep; 0 encodes nothing
   * @param now wall clock, in ms
   * @param onEvicted told of each coding that had to make room
   */
  constructor(encoder: Encoder | undefined, limitBytes: number, now: () => number, onEvicted: () => void = () => {}) {
    this.#encoder = encoder;
    this.#sieve = new Sieve(limitBytes, ({ value }) => {
      value.evict();
      onEvicted();
    });
    this.#now = now;
  }

  /** The cost of all encoded content, to compare with the bound. */
  get keptBytes(): number {
    return this.#sieve.cost;
  }

  /** Changes the bound. */
  resize(limitBytes: number): void {
    this.#sieve.resize(limitBytes);
  }

  /** Has the plan encoded from now on, if its file is worth the effort. */
  attach(plan: FilePlan): void {
    if (!plan.hasSidecars || plan.sizeBytes < ENCODING_LEAST_BYTES || plan.sizeBytes > ENCODING_LIMIT_BYTES) return;
    // The stat of a young file proves nothing; the next check makes another plan of it.
    if (plan.validators.etag === undefined || plan.validators.etag.isWeak) return;
    const options = { encoder: this.#encoder, sieve: this.#sieve, now: this.#now };
    plan.withDictionaries = WithDictionaries.of(plan, options);
    if (this.#encoder === undefined) return;
    plan.encodings = new EncodingsOfPlan(plan, this.#encoder, this.#sieve, this.#now);
  }
}

class EncodingsOfPlan implements PlanEncodings {
  readonly #plan: FilePlan;
  readonly #encoder: Encoder;
  readonly #sieve: Sieve<Installed>;
  readonly #now: () => number;
  /** Undefined until something is encoded. */
  #entries: Map<Coding, SieveEntry<Installed>> | undefined;
  /** A mask of the codings that can still be made or improved, and are not under way. */
  #wanted: number;
  #retryMs = Number.NEGATIVE_INFINITY;
  /** Under how many paths the cache has the plan. */
  #keptCount = 0;

  constructor(plan: FilePlan, encoder: Encoder, sieve: Sieve<Installed>, now: () => number) {
    this.#plan = plan;
    this.#encoder = encoder;
    this.#sieve = sieve;
    this.#now = now;
    // A precompressed file needs no better encoding.
    this.#wanted = plan.coded.reduce((wanted, { coding }) => wanted & ~BIT[coding as Coding], EVERY_BIT);
  }

  want(coding: Coding, nowMs: number): void {
    if ((this.#wanted & BIT[coding]) === 0 || nowMs < this.#retryMs || this.#keptCount === 0) return;
    this.#wanted &= ~BIT[coding];
    void this.#encode(coding, this.#entries?.has(coding) === true ? "best" : "quick");
  }

  kept(): void {
    this.#keptCount++;
  }

  dropped(): void {
    if (--this.#keptCount > 0) return;
    for (const [coding, entry] of this.#entries ?? []) {
      this.#sieve.remove(entry);
      this.#remove(coding);
    }
  }

  async #encode(coding: Coding, effort: "quick" | "best"): Promise<void> {
    const { source, stat, etag, sizeBytes } = this.#plan;
    const isMemory = Buffer.isBuffer(source);
    if (!isMemory) source.retain();
    const encoded = await this.#encoder.encode(
      { key: etag, coding, effort, sizeBytes },
      isMemory ? source : { fd: source.fd, stat },
    );
    if (!isMemory) source.release();
    if (encoded.kind === "refused") return this.#retry(coding, RETRY_MS);
    // The plan is no longer in the cache. If it comes back, its requests ask again.
    if (this.#keptCount === 0) return this.#retry(coding, 0);
    if (encoded.kind === "useless") return;
    if (this.#install(coding, encoded) && encoded.effort === "quick") await this.#encode(coding, "best");
  }

  /** False when there is no room. */
  #install(coding: Coding, { bytes, opaque }: Encoded & { kind: "coded" }): boolean {
    const plan = this.#plan;
    const former = plan.coded.find((representation) => representation.coding === coding);
    if (former !== undefined && former.sizeBytes <= bytes.byteLength) return true;
    const entry = this.#sieve.add({ evict: () => this.#evict(coding) }, bytes.byteLength + PLAN_OVERHEAD_BYTES);
    if (entry === undefined) return false;
    const representation = representEncoded(plan, coding, Buffer.from(bytes), opaque);
    if (former !== undefined) this.#replace(coding);
    representation.use = entry;
    plan.coded = [...plan.coded, representation];
    this.#entries ??= new Map();
    this.#entries.set(coding, entry);
    return true;
  }

  #replace(coding: Coding): void {
    const entry = this.#entries?.get(coding);
    // Making room for the new content may have evicted the former.
    if (entry !== undefined) this.#sieve.remove(entry);
    this.#remove(coding);
  }

  #evict(coding: Coding): void {
    this.#remove(coding);
    this.#retry(coding, EVICTED_RETRY_MS);
  }

  #remove(coding: Coding): void {
    this.#entries?.delete(coding);
    // The remembered choice would hold removed content.
    this.#plan.choice = undefined;
    this.#plan.coded = this.#plan.coded.filter((representation) => representation.coding !== coding);
  }

  #retry(coding: Coding, delayMs: number): void {
    this.#wanted |= BIT[coding];
    this.#retryMs = this.#now() + delayMs;
  }
}
