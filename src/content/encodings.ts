// What plans get encoded while they are kept: a request says which coding it would like best, goes on with what there
// is, and a later one finds it in the plan; first encoded quickly, then well. Nothing here waits, and nothing encodes:
// that is an `Encoder`, in another thread. What came back is kept under a bound of its own, and no longer than its plan.
import type { Coding } from "./coding.ts";
import { ENCODING_LEAST_BYTES, ENCODING_LIMIT_BYTES, type Encoded, type Encoder } from "./encoder.ts";
import { type FilePlan, type PlanEncodings, representEncoded } from "./plan.ts";
import { PLAN_OVERHEAD_BYTES } from "./plan-cache.ts";
import type { Representation } from "./representation.ts";
import { Sieve, type SieveEntry } from "./sieve.ts";

/** After a refusal: what is under pressure now may not be in a moment. */
const RETRY_MS = 1_000;
/** After it had to make room: more is wanted than there is room for, and encoding it again and again helps nobody. */
const EVICTED_RETRY_MS = 30_000;

const BIT: Readonly<Record<Coding, number>> = { br: 1, zstd: 2, gzip: 4 };
const EVERY_BIT = 7;

export class Encodings {
  readonly #encoder: Encoder;
  readonly #sieve: Sieve<Installed>;
  readonly #now: () => number;

  /**
   * @param limitBytes for what is encoded, with what it costs to keep; 0 encodes nothing
   * @param now wall clock, in ms
   */
  constructor(encoder: Encoder, limitBytes: number, now: () => number) {
    this.#encoder = encoder;
    this.#sieve = new Sieve(limitBytes, ({ value }) => value.evict());
    this.#now = now;
  }

  /** What is kept, against the bound. */
  get keptBytes(): number {
    return this.#sieve.cost;
  }

  /** Has the plan encoded from now on, if its file is worth it. */
  attach(plan: FilePlan): void {
    if (!plan.isNegotiated || plan.sizeBytes < ENCODING_LEAST_BYTES || plan.sizeBytes > ENCODING_LIMIT_BYTES) return;
    // The stat of a young file proves nothing; the next look makes another plan of it.
    if (plan.validators.etag === undefined || plan.validators.etag.isWeak) return;
    plan.encodings = new EncodingsOfPlan(plan, this.#encoder, this.#sieve, this.#now);
  }
}

/** One that is in a plan. */
interface Installed {
  evict(): void;
}

class EncodingsOfPlan implements PlanEncodings {
  readonly #plan: FilePlan;
  readonly #encoder: Encoder;
  readonly #sieve: Sieve<Installed>;
  readonly #now: () => number;
  readonly #entries = new Map<Coding, SieveEntry<Installed>>();
  /** Codings for which there is something left to do, and nothing under way. */
  #open: number;
  #againMs = Number.NEGATIVE_INFINITY;
  /** Places in the cache that it has. */
  #keptCount = 0;

  constructor(plan: FilePlan, encoder: Encoder, sieve: Sieve<Installed>, now: () => number) {
    this.#plan = plan;
    this.#encoder = encoder;
    this.#sieve = sieve;
    this.#now = now;
    // Sidecars are as good as it gets.
    this.#open = plan.coded.reduce((open, { coding }) => open & ~BIT[coding as Coding], EVERY_BIT);
  }

  want(coding: Coding, nowMs: number): void {
    if ((this.#open & BIT[coding]) === 0 || nowMs < this.#againMs || this.#keptCount === 0) return;
    this.#open &= ~BIT[coding];
    void this.#encode(coding, this.#entries.has(coding) ? "best" : "quick");
  }

  kept(): void {
    this.#keptCount++;
  }

  dropped(): void {
    if (--this.#keptCount > 0) return;
    for (const [coding, entry] of this.#entries) {
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
    if (encoded.kind === "refused") return this.#openAgain(coding, RETRY_MS);
    // Whatever is left of it, the plan is not looked up any more. If it is once again, it asks once again.
    if (this.#keptCount === 0) return this.#openAgain(coding, 0);
    if (encoded.kind === "useless") return;
    if (this.#install(coding, encoded) && encoded.effort === "quick") await this.#encode(coding, "best");
  }

  /** False when there is no room for it. */
  #install(coding: Coding, { bytes, opaque }: Encoded & { kind: "coded" }): boolean {
    const plan = this.#plan;
    const former = plan.coded.find((representation) => representation.coding === coding);
    if (former !== undefined && former.sizeBytes <= bytes.byteLength) return true;
    const entry = this.#sieve.add({ evict: () => this.#evict(coding) }, bytes.byteLength + PLAN_OVERHEAD_BYTES);
    if (entry === undefined) return false;
    const representation = representEncoded(plan, coding, Buffer.from(bytes), opaque);
    if (former !== undefined) this.#replace(coding, former, representation);
    representation.use = entry;
    plan.coded = [...plan.coded, representation];
    this.#entries.set(coding, entry);
    return true;
  }

  #replace(coding: Coding, { etag, notModified }: Representation, by: Representation): void {
    const entry = this.#entries.get(coding);
    // Making room for the new one may have taken the former.
    if (entry !== undefined) this.#sieve.remove(entry);
    by.former = { etag, notModified };
    this.#remove(coding);
  }

  #evict(coding: Coding): void {
    this.#remove(coding);
    this.#openAgain(coding, EVICTED_RETRY_MS);
  }

  #remove(coding: Coding): void {
    this.#entries.delete(coding);
    // It would hold what is gone.
    this.#plan.choice = undefined;
    this.#plan.coded = this.#plan.coded.filter((representation) => representation.coding !== coding);
  }

  #openAgain(coding: Coding, delayMs: number): void {
    this.#open |= BIT[coding];
    this.#againMs = this.#now() + delayMs;
  }
}
