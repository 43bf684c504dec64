// The file that is sent in place of the one that was asked for: "page.md" for "page.html", "photo.avif" for "photo.jpg" (options
// `markdown` and `images`). It is chosen by Accept (RFC 9110 §12.1, proactive negotiation).
//
// What lies beside a file is looked for only when a client names its type, so all files of the site that may have alternates
// have `Vary: Accept`, also those without. What was found stays with the plan of the file. While that is fresh, and for as long as
// the folder is as it was, the choice is made at once (`selectAtOnce`, the hot way).
import { answer } from "../content/answer.ts";
import { type CheckedFolder, folderOf, isRemembered } from "../content/folders.ts";
import type { HeldPlan } from "../content/plans/held-plan.ts";
import type { FilePlan, FoundAlternate, FoundAlternates, Plan } from "../content/plans/plan.ts";
import { keyOfAlternate, type Planner } from "../content/plans/planner.ts";
import type { Task } from "../content/task.ts";
import { type AlternateType, chooseAlternate, namesAlternate } from "../features/fields/alternates.ts";
import type { PathAlternates } from "../features/fields/path-policy.ts";
import type { FileStat } from "../files/opener.ts";
import { hashTarget, type Reply, type Request } from "../http/message.ts";
import { AcceptedTypes } from "../http/negotiation.ts";
import { pathOf } from "../http/query.ts";
import { remembered } from "../http/remembered.ts";
import type { Asking } from "./asking.ts";
import type { Site } from "./site.ts";
import type { AlternateOffer, AlternateOutcome, Steps } from "./steps.ts";

/** Of a file for which Accept decides. */
export type NegotiatedPlan = FilePlan & { readonly policy: { readonly alternates: PathAlternates } };

export function isNegotiated(plan: Plan): plan is NegotiatedPlan {
  return plan.kind === "file" && plan.policy.alternates !== undefined;
}

const acceptedTypes = remembered((accept) => new AcceptedTypes(accept));

/** A copy of a site writes "a.avif" before "a.jpg", and may keep whole seconds only: this much older is as old. */
const ONE_COPY_NS = 1_000_000_000n;

/** What the hot way needs. */
type Kept = Pick<Site, "plans" | "freshness">;

/**
 * The plan that answers: of the file itself, or of an alternate. Undefined where that has to be looked up: nobody has looked yet,
 * or something has changed, or what was found then is not kept.
 */
export function selectAtOnce<P extends Plan>(
  plan: P,
  request: Request,
  kept: Kept,
  nowMs: number,
): P | FilePlan | undefined {
  if (!isNegotiated(plan)) return plan;
  const { alternates } = plan.policy;
  const known = plan.alternates;
  const isFresh = known !== undefined && kept.freshness.isFresh(known, nowMs);
  if (isFresh && known.found.length === 0) return plan;
  const accepted = acceptedTypes(request.field("accept"));
  if (!isFresh && !namesAlternate(accepted, alternates)) return plan;
  if (known === undefined || !(isFresh || isConfirmed(plan, known, kept, nowMs))) return undefined;
  const chosen = chooseAlternate(accepted, plan, known.found, alternates.amongEquals);
  return chosen === undefined ? plan : keptPlanOf(chosen, kept, nowMs);
}

/** Makes what was found fresh again, where the file system can say without waiting that it is as it was. */
function isConfirmed(plan: FilePlan, known: FoundAlternates, kept: Kept, nowMs: number): boolean {
  const { folder, found } = known;
  const { freshness } = kept;
  const stat = (): FileStat | undefined => plan.opener?.lookAtOnce?.(folderOf(plan.path), freshness.toleranceMs);
  if (folder === undefined || !freshness.isFolderUnchanged(folder, stat, nowMs)) return false;
  let { checkedMs } = folder;
  for (const one of found) {
    const other = keptPlanOf(one, kept, nowMs);
    if (other === undefined) return false;
    checkedMs = Math.min(checkedMs, other.checkedMs);
  }
  known.checkedMs = checkedMs;
  return true;
}

/** Undefined where the cache has dropped it, or it is another version by now. */
function keptPlanOf(one: FoundAlternate, { plans, freshness }: Kept, nowMs: number): FilePlan | undefined {
  const plan = plans.find(one.key, 0, one.key.length, one.hash);
  if (plan?.kind !== "file" || plan.sizeBytes !== one.sizeBytes || plan.stat.mtimeNs !== one.mtimeNs) return undefined;
  return freshness.refresh(plan, nowMs) ? plan : undefined;
}

export class Alternates {
  readonly #site: Site;
  readonly #now: () => number;
  readonly #steps: Steps | undefined;

  constructor(site: Site, now: () => number, steps: Steps | undefined) {
    this.#site = site;
    this.#now = now;
    this.#steps = steps;
  }

  /** Undefined where the file itself is to be sent. */
  *answer(original: NegotiatedPlan, asking: Asking): Task<Reply | undefined> {
    const { alternates } = original.policy;
    const accepted = acceptedTypes(asking.request.field("accept"));
    if (!namesAlternate(accepted, alternates)) {
      return this.#say({ kind: "unnamed", mediaTypes: alternates.types.map(({ mediaType }) => mediaType) });
    }
    using beside = new Beside(original, this.#now());
    for (const type of alternates.types) yield* this.#find(type, original, beside, asking);
    original.alternates = beside.found;
    if (beside.plans.length === 0) return undefined;
    const chosen = chooseAlternate(accepted, original, beside.plans, alternates.amongEquals);
    if (this.#steps !== undefined) this.#sayWhich(accepted, original, beside.plans, chosen);
    return chosen && answer(chosen, asking.request, this.#now());
  }

  #sayWhich(accepted: AcceptedTypes, plan: FilePlan, plans: readonly FilePlan[], chosen: FilePlan | undefined): void {
    const original = offerOf(plan, accepted.qualityOf(plan.mediaType));
    const offers = plans.map((found) => offerOf(found, accepted.namedQualityOf(found.mediaType)));
    if (chosen === undefined) this.#say({ kind: "not-preferred", offers, original });
    else this.#say({ kind: "sent", sent: offers[plans.indexOf(chosen)]!, original });
  }

  /** The first that can be sent. */
  *#find({ urls, sharedUrl }: AlternateType, original: NegotiatedPlan, beside: Beside, asking: Asking): Task<void> {
    const { mounts } = this.#site;
    const missing: string[] = [];
    for (const url of urls) {
      if (!this.#mayHave(url, beside, asking)) continue;
      const plan = yield* this.#planOf(url, original, beside);
      if (plan === undefined) {
        missing.push(url);
        continue;
      }
      const { path } = plan;
      const rival = url === sharedUrl ? yield* beside.rivalFor(path, mounts.find(url).planner) : undefined;
      if (rival !== undefined) this.#say({ kind: "shared", path, rival });
      else if (beside.isOutdated(plan)) this.#say({ kind: "older", path, original: original.path });
      else return beside.add(plan);
    }
    if (missing.length > 0) this.#say({ kind: "missing", urls: missing });
  }

  /** Undefined where nothing is there, or a rule leads away from it. */
  *#planOf(url: string, original: NegotiatedPlan, beside: Beside): Task<FilePlan | undefined> {
    const { mounts, routes } = this.#site;
    const { planner, path: resolved } = mounts.find(url);
    if (resolved === undefined || routes.leads(url, false)) return undefined;
    const { path } = resolved;
    if (!(yield* beside.mayBe(planner, path))) return undefined;
    return beside.take(yield* planner.alternate(resolved, original), path);
  }

  /** What needs a password must not be had under a path that needs none, and one plan may answer paths of both kinds. */
  #mayHave(url: string, beside: Beside, { request }: Asking): boolean {
    if (!this.#site.protection.protects(url)) return true;
    beside.isForAll = false;
    const mayHave = this.#site.asksForPassword(pathOf(request.target));
    if (!mayHave) this.#say({ kind: "protected", url });
    return mayHave;
  }

  #say(outcome: AlternateOutcome): undefined {
    this.#steps?.alternate(outcome);
  }
}

/** What was looked for beside a file, and what was found. */
class Beside implements Disposable {
  readonly plans: FilePlan[] = [];
  /** Whether other requests for the file would find the same. */
  isForAll = true;
  readonly #original: NegotiatedPlan;
  readonly #nowMs: number;
  readonly #held: HeldPlan[] = [];
  #checkedMs: number;
  /** Where all were looked for, if that is one. Undefined until one was. */
  #folder: CheckedFolder | undefined;
  #names: ReadonlySet<string> | undefined;
  /** Whether the folder tells of each change. */
  #isToldByFolder = true;

  constructor(original: NegotiatedPlan, nowMs: number) {
    this.#original = original;
    this.#nowMs = nowMs;
    this.#checkedMs = nowMs;
  }

  /** Whether a file may be there, as far as the names in its folder are known. */
  *mayBe(planner: Planner, path: string): Task<boolean> {
    const { folders } = planner;
    const folderPath = folderOf(path);
    // Before the file: one that is added meanwhile makes this stat old.
    const folder = yield* folders.lookInTime(folderPath, this.#nowMs);
    const isFirst = this.#folder === undefined;
    if (!isRemembered(folder) || planner !== this.#original.madeBy || !(isFirst || folder === this.#folder)) {
      this.#isToldByFolder = false;
      return true;
    }
    if (isFirst) this.#names = yield* folders.namesIn(folderPath, folder);
    this.#folder = folder;
    this.#checkedMs = Math.min(this.#checkedMs, folder.checkedMs);
    return this.#names?.has(nameOf(path)) !== false;
  }

  /** Holds the plan, and returns it if it is that of the file at the path. */
  take(held: HeldPlan, path: string): FilePlan | undefined {
    const { plan } = held;
    this.#held.push(held);
    // A file that could not be read may be readable the next time, in the same folder.
    if (plan.kind === "refusal" && plan.status !== 404) this.#isToldByFolder = false;
    if (plan.kind === "refusal" && !plan.isKept) this.isForAll = false;
    this.#checkedMs = Math.min(this.#checkedMs, plan.checkedMs);
    return plan.kind === "file" && plan.path === path ? plan : undefined;
  }

  /** The path of another file that may have what is at this path, because their names differ in their extensions only. */
  *rivalFor(path: string, planner: Planner): Task<string | undefined> {
    const names = planner === this.#original.madeBy ? this.#names : undefined;
    const stem = path.slice(0, path.lastIndexOf("."));
    for (const extension of this.#original.policy.alternates.rivals) {
      const rival = stem + extension;
      if (names === undefined ? yield* planner.hasFile(rival) : names.has(nameOf(rival))) return rival;
    }
    return undefined;
  }

  /** Whether it was made from an earlier version of the file. */
  isOutdated({ stat }: FilePlan): boolean {
    const { policy, stat: original } = this.#original;
    if (!policy.alternates.areDerived || stat.mtimeNs > original.mtimeNs - ONE_COPY_NS) return false;
    // It may be written anew in the same folder.
    this.#isToldByFolder = false;
    return true;
  }

  add(plan: FilePlan): void {
    this.plans.push(plan);
  }

  /** Undefined where the next request has to look again. */
  get found(): FoundAlternates | undefined {
    if (!this.isForAll) return undefined;
    const folder = this.#isToldByFolder ? this.#folder : undefined;
    return { checkedMs: this.#checkedMs, folder, found: this.plans.map(foundOf) };
  }

  [Symbol.dispose](): void {
    for (const held of this.#held) held[Symbol.dispose]();
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function offerOf({ path, mediaType, sizeBytes }: FilePlan, quality: number): AlternateOffer {
  return { path, mediaType, sizeBytes, quality };
}

function foundOf(plan: FilePlan): FoundAlternate {
  const key = keyOfAlternate(plan);
  const { mediaType, sizeBytes, stat } = plan;
  return { mediaType, sizeBytes, mtimeNs: stat.mtimeNs, key, hash: hashTarget(key, 0, key.length) };
}
