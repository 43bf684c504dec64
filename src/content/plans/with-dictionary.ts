// A plan's content, coded with dictionaries that clients have (RFC 9842): made when the first client asks, who waits for
// it, first quickly, then well when the encoder has nothing else to do. A client that has the previous version of a script
// asks once, so a coding for "the next request" would come too late. What is made shares the bound of all that is encoded
// on demand, and is kept no longer than its plan. site/dictionaries.ts finds the dictionaries.
import type { DictionaryCoding } from "../codings/coding.ts";
import type { Encoder, EncodingSource } from "../codings/encoder.ts";
import type { Sieve, SieveEntry } from "../sieve.ts";
import { opaqueOf } from "../validators.ts";
import { type FilePlan, type PlanWithDictionaries, representEncoded } from "./plan.ts";
import { PLAN_OVERHEAD_BYTES } from "./plan-cache.ts";
import type { Representation } from "./representation.ts";

/** After a refusal: an encoder that is under pressure may have room in a moment. */
const RETRY_MS = 1_000;
/**
 * Dictionaries of a plan, each in one or two codings: browsers have the releases of the last weeks. A client cannot invent
 * a dictionary, but it can ask with every version that is still there.
 */
const MADE_LIMIT_COUNT = 8;
/** When the limit is reached, one that was not used for so long makes room for another. */
const UNUSED_MS = 60_000;

/** Encoded content that is in a plan. */
export interface Installed {
  evict(): void;
}

export interface WithDictionaryOptions {
  /** Undefined where only precompressed files are sent coded. */
  readonly encoder: Encoder | undefined;
  readonly sieve: Sieve<Installed>;
  /** Wall clock, in ms. */
  readonly now: () => number;
}

interface Made {
  /** Undefined while it is made, and where it is of no use. */
  representation: Representation | undefined;
  making: Promise<Representation | undefined> | undefined;
  usedMs: number;
  /** After a refusal. */
  retryMs: number;
}

export class WithDictionaries implements PlanWithDictionaries {
  readonly #plan: FilePlan;
  readonly #options: WithDictionaryOptions;
  /** By coding and hash of the dictionary. */
  readonly #made = new Map<string, Made>();
  /** Under how many paths the cache has the plan. */
  #keptCount = 0;

  /**
   * Undefined for a path for which no dictionary may be used.
   * @param plan of a file that is worth encoding
   */
  static of(plan: FilePlan, options: WithDictionaryOptions): WithDictionaries | undefined {
    return plan.policy.dictionary === undefined ? undefined : new WithDictionaries(plan, options);
  }

  private constructor(plan: FilePlan, options: WithDictionaryOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  find(coding: DictionaryCoding, hash: string): Representation | undefined {
    const made = this.#made.get(nameOf(coding, hash));
    if (made === undefined) return undefined;
    made.usedMs = this.#options.now();
    return made.representation;
  }

  make(coding: DictionaryCoding, hash: string, dictionary: FilePlan): Promise<Representation | undefined> {
    const made = this.#placeFor(nameOf(coding, hash));
    if (made === undefined || this.#options.now() < made.retryMs) return NOTHING;
    made.making ??= this.#encode(made, coding, hash, dictionary, "quick");
    return made.making;
  }

  add(coding: DictionaryCoding, hash: string, bytes: Buffer): Representation {
    const representation = representEncoded(this.#plan, coding, bytes, opaqueOf(bytes));
    const made = this.#placeFor(nameOf(coding, hash));
    if (made !== undefined) {
      made.making = Promise.resolve(representation);
      this.#install(made, representation);
    }
    return representation;
  }

  kept(): void {
    this.#keptCount++;
  }

  dropped(): void {
    if (--this.#keptCount > 0) return;
    for (const made of this.#made.values()) this.#remove(made);
    this.#made.clear();
  }

  /** A new one comes in where there is room, or where one was not used for long. */
  #placeFor(name: string): Made | undefined {
    const nowMs = this.#options.now();
    let made = this.#made.get(name);
    if (made === undefined) {
      if (this.#made.size >= MADE_LIMIT_COUNT && !this.#dropUnused(nowMs)) return undefined;
      made = { representation: undefined, making: undefined, usedMs: nowMs, retryMs: Number.NEGATIVE_INFINITY };
      this.#made.set(name, made);
    }
    made.usedMs = nowMs;
    return made;
  }

  #dropUnused(nowMs: number): boolean {
    for (const [name, made] of this.#made) {
      if (nowMs - made.usedMs < UNUSED_MS) continue;
      this.#remove(made);
      this.#made.delete(name);
      return true;
    }
    return false;
  }

  /** Never rejects. */
  async #encode(
    made: Made,
    coding: DictionaryCoding,
    hash: string,
    dictionary: FilePlan,
    effort: "quick" | "best",
  ): Promise<Representation | undefined> {
    const plan = this.#plan;
    const { encoder, now } = this.#options;
    if (encoder === undefined) return undefined;
    const sizeBytes = plan.sizeBytes + dictionary.sizeBytes;
    const job = { key: plan.etag, coding, effort, sizeBytes, dictionary: hash };
    for (const one of [plan, dictionary]) retainSource(one);
    const encoded = await encoder.encode(job, sourceOf(plan), sourceOf(dictionary));
    if (encoded.kind === "coded") {
      const representation = representEncoded(plan, coding, Buffer.from(encoded.bytes), encoded.opaque);
      this.#replace(made, representation);
      // Not waited for: the quick one is good enough for those who wait.
      if (encoded.effort === "quick" && this.#keptCount > 0) {
        void this.#encode(made, coding, hash, dictionary, "best");
      }
    } else if (encoded.kind === "refused" && effort === "quick") {
      made.making = undefined;
      made.retryMs = now() + RETRY_MS;
    }
    for (const one of [plan, dictionary]) releaseSource(one);
    return made.representation;
  }

  #replace(made: Made, representation: Representation): void {
    const former = made.representation;
    if (former !== undefined && former.sizeBytes <= representation.sizeBytes) return;
    if (former !== undefined) this.#remove(made);
    this.#install(made, representation);
  }

  /** Where there is no room, or nothing is kept, it is for the one request that waits. */
  #install(made: Made, representation: Representation): void {
    made.representation = representation;
    if (this.#keptCount === 0) return this.#forget(made);
    const cost = representation.sizeBytes + PLAN_OVERHEAD_BYTES;
    const entry = this.#options.sieve.add({ evict: () => this.#forget(made) }, cost);
    if (entry === undefined) return this.#forget(made);
    representation.use = entry;
  }

  #remove({ representation }: Made): void {
    const entry = representation?.use as SieveEntry<Installed> | undefined;
    if (entry === undefined) return;
    this.#options.sieve.remove(entry);
    representation!.use = undefined;
  }

  /** The next request has it made again. */
  #forget(made: Made): void {
    if (made.representation !== undefined) made.representation.use = undefined;
    for (const [name, other] of this.#made) if (other === made) this.#made.delete(name);
  }
}

const NOTHING: Promise<undefined> = Promise.resolve(undefined);

function nameOf(coding: DictionaryCoding, hash: string): string {
  return `${coding} ${hash}`;
}

/** As the encoder takes it. */
function sourceOf({ source, stat }: FilePlan): EncodingSource {
  return Buffer.isBuffer(source) ? source : { fd: source.fd, stat };
}

function retainSource({ source }: FilePlan): void {
  if (!Buffer.isBuffer(source)) source.retain();
}

function releaseSource({ source }: FilePlan): void {
  if (!Buffer.isBuffer(source)) source.release();
}
