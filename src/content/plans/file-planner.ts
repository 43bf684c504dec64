// An opened file -> its plan: the content, its precompressed files, and what may be encoded later. The former plan of
// the path stays if the file and its precompressed files are those from which it was made.
import type { PathPolicy } from "../../features/fields/path-policy.ts";
import { closeSpareDescriptor, readStart } from "../../files/descriptors.ts";
import type { Opened, Opener } from "../../files/opener.ts";
import { isSameVersion, isYoung } from "../../files/version.ts";
import { isCodedAs, MAGIC_BYTES, storedCodingOf } from "../codings/coding.ts";
import { isSameSidecars, type OpenedSidecar, SidecarFinder } from "../codings/sidecars.ts";
import { settled, type Task } from "../task.ts";
import { SMALL_FILE_LIMIT_BYTES, tagOfHash } from "../validators.ts";
import { type Freshness, isSameFile } from "./freshness.ts";
import type { Hashes } from "./hashes.ts";
import type { Encodings } from "./on-demand.ts";
import { type FilePlan, type Plan, planFile, representCoded, type Source } from "./plan.ts";
import { type OpenedFile, readSource } from "./read-source.ts";

export interface FilePlannerOptions {
  readonly opener: Opener;
  /** Opens a file, or reads it at once if it has no more than `limitBytes`; never fails. */
  readonly open: (path: string, limitBytes: number) => Opened | Promise<Opened>;
  readonly freshness: Freshness;
  /** Has plans encoded for which requests want a coding. @default none */
  readonly encodings?: Encodings | undefined;
  /** Has the hashes from which large files get tags by their content, too. @default tags by stat */
  readonly tagHashes?: Hashes | undefined;
}

export interface FileForPlan {
  /** As the opener takes it. */
  readonly path: string;
  /** Its descriptor is taken over. */
  readonly file: Extract<Opened, { kind: "file" }>;
  readonly former: Plan | undefined;
  readonly nowMs: number;
  readonly policy: PathPolicy;
}

export class FilePlanner {
  readonly #options: FilePlannerOptions;
  readonly #sidecars: SidecarFinder;

  constructor(options: FilePlannerOptions) {
    this.#options = options;
    this.#sidecars = new SidecarFinder(options);
  }

  *plan(toPlan: FileForPlan): Task<FilePlan> {
    const { path, file, former, nowMs } = toPlan;
    const { opener, freshness } = this.#options;
    const checkedMs = freshness.openedAt(opener, nowMs);
    const isSame = former?.kind === "file" && isSameFile(former, file.stat);
    const found = isSame ? undefined : (sourceAtOnce(file) ?? (yield* this.#read(file, SMALL_FILE_LIMIT_BYTES)));
    const isKept = former?.kind === "file" && (found === undefined || hasSameContent(former, found));
    const plan = isKept ? former : yield* this.#planStored(toPlan, found!);
    if (isSame) closeSpareDescriptor(file.fd);
    if (found !== undefined) plan.isYoung = isYoung(found.stat, nowMs);
    if (!plan.hasSidecars) return checkedAt(plan, checkedMs);
    // The usual case.
    const bare = isKept ? undefined : this.#sidecars.findNone(path, nowMs);
    if (bare !== undefined) {
      plan.surroundings = bare;
      this.#options.encodings?.attach(plan);
      return checkedAt(plan, Math.min(checkedMs, bare.folder!.checkedMs));
    }
    const limitBytes = Buffer.isBuffer(plan.source) ? SMALL_FILE_LIMIT_BYTES : -1;
    const { surroundings, opened } = yield* this.#sidecars.find(path, plan.stat, nowMs, limitBytes);
    const oldestMs = Math.min(checkedMs, surroundings.folder?.checkedMs ?? checkedMs);
    if (isKept && isSameSidecars(plan.surroundings, surroundings)) {
      for (const { fd } of opened) closeSpareDescriptor(fd);
      plan.surroundings = { ...surroundings, sidecars: plan.surroundings.sidecars };
      return checkedAt(plan, oldestMs);
    }
    const fresh = isKept ? this.#planSource(toPlan, found ?? sharedSourceOf(plan)) : plan;
    fresh.surroundings = surroundings;
    for (const sidecar of opened) yield* this.#addCoded(fresh, sidecar, nowMs);
    this.#options.encodings?.attach(fresh);
    return checkedAt(fresh, oldestMs);
  }

  /** Of a file that may be stored in a coding. */
  *#planStored(toPlan: FileForPlan, read: Source): Task<FilePlan> {
    const coding = storedCodingOf(toPlan.path);
    const isCoded = coding !== undefined && isCodedAs(coding, yield* this.#startOf(read));
    return this.#planSource(toPlan, read, isCoded ? coding : "identity");
  }

  #planSource(
    { path, nowMs, policy }: FileForPlan,
    { source, stat }: Source,
    coding: FilePlan["coding"] = "identity",
  ): FilePlan {
    const { tagHashes, opener } = this.#options;
    const hash = Buffer.isBuffer(source) ? undefined : tagHashes?.of(source, stat, nowMs);
    const tag = hash === undefined || hash instanceof Promise ? undefined : tagOfHash(hash);
    const plan = planFile({ path, source, stat, coding, tag, nowMs, policy, opener });
    if (hash instanceof Promise) void hash.then((found) => (plan.isProvisional = found !== undefined));
    return plan;
  }

  /**
   * A plan holds either memory or descriptors, so that one bound is enough for it: others are left out. So is what is
   * named as coded and is not, such as the page that a failed download has left: no client could decode it.
   */
  *#addCoded(plan: FilePlan, sidecar: OpenedSidecar, nowMs: number): Task<void> {
    const isMemory = Buffer.isBuffer(plan.source);
    const coded = yield* this.#read(sidecar, isMemory ? SMALL_FILE_LIMIT_BYTES : -1);
    sidecar.found.isMalformed = !isCodedAs(sidecar.coding, yield* this.#startOf(coded));
    if (Buffer.isBuffer(coded.source) === isMemory && !sidecar.found.isMalformed) {
      plan.coded = [...plan.coded, representCoded(plan, sidecar.coding, coded, nowMs)];
    } else if (!Buffer.isBuffer(coded.source)) {
      coded.source.release();
    }
  }

  /** The first bytes. Those of a large file are read, once for each version. */
  *#startOf({ source }: Source): Task<Uint8Array> {
    if (Buffer.isBuffer(source)) return source;
    const atOnce = this.#options.opener.readAtOnce?.(source.fd, MAGIC_BYTES)?.bytes;
    if (atOnce !== undefined) return atOnce;
    // A file that cannot be read is found out when it is sent.
    const none = new Uint8Array(0);
    return yield* settled(readStart(source.fd, MAGIC_BYTES).catch(() => none));
  }

  #read(file: OpenedFile, limitBytes: number): Task<Source> {
    return readSource(this.#options.opener, file, limitBytes);
  }
}

function sourceAtOnce({ bytes, stat }: OpenedFile): Source | undefined {
  return bytes === undefined ? undefined : { source: bytes, stat };
}

/**
 * Whether a file that had dirty pages and was read again is what it was. Its plan stays, with what was encoded for it: the
 * system takes half a minute to write the files of a deployment to the disk.
 */
function hasSameContent(plan: FilePlan, { source, stat }: Source): boolean {
  return (
    plan.stat.hasDirtyPages === true &&
    Buffer.isBuffer(plan.source) &&
    Buffer.isBuffer(source) &&
    isSameVersion(plan.stat, stat) &&
    plan.source.equals(source)
  );
}

/** Fresh from then on. */
function checkedAt(plan: FilePlan, checkedMs: number): FilePlan {
  plan.checkedMs = checkedMs;
  return plan;
}

/** For a second plan of the same version. */
function sharedSourceOf({ source, stat }: FilePlan): Source {
  if (!Buffer.isBuffer(source)) source.retain();
  return { source, stat };
}
