// The reply to a request that names a dictionary (RFC 9842), numbered as it is found:
//
//   1. which          the hash of the dictionary, and the coding that the client prefers
//   2. known          content that was coded with that dictionary before
//   3. precompressed  "app.js.<hash>.dcb" next to the file, made by `heddle precompress --previous`
//   4. dictionary     what the site has, or had in its previous release, at the path that the client names by its id
//   5. encode         with that dictionary; the request waits for it, though not for long
//
// Each step may end in the usual coding. A dictionary is a file that the site would send to everyone who may send this
// request: its plan is made as if it had been asked for.
import { answer } from "../content/answer.ts";
import { acceptedCodings, type DictionaryCoding } from "../content/codings/coding.ts";
import { dictionaryHeader, dictionarySidecar } from "../content/codings/dictionary-header.ts";
import { HeldPlan } from "../content/plans/held-plan.ts";
import type { FilePlan } from "../content/plans/plan.ts";
import { readSource } from "../content/plans/read-source.ts";
import type { Representation } from "../content/plans/representation.ts";
import { settled, type Task } from "../content/task.ts";
import { closeSpareDescriptor } from "../files/descriptors.ts";
import { isReadable, parseAvailableDictionary, parseDictionaryId } from "../http/dictionary.ts";
import { FIELD_BIT } from "../http/fields.ts";
import type { Reply, Request } from "../http/message.ts";
import type { ResolvedSite } from "../options/resolved-options.ts";
import type { Asking } from "./asking.ts";
import type { Site } from "./site.ts";
import type { DictionaryOutcome, Steps } from "./steps.ts";

/** A precompressed file with a dictionary is read whole. One that is larger is hardly a difference. */
const PRECOMPRESSED_LIMIT_BYTES = 1_048_576;

/**
 * How long a request waits for what is encoded for it, in ms. A script of 1.7 MB takes a tenth of this, and comes several
 * times sooner than without a dictionary; behind many others in the queue, the usual coding is sooner.
 */
const WAIT_LIMIT_MS = 1_000;

/** A dictionary that a client has, and the coding in which it would like the reply. */
interface Wanted {
  readonly hash: string;
  readonly coding: DictionaryCoding;
}

export class Dictionaries {
  readonly #site: Site;
  readonly #cors: ResolvedSite["cors"];
  readonly #now: () => number;
  readonly #steps: Steps | undefined;

  constructor(site: Site, cors: ResolvedSite["cors"], now: () => number, steps: Steps | undefined) {
    this.#site = site;
    this.#cors = cors;
    this.#now = now;
    this.#steps = steps;
  }

  /** @param plan of a path for which dictionaries may be used */
  *answer(plan: FilePlan, asking: Asking): Task<Reply> {
    // What is waited for may be dropped from the cache meanwhile.
    const held = new HeldPlan(plan, "");
    try {
      const coded = yield* this.#find(plan, asking);
      return answer(plan, asking.request, this.#now(), coded);
    } finally {
      held[Symbol.dispose]();
    }
  }

  *#find(plan: FilePlan, asking: Asking): Task<Representation | undefined> {
    // 1. which
    const wanted = this.#wantedBy(asking.request);
    if (typeof wanted === "string") return this.#say(wanted);
    const { hash, coding } = wanted;
    const { withDictionaries } = plan;
    if (withDictionaries === undefined) return this.#say("not-worth");

    // 2. known
    const known = withDictionaries.find(coding, hash);
    if (known !== undefined) return known;

    // 3. precompressed
    const id = parseDictionaryId(asking.request.field("dictionary-id"));
    const bytes = yield* this.#readPrecompressed(plan, wanted);
    if (bytes !== undefined) {
      this.#steps?.dictionary({ coding, sizeBytes: bytes.length, from: dictionarySidecar(plan.path, coding, hash) });
      return withDictionaries.add(coding, hash, bytes);
    }

    // 4. dictionary
    const url = id === undefined ? undefined : plan.policy.dictionary?.urlOf(id);
    if (url === undefined) return this.#say(id === undefined ? "no-id" : "other-id");
    const found = yield* this.#take(url);
    if (found === undefined) return this.#say("gone");
    try {
      const { plan: dictionary } = found;
      if (dictionary.kind !== "file" || dictionary.policy.dictionary?.use === undefined) return this.#say("gone");
      if ((yield* this.#hashOf(dictionary)) !== hash) return this.#say("other-hash");

      // 5. encode
      const made = yield* settled(inTime(withDictionaries.make(coding, hash, dictionary)));
      if (made === undefined) return this.#say("not-encoded");
      this.#steps?.dictionary({ coding, sizeBytes: made.sizeBytes, from: url });
      return made;
    } finally {
      found[Symbol.dispose]();
    }
  }

  #wantedBy(request: Request): Wanted | Extract<DictionaryOutcome, string> {
    if (!request.has(FIELD_BIT["available-dictionary"])) return "unnamed";
    const hash = parseAvailableDictionary(request.field("available-dictionary")!);
    if (hash === undefined) return "malformed";
    const coding = acceptedCodings(request.field("accept-encoding")).favouriteWithDictionary;
    if (coding === undefined) return "not-accepted";
    // A part of it would be a part of one among many codings (RFC 9110 §14.2 lets us ignore the dictionary).
    if (request.has(FIELD_BIT.range)) return "range";
    return isReadable(request, (origin) => this.#mayRead(origin)) ? { hash, coding } : "unreadable";
  }

  /** Never with credentials: what only one visitor may read must not be measured by another site. */
  #mayRead(origin: string): boolean {
    if (this.#cors === undefined || this.#cors.credentials) return false;
    return this.#cors.origins === "*" || this.#cors.origins.includes(origin);
  }

  *#readPrecompressed({ path, opener, stat }: FilePlan, { hash, coding }: Wanted): Task<Buffer | undefined> {
    if (opener === undefined) return undefined;
    const name = dictionarySidecar(path, coding, hash);
    const opened =
      opener.openAtOnce?.(name, { toleranceMs: 0, readLimitBytes: PRECOMPRESSED_LIMIT_BYTES }) ??
      (yield* settled(opener.open(name)));
    if (opened.kind !== "file") return undefined;
    // As of all precompressed files: an older one may hold earlier content.
    if (opened.stat.mtimeNs < stat.mtimeNs || opened.stat.sizeBytes > PRECOMPRESSED_LIMIT_BYTES) {
      closeSpareDescriptor(opened.fd);
      return undefined;
    }
    const { source } = yield* readSource(opener, opened, PRECOMPRESSED_LIMIT_BYTES);
    if (!Buffer.isBuffer(source)) {
      source.release();
      return undefined;
    }
    const header = dictionaryHeader(coding, hash);
    return source.subarray(0, header.length).equals(header) ? source : undefined;
  }

  /** What the folders have at a path, where no rule leads elsewhere. */
  *#take(url: string): Task<HeldPlan | undefined> {
    const { mounts, routes } = this.#site;
    const { planner, path } = mounts.find(url);
    if (path === undefined || routes.leads(url, false)) return undefined;
    return yield* planner.task(path, url);
  }

  /** As a client names it. Undefined where it cannot be had in time. */
  *#hashOf({ source, stat }: FilePlan): Task<string | undefined> {
    const found = this.#site.survivors.hashes.of(source, stat, this.#now());
    const hash = found instanceof Promise ? yield* settled(inTime(found)) : found;
    return hash && Buffer.from(hash).toString("hex");
  }

  #say(outcome: Extract<DictionaryOutcome, string>): undefined {
    this.#steps?.dictionary(outcome);
  }
}

/** What comes later than that is for later requests. */
function inTime<T>(promise: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, WAIT_LIMIT_MS, undefined);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
