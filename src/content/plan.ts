// A plan: what a target leads to, as far as it depends on target and site alone. It is made once (planner.ts),
// kept (plan-cache.ts), and every answer (answer.ts) is a quick function of it and a request.
import type { EntityTag } from "../http/etag.ts";
import type { FileStat, Opener } from "../http/file.ts";
import { mediaTypeOf } from "../http/media-type.ts";
import type { OpenFile, Reply } from "../http/message.ts";
import { type AcceptedCodings, type Coding, isCompressible } from "./coding.ts";
import { errorReplyWith } from "./error-page.ts";
import { DEFAULT_POLICY, type PathPolicy, pageFields, type Representation, represent } from "./representation.ts";
import { NO_SURROUNDINGS, type Surroundings } from "./sidecars.ts";
import { isYoung, lastModifiedOf, tagOfBytes, tagOfStat } from "./validators.ts";

export type Plan = FilePlan | RedirectPlan | RefusalPlan | ListingPlan;

interface Checked {
  /** Wall clock when the file system was last asked; set again each time it says that nothing has changed. */
  checkedMs: number;
}

/** A regular file; what it is a representation of without coding. */
export interface FilePlan extends Checked, Representation {
  readonly kind: "file";
  readonly coding: "identity";
  /** Below the root that `opener` is for, as it takes it. */
  readonly path: string;
  readonly opener: Opener | undefined;
  readonly stat: FileStat;
  /** Too young to be told from its next version by its stat: at the next check it is read again. */
  readonly isYoung: boolean;
  /** Whether its type is worth a coding: replies then say that they vary. */
  readonly isNegotiated: boolean;
  readonly policy: PathPolicy;
  /** The same content, coded: from sidecars, and later what was encoded here. */
  coded: readonly Representation[];
  /** A better one can be made now, from what was found out since. */
  isProvisional: boolean;
  /** What the sidecars were when they were looked for. */
  surroundings: Surroundings;
  /** The last choice from `coded`, for whom: mostly the next request is of the same kind. */
  choice: { accepted: AcceptedCodings; coded: readonly Representation[]; chosen: Representation } | undefined;
  /** Adds to `coded` what requests ask for; undefined for a file that is not worth it. */
  encodings: PlanEncodings | undefined;
}

export interface PlanEncodings {
  /** A request would like this coding best. Costs one look at a mask where nothing is left to do. */
  want(coding: Coding, nowMs: number): void;
  /** The plan is in the cache from now on, once more; only then is encoding it worth the while. */
  kept(): void;
  /** The cache has let go of it, once. */
  dropped(): void;
}

/** A folder that was asked for without its final slash, or what a rule sends elsewhere. */
export interface RedirectPlan extends Checked {
  readonly kind: "redirect";
  readonly status: number;
  /** Absolute path or address, without the query of the request. */
  readonly location: string;
  readonly policy: PathPolicy;
  readonly reply: Reply;
}

/** No file that we can or may serve. */
export interface RefusalPlan extends Checked {
  readonly kind: "refusal";
  readonly status: number;
  /** Where to find the reply: many missing targets share the site's 404 page, which may change under them. */
  readonly page: { readonly reply: Reply };
  readonly policy: PathPolicy;
  /** False for what passes, or what somebody must hear of each time: 503 and 500. */
  readonly isKept: boolean;
}

/** A folder that is listed: what is in it is read when it is asked for. */
export interface ListingPlan extends Checked {
  readonly kind: "listing";
  /** Its path in the site, which ends in a slash. */
  readonly url: string;
  /** Below the root that `opener` is for, as it takes it. */
  readonly path: string;
  readonly opener: Opener;
  readonly policy: PathPolicy;
}

/** Bytes, or an open file whose first user the plan becomes; with what tells its version. */
export interface Source {
  readonly source: Buffer | OpenFile;
  readonly stat: FileStat;
  /** Of the content, where that is known otherwise than by the bytes. */
  readonly tag?: EntityTag | undefined;
}

/**
 * @param path of the file, as the opener takes it: its extension decides the media type
 * @param nowMs when the file was opened, before it was read
 */
export function planFile(
  path: string,
  { source, stat, tag }: Source,
  nowMs: number,
  policy: PathPolicy = DEFAULT_POLICY,
  opener?: Opener,
): FilePlan {
  const mediaType = mediaTypeOf(path);
  const isNegotiated = isCompressible(mediaType);
  const described = describe("identity", { source, stat, tag }, nowMs);
  return {
    ...represent({ ...described, mediaType, isNegotiated }, policy),
    kind: "file",
    coding: "identity",
    checkedMs: nowMs,
    path,
    opener,
    stat,
    isYoung: isYoung(stat, nowMs),
    isNegotiated,
    policy,
    coded: [],
    isProvisional: false,
    surroundings: NO_SURROUNDINGS,
    choice: undefined,
    encodings: undefined,
  };
}

/** The same file, coded. */
export function representCoded(plan: FilePlan, coding: Coding, coded: Source, nowMs: number): Representation {
  const { source, sizeBytes, validators } = describe(coding, coded, nowMs);
  return representAs(plan, coding, source, sizeBytes, validators.etag);
}

/** The same file, encoded here. @param opaque of these very bytes */
export function representEncoded(plan: FilePlan, coding: Coding, bytes: Buffer, opaque: string): Representation {
  return representAs(plan, coding, bytes, bytes.length, { isWeak: false, opaque });
}

function representAs(
  { mediaType, isNegotiated, policy, validators: { lastModifiedMs } }: FilePlan,
  coding: Coding,
  source: Buffer | OpenFile,
  sizeBytes: number,
  etag: EntityTag,
): Representation {
  // Its date is the file's: that is when the content was last modified.
  const validators = { etag, lastModifiedMs };
  return represent({ coding, source, sizeBytes, mediaType, validators, isNegotiated }, policy);
}

function describe<Name extends Coding | "identity">(coding: Name, { source, stat, tag }: Source, nowMs: number) {
  const isMemory = Buffer.isBuffer(source);
  const etag = tag ?? (isMemory ? tagOfBytes(source) : tagOfStat(stat, isYoung(stat, nowMs)));
  const sizeBytes = isMemory ? source.length : stat.sizeBytes;
  return { coding, source, sizeBytes, validators: { etag, lastModifiedMs: lastModifiedOf(stat, nowMs) } };
}

/** The site's own page for an error, as it is for every path. */
export function pageReply(status: number, page: FilePlan): Reply {
  return { status, fields: pageFields(page), content: page.whole.content };
}

/**
 * 301 rather than 308 for folders: only GET and HEAD come here, whose method no client changes, and old clients know it.
 * @param location absolute path that begins with exactly one slash, or an address; without the query of a request
 */
export function planRedirect(
  location: string,
  nowMs: number,
  policy: PathPolicy = DEFAULT_POLICY,
  status = 301,
): RedirectPlan {
  const reply = redirectReply(status, location, policy);
  return { kind: "redirect", checkedMs: nowMs, status, location, policy, reply };
}

export function redirectReply(status: number, location: string, policy: PathPolicy): Reply {
  return completed(errorReplyWith(status, `Location: ${location}\r\n`), policy);
}

export function planRefusal(
  page: { readonly reply: Reply },
  nowMs: number,
  isKept: boolean,
  policy: PathPolicy = DEFAULT_POLICY,
): RefusalPlan {
  return { kind: "refusal", checkedMs: nowMs, status: page.reply.status, page, isKept, policy };
}

/** The reply with the fields that the site wants for its path: the same object for the same reply. */
export function completed(reply: Reply, policy: PathPolicy): Reply {
  if (policy === DEFAULT_POLICY) return reply;
  const known = completions.get(policy);
  if (known?.from === reply) return known.reply;
  const made = {
    status: reply.status,
    fields: policy.complete(reply.fields, reply.status >= 400),
    content: reply.content,
  };
  completions.set(policy, { from: reply, reply: made });
  return made;
}

/** A path has one policy, and mostly one reply of this kind: the last is kept as long as the policy. */
const completions = new WeakMap<PathPolicy, { readonly from: Reply; readonly reply: Reply }>();

/** Whether it may be used without asking the file system. A clock that was set back makes every plan old. */
export function isFresh(plan: Plan, revalidateMs: number, nowMs: number): boolean {
  const ageMs = nowMs - plan.checkedMs;
  return ageMs >= 0 && ageMs < revalidateMs;
}

/** One more user of what the plan holds open, so that it stays usable for the time of a question. */
export function retainPlan(plan: Plan): void {
  for (const file of openFilesOf(plan)) file.retain();
}

export function releasePlan(plan: Plan): void {
  for (const file of openFilesOf(plan)) file.release();
}

export function openFilesOf(plan: Plan): readonly OpenFile[] {
  if (plan.kind !== "file") return [];
  return [plan, ...plan.coded]
    .map(({ source }) => source)
    .filter((source): source is OpenFile => !Buffer.isBuffer(source));
}
