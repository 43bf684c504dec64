// Resolved path -> plan: opens what the path names, reads a small file, and tells what else the path may be (a folder,
// nothing, a file that may not be read). An old plan comes here too: the file is opened again, and the plan stays while
// the file is the version that was planned. Where the opener answers at once, so does the planner; requests for one path
// that have to wait at one time share the work.

import { mattersToAlternates } from "../../features/fields/alternates.ts";
import { DEFAULT_POLICY, type PathAlternates, type PathPolicy } from "../../features/fields/path-policy.ts";
import type { Policies } from "../../features/fields/policies.ts";
import { closeSpareDescriptor, outcomeOf } from "../../files/descriptors.ts";
import type { Opened } from "../../files/opener.ts";
import { hashTarget } from "../../http/message.ts";
import type { SiteRefusalCode } from "../../http/site-refusals.ts";
import { errorReply } from "../error-page.ts";
import { Folders } from "../folders.ts";
import { type ResolvedPath, writePath } from "../resolve.ts";
import { run, settled, type Task } from "../task.ts";
import { SMALL_FILE_LIMIT_BYTES } from "../validators.ts";
import { FilePlanner, type FilePlannerOptions } from "./file-planner.ts";
import { findPage, indexOf, type PageRules } from "./find-page.ts";
import type { Freshness } from "./freshness.ts";
import { HeldPlan } from "./held-plan.ts";
import {
  type FilePlan,
  type Plan,
  planRedirect,
  planRefusal,
  type RefusalPlan,
  releasePlan,
  retainPlan,
} from "./plan.ts";
import type { PlanCache } from "./plan-cache.ts";

export interface PlannerOptions extends Omit<FilePlannerOptions, "open"> {
  readonly cache: PlanCache;
  readonly freshness: Freshness;
  /** Wall clock, in ms. */
  readonly now: () => number;
  /** Told what the peer is not: why a file could not be opened or read. */
  readonly onError: (error: Error) => void;
  /** Told why we lack the permission to read a file. @default nobody is told */
  readonly onForbidden?: ((error: Error) => void) | undefined;
  /** Where the root is mounted in the site: "" or "/docs". @default "" */
  readonly prefix?: string;
  /** Of the site. @default the same policy for every path */
  readonly policies?: Policies | undefined;
  /**
   * Whether a rule answers a path of the site in place of what the folder has there: a rule for every path, or one for
   * missing paths. @default no rule does
   */
  readonly isDiverted?: (url: string, isMissing: boolean) => boolean;
  /** The pages of the site for its errors. @default the server's own */
  readonly errorPages?: ErrorPageFinder | undefined;
  /** Whether a path of this root is one of those pages. @default none is */
  readonly isErrorPage?: PageRules["isErrorPage"];
  readonly hasCleanUrls: PageRules["hasCleanUrls"];
  readonly keepsExtensions?: PageRules["keepsExtensions"];
  /** Lists folders that have no index page. */
  readonly hasListing: boolean;
  readonly trailingSlash: PageRules["trailingSlash"];
}

export interface ErrorPageFinder {
  find(status: number): Task<RefusalPlan["page"]>;
}

/** A plan that is being made. */
interface Planning {
  /** Never rejects. The plan is retained once, for all requests that wait for it. */
  readonly plan: Promise<Plan>;
  /** Requests that wait for the plan; the last one to hold it releases what was retained for all. */
  waitingCount: number;
}

/** What is asked of the file system for one plan. */
interface Asked {
  /** The path in the site, canonically written. */
  readonly url: string;
  /** That the visitor asked for, where a rewrite leads here. */
  readonly rewritten: string | undefined;
  /** The name under which planner and cache know the plan: `url`, or more where the policy is another. */
  readonly key: string;
  /** Of a file that is sent in place of another. */
  readonly policyOf: PathAlternates["policyOf"] | undefined;
  readonly resolved: ResolvedPath;
  /** Whether a rule for every path leads elsewhere. */
  readonly isDiverted: boolean;
  readonly former: Plan | undefined;
  readonly nowMs: number;
}

export class Planner {
  readonly #options: PlannerOptions;
  readonly #plannings = new Map<string, Planning>();
  readonly #files: FilePlanner;
  /** Folders in which alternates were looked for. */
  readonly folders: Folders;
  readonly #rules: PageRules;
  /** Whether some plan is kept under a key that no request has. */
  #hasOwnKeys = false;

  constructor(options: PlannerOptions) {
    this.#options = options;
    const { hasCleanUrls, keepsExtensions = false, trailingSlash, isErrorPage = () => false } = options;
    this.#rules = { hasCleanUrls, keepsExtensions, trailingSlash, isErrorPage };
    this.folders = new Folders(options, mattersToAlternates);
    this.#files = new FilePlanner({ ...options, open: (path, limitBytes) => this.#open(path, limitBytes) });
  }

  /** The plan of a path, kept or new. Never fails. */
  take(resolved: ResolvedPath): HeldPlan | Promise<HeldPlan> {
    return run(this.task(resolved));
  }

  /**
   * The same, as a task.
   * @param askedUrl the path as the plan's holder knows it
   * @param rewritten the path that the visitor asked for, where that is another
   */
  *task(resolved: ResolvedPath, askedUrl?: string, rewritten?: string): Task<HeldPlan> {
    const url = this.#urlOf(resolved.path, resolved.isFolder);
    const policyName = this.#policyNameOf(url, rewritten);
    const isDiverted = policyName !== "" || (this.#options.isDiverted?.(url, false) ?? false);
    const key = policyName === "" ? url : `${url}\0${policyName}`;
    return yield* this.#task({ url, rewritten, key, policyOf: undefined, resolved, isDiverted }, askedUrl ?? url);
  }

  /**
   * The plan of a file that is sent in place of another, with fields and a tag that say so.
   * @param original the plan of the other, for whose paths there are header rules
   */
  *alternate(resolved: ResolvedPath, { madeFor = "", policy }: Pick<FilePlan, "madeFor" | "policy">): Task<HeldPlan> {
    const url = this.#urlOf(resolved.path, resolved.isFolder);
    const key = `${url}\0in place of ${madeFor}`;
    const policyOf = policy.alternates?.policyOf;
    return yield* this.#task({ url, rewritten: undefined, key, policyOf, resolved, isDiverted: true }, url);
  }

  /** Whether a path leads to a file, also to one that may not be read. */
  *hasFile(path: string): Task<boolean> {
    const opened = yield* settled(this.#open(path, -1));
    if (opened.kind === "file") closeSpareDescriptor(opened.fd);
    return opened.kind !== "missing" && opened.kind !== "folder";
  }

  *#task(asked: Omit<Asked, "former" | "nowMs">, heldUrl: string): Task<HeldPlan> {
    const { freshness, now } = this.#options;
    const { key, isDiverted } = asked;
    const nowMs = now();
    const kept = this.#find(key, isDiverted);
    if (kept !== undefined && freshness.refresh(kept, nowMs)) return new HeldPlan(kept, heldUrl);

    const planning = this.#plannings.get(key) ?? this.#begin({ ...asked, former: kept, nowMs });
    if (!("waitingCount" in planning)) return heldOnce(planning, heldUrl);
    planning.waitingCount++;
    const plan = yield* settled(planning.plan);
    const held = new HeldPlan(plan, heldUrl);
    if (--planning.waitingCount === 0) releasePlan(plan);
    return held;
  }

  #policyNameOf(url: string, rewritten: string | undefined): string {
    return rewritten === undefined ? "" : (this.#options.policies?.nameOf(rewritten, url) ?? "");
  }

  /** @returns a plan that is retained once, or the work of all who wait for it */
  #begin(asked: Asked): Plan | Planning {
    const plan = run(this.#planAndKeep(asked));
    if (!(plan instanceof Promise)) return plan;
    const planning = { plan, waitingCount: 0 };
    this.#plannings.set(asked.key, planning);
    return planning;
  }

  #find(key: string, isDiverted: boolean): Plan | undefined {
    const kept = isDiverted ? undefined : this.#findOwn(key, bytesOf(key));
    return kept ?? (this.#hasOwnKeys ? this.#findOwn(key, ownBytesOf(key)) : undefined);
  }

  /**
   * The cache also has plans of other planners, and plans under paths from which a rule leads to them: what stands under
   * a path need not be what the folder has there, and may need a password that the path does not need.
   */
  #findOwn(key: string, bytes: Buffer): Plan | undefined {
    const kept = this.#options.cache.find(bytes, 0, bytes.length, hashTarget(bytes, 0, bytes.length));
    return kept?.madeBy === this && kept.madeFor === key ? kept : undefined;
  }

  /** Requests find under its path only a plan that answers them: no rule leads elsewhere, or will lead elsewhere. */
  #keep({ url, key, isDiverted }: Asked, plan: Plan): void {
    const { cache } = this.#options;
    plan.madeBy = this;
    plan.madeFor = key;
    const isAnswer = plan.kind !== "refusal" || !(this.#options.isDiverted?.(url, true) ?? false);
    if (!isDiverted && isAnswer) return cache.keep(bytesOf(key), plan);
    if (!isDiverted) cache.drop(bytesOf(key));
    this.#hasOwnKeys = true;
    cache.keep(ownBytesOf(key), plan);
  }

  *#planAndKeep(asked: Asked): Task<Plan> {
    const { key, former } = asked;
    // The cache may drop the former plan meanwhile; its file must not be closed then.
    if (former !== undefined) retainPlan(former);
    let plan: Plan;
    try {
      plan = yield* this.#plan(asked);
    } catch (cause) {
      plan = yield* this.#planFailure(500, asked.resolved.path, cause, asked);
    }
    this.#plannings.delete(key);
    this.#keep(asked, plan);
    if (former !== undefined && former !== plan) releasePlan(former);
    return plan;
  }

  *#plan(asked: Asked): Task<Plan> {
    const { resolved, former, nowMs } = asked;
    const found = yield* findPage(resolved, this.#rules, this.#openToRead);
    if (found.kind === "elsewhere") {
      return planRedirect(this.#urlOf(found.path, found.isFolder), this.#trueMs(nowMs), this.#policyOf(asked));
    }
    const { name, opened } = found;
    switch (opened.kind) {
      case "file": {
        const policy = this.#policyOf(asked, this.#urlOf(name, false));
        return yield* this.#files.plan({ path: name, file: opened, former, nowMs, policy });
      }
      case "folder":
      case "missing":
        return (yield* this.#planListing(name, asked)) ?? (yield* this.#planError(404, name, asked));
      case "refused":
        return yield* this.#planError(404, name, asked);
      case "forbidden":
        return yield* this.#planForbidden(name, opened.cause, asked);
      case "unavailable":
        return yield* this.#planFailure(503, name, opened.cause, asked);
      case "failed":
        return yield* this.#planFailure(500, name, opened.cause, asked);
      default:
        return opened satisfies never;
    }
  }

  /**
   * Of a folder whose index page is missing. The links of a listing need the slash, whatever the rule for slashes is.
   */
  *#planListing(missing: string, asked: Asked): Task<Plan | undefined> {
    const { hasListing, opener } = this.#options;
    const { nowMs, resolved } = asked;
    const { path, isFolder } = resolved;
    if (!hasListing || missing !== indexOf(path)) return undefined;
    const url = this.#urlOf(path, true);
    const opened = yield* settled(this.#open(path, -1));
    // May be entered, but not read: there is a folder, and nothing to list.
    if (opened.kind === "forbidden") return yield* this.#planForbidden(path, opened.cause, asked);
    if (opened.kind !== "folder") return undefined;
    const policy = this.#policyOf({ ...asked, url });
    if (!isFolder) return planRedirect(url, this.#trueMs(nowMs), policy);
    return { kind: "listing", checkedMs: this.#trueMs(nowMs), url, path, opener, policy };
  }

  /** When what was just found was true. "Not found" is true now: see `Opener.openAtOnce`. */
  #trueMs(nowMs: number): number {
    const { opener, freshness } = this.#options;
    return freshness.openedAt(opener, nowMs);
  }

  /** @param name of the file that was not found */
  *#planError(status: number, name: string, asked: Asked, code?: SiteRefusalCode): Task<Plan> {
    const { errorPages } = this.#options;
    const hasPage = errorPages !== undefined && !this.#rules.isErrorPage(name);
    const page = hasPage ? yield* errorPages.find(status) : { reply: errorReply(status) };
    // 500 and 503 may pass, and each one has to be reported.
    return planRefusal(page, asked.nowMs, status < 500, this.#policyOf(asked), code);
  }

  #planForbidden(name: string, cause: unknown, asked: Asked): Task<Plan> {
    this.#options.onForbidden?.(new Error(`may not read ${JSON.stringify(name)}`, { cause }));
    return this.#planError(403, name, asked, "FILE_FORBIDDEN");
  }

  #planFailure(status: 500 | 503, name: string, cause: unknown, asked: Asked): Task<Plan> {
    this.#options.onError(new Error(`cannot serve ${JSON.stringify(name)}`, { cause }));
    return this.#planError(status, name, asked, codeOf(status, cause));
  }

  #urlOf(path: string, isFolder: boolean): string {
    return (this.#options.prefix ?? "") + writePath(path, isFolder);
  }

  /** @param file its path in the site, where one was found */
  #policyOf({ url, rewritten, policyOf }: Pick<Asked, "url" | "rewritten" | "policyOf">, file?: string): PathPolicy {
    if (policyOf !== undefined && file !== undefined) return policyOf(file);
    return this.#options.policies?.of(url, file, rewritten) ?? DEFAULT_POLICY;
  }

  /** @param readLimitBytes as the opener takes it */
  #open(name: string, readLimitBytes: number): Opened | Promise<Opened> {
    const { opener, freshness } = this.#options;
    const opened = opener.openAtOnce?.(name, { toleranceMs: freshness.toleranceMs, readLimitBytes });
    return opened ?? this.#openInTime(name);
  }

  readonly #openToRead = (name: string): Opened | Promise<Opened> => this.#open(name, SMALL_FILE_LIMIT_BYTES);

  /** Out of descriptors, the files that plans keep open make room, once. */
  async #openInTime(name: string): Promise<Opened> {
    const { opener, cache } = this.#options;
    const opened = await opener.open(name);
    if (opened.kind !== "unavailable" || cache.usage.openFileCount === 0) return opened;
    cache.releaseOpenFiles();
    return opener.open(name);
  }
}

/** A root that is gone is as temporary as a lack of descriptors, and another thing to mend. */
function codeOf(status: 500 | 503, cause: unknown): SiteRefusalCode {
  if (status === 500) return "FILE_FAILED";
  return outcomeOf(cause) === "exhausted" ? "DESCRIPTORS_EXHAUSTED" : "ROOT_MISSING";
}

/** For the one request that has the plan. */
function heldOnce(plan: Plan, url: string): HeldPlan {
  const held = new HeldPlan(plan, url);
  releasePlan(plan);
  return held;
}

/** The bytes under which the cache has the plan of an alternate. */
export function keyOfAlternate({ madeFor = "" }: Plan): Buffer {
  return ownBytesOf(madeFor);
}

/** The bytes under which requests look for a plan. */
function bytesOf(key: string): Buffer {
  return Buffer.from(key, "latin1");
}

/** Bytes that no request has, because no path begins with a NUL. */
function ownBytesOf(key: string): Buffer {
  return Buffer.from(`\0${key}`, "latin1");
}
