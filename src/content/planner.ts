// Resolved path -> plan: opens what the path names, reads it when it is small, and says what else it may be
// (a folder, nothing, not ours to give). A plan that grew old comes here too: the file is opened again, and
// while it is the version that was planned the plan stays. Requests for one path at one time share a look.
import type { FileStat, Opened, Opener } from "../http/file.ts";
import { hashTarget } from "../http/message.ts";
import type { ContentTags } from "./content-tags.ts";
import { closeDescriptor, closeSpareDescriptor, readStart, statDescriptor } from "./descriptors.ts";
import type { Encodings } from "./encodings.ts";
import { errorReply } from "./error-page.ts";
import type { ErrorPages } from "./error-pages.ts";
import { findPage, indexOf, type PageRules } from "./find-page.ts";
import { SharedFile } from "./open-file.ts";
import {
  type FilePlan,
  isFresh,
  type Plan,
  planFile,
  planRedirect,
  planRefusal,
  releasePlan,
  representCoded,
  retainPlan,
  type Source,
} from "./plan.ts";
import type { PlanCache } from "./plan-cache.ts";
import { DEFAULT_POLICY, type PathPolicy } from "./representation.ts";
import { type ResolvedPath, writePath } from "./resolve.ts";
import { isSameSidecars, isUnchanged, SidecarFinder } from "./sidecars.ts";
import { isSameVersion, isYoung, SMALL_FILE_LIMIT_BYTES } from "./validators.ts";

/** Reads of a file that changes while it is read; then it is taken as it was found. */
const READ_LIMIT_COUNT = 3;

/**
 * How far a quick look may be behind on a root that is swapped, as a part of `revalidateMs`: opening the root is a
 * third of its price. Its plan counts as that much older, so that nothing is ever used for longer than `revalidateMs`.
 */
const ROOT_TOLERANCE = 0.1;
const ROOT_TOLERANCE_LIMIT_MS = 100;

export interface PlannerOptions {
  readonly opener: Opener;
  readonly cache: PlanCache;
  /** How long a plan is used without asking the file system, in ms. */
  readonly revalidateMs: number;
  /** Wall clock, in ms. */
  readonly now: () => number;
  /** Told what the peer is not: why a file could not be opened or read. */
  readonly onError: (error: Error) => void;
  /** Where the root is mounted in the site: "" or "/docs". @default "" */
  readonly prefix?: string;
  /** By the path in the site, as it is written in a URL. */
  readonly policyOf?: (url: string, fileUrl?: string) => PathPolicy;
  /** The pages of the site for its errors. @default the server's own */
  readonly errorPages?: ErrorPages;
  /** @default false */
  readonly hasCleanUrls?: PageRules["hasCleanUrls"];
  /** Has plans encoded that requests want coded. @default none are */
  readonly encodings?: Encodings | undefined;
  /** Tags by content for large files too. @default by stat */
  readonly contentTags?: ContentTags | undefined;
  /** Lists folders that have no index page. @default false */
  readonly hasListing?: boolean | undefined;
  /** @default "folders" */
  readonly trailingSlash?: PageRules["trailingSlash"];
}

/** A question to the file system that is under way. */
interface Look {
  /** Never rejects. The plan is retained for the look. */
  readonly plan: Promise<Plan>;
  /** Those who wait for the plan; the last one to use it lets go of it. */
  userCount: number;
}

export class Planner {
  readonly #options: PlannerOptions;
  readonly #looks = new Map<string, Look>();
  readonly #sidecars: SidecarFinder;
  readonly #rules: PageRules;

  constructor(options: PlannerOptions) {
    this.#options = options;
    const { hasCleanUrls = false, trailingSlash = "folders" } = options;
    this.#rules = { hasCleanUrls, trailingSlash, isErrorPage: (path) => this.#isErrorPage(path) };
    this.#sidecars = new SidecarFinder(options.opener, (path) => this.#open(path));
  }

  /**
   * Whether the plan can be used now: it is fresh, or the file system says at once that it is still right. Else only
   * `use` can tell: it is an old one of what is no file, or the system has to be asked in the long way. It may be
   * another planner's, of another root.
   */
  isCurrent(plan: Plan, nowMs: number): boolean {
    const { revalidateMs } = this.#options;
    if (isFresh(plan, revalidateMs, nowMs)) return true;
    if (plan.kind !== "file") return false;
    const toleranceMs = Math.min(revalidateMs * ROOT_TOLERANCE, ROOT_TOLERANCE_LIMIT_MS);
    const look = (path: string): FileStat | undefined => plan.opener?.lookAtOnce?.(path, toleranceMs);
    const stat = look(plan.path);
    if (stat === undefined || !isSameFile(plan, stat)) return false;
    if (plan.isNegotiated && !isUnchanged(plan.path, plan.surroundings, look)) return false;
    plan.checkedMs = nowMs - toleranceMs;
    return true;
  }

  /** Gives `use` the plan for a path, which is open for as long as `use` runs. Rejects only if `use` throws. */
  async use<T>(resolved: ResolvedPath, use: (plan: Plan) => T): Promise<T> {
    const { cache, now } = this.#options;
    const url = this.#urlOf(resolved.path, resolved.isFolder);
    const key = Buffer.from(url, "latin1");
    const kept = cache.find(key, 0, key.length, hashTarget(key, 0, key.length));
    if (kept !== undefined && this.isCurrent(kept, now())) return use(kept);

    let look = this.#looks.get(url);
    if (look === undefined) {
      look = { plan: this.#look(url, key, resolved, kept), userCount: 0 };
      this.#looks.set(url, look);
    }
    look.userCount++;
    const plan = await look.plan;
    try {
      return use(plan);
    } finally {
      if (--look.userCount === 0) releasePlan(plan);
    }
  }

  async #look(url: string, key: Buffer, resolved: ResolvedPath, former: Plan | undefined): Promise<Plan> {
    // It may be evicted meanwhile, and must not be closed then.
    if (former !== undefined) retainPlan(former);
    const plan = await this.#plan(url, resolved, former, this.#options.now());
    this.#looks.delete(url);
    this.#options.cache.keep(key, plan);
    if (former !== undefined && former !== plan) releasePlan(former);
    return plan;
  }

  async #plan(url: string, resolved: ResolvedPath, former: Plan | undefined, nowMs: number): Promise<Plan> {
    try {
      const found = await findPage(resolved, this.#rules, (name) => this.#open(name));
      if (found.kind === "elsewhere") {
        return planRedirect(this.#urlOf(found.path, found.isFolder), nowMs, this.#policyOf(url));
      }
      const { name, opened } = found;
      switch (opened.kind) {
        case "file":
          return await this.#planOpened(name, opened, former, nowMs, this.#policyOf(url, this.#urlOf(name, false)));
        case "folder":
        case "missing":
          return (await this.#planListing(resolved, name, nowMs)) ?? (await this.#planError(404, url, name, nowMs));
        case "refused":
          return await this.#planError(404, url, name, nowMs);
        case "forbidden":
          return await this.#planError(403, url, name, nowMs);
        case "unavailable":
          return await this.#planFailure(503, url, name, opened.cause, nowMs);
        case "failed":
          return await this.#planFailure(500, url, name, opened.cause, nowMs);
        default:
          return opened satisfies never;
      }
    } catch (cause) {
      return await this.#planFailure(500, url, resolved.path, cause, nowMs);
    }
  }

  /** Of a folder whose index page is what is missing. Its links need the slash, whatever the rule for slashes is. */
  async #planListing({ path, isFolder }: ResolvedPath, missing: string, nowMs: number): Promise<Plan | undefined> {
    const { hasListing = false, opener } = this.#options;
    if (!hasListing || missing !== indexOf(path)) return undefined;
    const url = this.#urlOf(path, true);
    const opened = await this.#open(path);
    // May be entered, but not read: there is a folder, and nothing to list.
    if (opened.kind === "forbidden") return this.#planError(403, url, path, nowMs);
    if (opened.kind !== "folder") return undefined;
    const policy = this.#policyOf(url);
    if (!isFolder) return planRedirect(url, nowMs, policy);
    return { kind: "listing", checkedMs: nowMs, url, path, opener, policy };
  }

  #urlOf(path: string, isFolder: boolean): string {
    return (this.#options.prefix ?? "") + writePath(path, isFolder);
  }

  #policyOf(url: string, fileUrl?: string): PathPolicy {
    return this.#options.policyOf?.(url, fileUrl) ?? DEFAULT_POLICY;
  }

  /** They lie in the root, which has no prefix. */
  #isErrorPage(path: string): boolean {
    const { prefix = "", errorPages } = this.#options;
    return prefix === "" && errorPages !== undefined && errorPages.has(path);
  }

  /** Out of descriptors, the files that plans keep open make room, once. */
  async #open(name: string): Promise<Opened> {
    const { opener, cache } = this.#options;
    const opened = await opener.open(name);
    if (opened.kind !== "unavailable" || cache.usage.openFileCount === 0) return opened;
    cache.releaseOpenFiles();
    return opener.open(name);
  }

  /** Takes the descriptor over. The former plan stays if the file and its sidecars are those that it was made from. */
  async #planOpened(
    path: string,
    file: OpenedFile,
    former: Plan | undefined,
    nowMs: number,
    policy: PathPolicy,
  ): Promise<Plan> {
    const isKept = former?.kind === "file" && isSameFile(former, file.stat);
    const plan = isKept
      ? former
      : this.#planSource(path, await this.#read(file, SMALL_FILE_LIMIT_BYTES), nowMs, policy);
    if (isKept) closeSpareDescriptor(file.fd);
    if (!plan.isNegotiated) return checkedAt(plan, nowMs);
    const { surroundings, opened } = await this.#sidecars.find(path, plan.stat, nowMs);
    if (isKept && isSameSidecars(plan.surroundings, surroundings)) {
      for (const { fd } of opened) closeSpareDescriptor(fd);
      plan.surroundings = surroundings;
      return checkedAt(plan, nowMs);
    }
    const fresh = isKept ? this.#planSource(path, sharedSourceOf(plan), nowMs, policy) : plan;
    fresh.surroundings = surroundings;
    // What a plan holds is memory or descriptors, so that one bound is enough for it.
    const limitBytes = Buffer.isBuffer(fresh.source) ? SMALL_FILE_LIMIT_BYTES : -1;
    for (const sidecar of opened) {
      const source = await this.#read(sidecar, limitBytes);
      if (Buffer.isBuffer(source.source) === Buffer.isBuffer(fresh.source)) {
        fresh.coded = [...fresh.coded, representCoded(fresh, sidecar.coding, source, nowMs)];
      } else if (!Buffer.isBuffer(source.source)) {
        source.source.release();
      }
    }
    this.#options.encodings?.attach(fresh);
    return fresh;
  }

  #planSource(path: string, { source, stat }: Source, nowMs: number, policy: PathPolicy): FilePlan {
    const { contentTags, opener } = this.#options;
    const isHashed = contentTags !== undefined && !Buffer.isBuffer(source) && !isYoung(stat, nowMs);
    const tag = isHashed ? contentTags.tagOf(source, stat, () => (plan.isProvisional = true)) : undefined;
    const plan = planFile(path, { source, stat, tag }, nowMs, policy, opener);
    return plan;
  }

  /** Takes the descriptor over: what is up to the limit becomes bytes. */
  async #read({ fd, stat }: OpenedDescriptor, limitBytes: number): Promise<Source> {
    const found = await this.#readSmall(fd, stat, limitBytes).catch((cause: unknown) => {
      closeDescriptor(fd);
      throw cause;
    });
    if (found.bytes === undefined) return { source: new SharedFile(fd), stat: found.stat };
    closeSpareDescriptor(fd);
    return { source: found.bytes, stat: found.stat };
  }

  /**
   * The bytes of a small file with the stat that they belong to. A file that is written to all the time, as a log
   * is, is taken as it was found in the end: its tag is of these very bytes, and its stat differs at the next look.
   */
  async #readSmall(
    fd: number,
    stat: FileStat,
    limitBytes: number,
  ): Promise<{ stat: FileStat; bytes: Buffer | undefined }> {
    const { opener } = this.#options;
    for (let attempt = 1; stat.sizeBytes <= limitBytes; attempt++) {
      const read = opener.readAtOnce?.(fd, stat.sizeBytes) ?? (await readInTime(fd, stat.sizeBytes));
      if (isSameVersion(stat, read.stat) || attempt === READ_LIMIT_COUNT) return { stat, bytes: read.bytes };
      stat = read.stat;
    }
    return { stat, bytes: undefined };
  }

  async #planError(status: number, url: string, name: string, nowMs: number, isKept = true): Promise<Plan> {
    const { errorPages } = this.#options;
    const hasPage = errorPages !== undefined && !this.#isErrorPage(name);
    const page = hasPage ? await errorPages.look(status) : { reply: errorReply(status) };
    return planRefusal(page, nowMs, isKept, this.#policyOf(url));
  }

  #planFailure(status: 500 | 503, url: string, name: string, cause: unknown, nowMs: number): Promise<Plan> {
    this.#options.onError(new Error(`cannot serve ${JSON.stringify(name)}`, { cause }));
    return this.#planError(status, url, name, nowMs, false);
  }
}

interface OpenedDescriptor {
  readonly fd: number;
  readonly stat: FileStat;
}

type OpenedFile = Extract<Opened, { kind: "file" }>;

/** Whether the file is the version that the plan was made from. */
function isSameFile(plan: FilePlan, stat: FileStat): boolean {
  return !plan.isYoung && !plan.isProvisional && isSameVersion(plan.stat, stat);
}

/** It is good for another while from then. */
function checkedAt(plan: FilePlan, nowMs: number): FilePlan {
  plan.checkedMs = nowMs;
  return plan;
}

/** For a second plan of the same version. */
function sharedSourceOf({ source, stat }: FilePlan): Source {
  if (!Buffer.isBuffer(source)) source.retain();
  return { source, stat };
}

async function readInTime(fd: number, sizeBytes: number): Promise<{ bytes: Buffer; stat: FileStat }> {
  const bytes = await readStart(fd, sizeBytes);
  return { bytes, stat: await statDescriptor(fd) };
}
