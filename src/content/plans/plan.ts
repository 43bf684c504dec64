// A plan: everything about the answer to a target that depends on the target and the site alone. It is made once
// (planner.ts) and kept (plan-cache.ts); every answer (answer.ts) is a quick function of plan and request.

import { forSize } from "../../features/fields/dictionaries.ts";
import { DEFAULT_POLICY, type PathPolicy } from "../../features/fields/path-policy.ts";
import type { FileStat, Opener } from "../../files/opener.ts";
import { isYoung } from "../../files/version.ts";
import type { EntityTag } from "../../http/etag.ts";
import { mediaTypeOf } from "../../http/media-type.ts";
import type { OpenFile, Reply } from "../../http/message.ts";
import type { SiteRefusalCode } from "../../http/site-refusals.ts";
import { type AcceptedCodings, type Coding, type DictionaryCoding, isCompressible } from "../codings/coding.ts";
import { NO_SURROUNDINGS, type Surroundings } from "../codings/sidecars.ts";
import { completeSharedReply } from "../complete-reply.ts";
import { errorReply } from "../error-page.ts";
import type { CheckedFolder } from "../folders.ts";
import { lastModifiedOf, tagOfBytes, tagOfMoment, tagOfStat } from "../validators.ts";
import { Representation, type Represented } from "./representation.ts";

export type Plan = FilePlan | RedirectPlan | RefusalPlan | ListingPlan;

/** What all plans have. */
interface Checked {
  /** The planner that made the plan, and the path for which: undefined for a plan of no planner. */
  madeBy?: object | undefined;
  madeFor?: string | undefined;
  /** Wall clock when the file system was last asked; set again each time it says that nothing has changed. */
  checkedMs: number;
}

/** A regular file; the plan is also its representation as it is stored: without coding, except for a few kinds of files. */
export class FilePlan extends Representation implements Checked {
  readonly kind = "file";
  declare readonly coding: Coding | "identity";
  checkedMs: number;
  /** Below the root that `opener` is for, as it takes it. */
  readonly path: string;
  readonly opener: Opener | undefined;
  declare readonly stat: FileStat;
  /** The stat proves nothing yet, or did not when the file was last read: the next check reads it again. */
  isYoung: boolean;
  /** The same content, coded: from precompressed files (sidecars), and later encoded on demand. */
  coded: readonly Representation[] = NOTHING_CODED;
  /** A better plan can be made by now: its content has been hashed. */
  isProvisional = false;
  /** The sidecars when they were last opened. */
  surroundings: Surroundings = NO_SURROUNDINGS;
  /**
   * The last choice from `coded`, with the codings that the request accepted: the next request mostly accepts the same.
   */
  choice: { accepted: AcceptedCodings; coded: readonly Representation[]; chosen: Representation } | undefined =
    undefined;
  /** What may be sent in place of the file, as it was found last; undefined until a request asks for that. */
  alternates: FoundAlternates | undefined = undefined;
  /** Adds codings to `coded` that requests ask for; undefined for a file that is not worth the effort. */
  encodings: PlanEncodings | undefined = undefined;
  /** The same content, coded with dictionaries that clients have; undefined where no dictionary may be used. */
  withDictionaries: PlanWithDictionaries | undefined = undefined;
  /**
   * For requests that do not accept the coding in which the file is stored: that coding, and what identifies and describes
   * the content without it. Undefined for most files, and where a rule of the site says how the file is coded.
   */
  readonly decoded: { readonly coding: Coding; readonly representation: Representation } | undefined;
  madeBy: object | undefined = undefined;
  madeFor: string | undefined = undefined;

  constructor({ path, stat, nowMs, policy = DEFAULT_POLICY, opener }: FileToPlan, represented: Stored) {
    super({ ...represented, stat }, forSize(policy, represented.sizeBytes));
    this.checkedMs = nowMs;
    this.path = path;
    this.opener = opener;
    this.isYoung = isYoung(stat, nowMs);
    this.decoded = represented.coding === "identity" ? undefined : decodedOf(this, represented.coding);
  }

  /** Whether precompressed files may hold the same content, and it may be encoded on demand. */
  get hasSidecars(): boolean {
    return this.isNegotiated && this.coding === "identity";
  }
}

/** A file is stored in a coding that needs no dictionary. */
type Stored = Represented & { readonly coding: Coding | "identity" };

function decodedOf(plan: Representation, coding: Coding): FilePlan["decoded"] {
  const { source, sizeBytes, mediaType, validators, policy } = plan;
  const etag = markedTag(validators.etag!, "decoded");
  const representation = new Representation(
    {
      coding: "identity",
      source,
      sizeBytes,
      mediaType,
      validators: { etag, lastModifiedMs: validators.lastModifiedMs },
      isNegotiated: true,
      hasRanges: false,
    },
    policy,
  );
  return /^content-encoding:/im.test(representation.fields) ? undefined : { coding, representation };
}

const NOTHING_CODED: readonly Representation[] = [];

/** Files in other media types, next to the file of a plan. They are the same for every request. */
export interface FoundAlternates {
  /** Wall clock in ms: when the file system was asked, at the latest. */
  checkedMs: number;
  /** In which they were looked for, and in which nothing else can be while it is as it was; undefined where that says nothing. */
  readonly folder: CheckedFolder | undefined;
  readonly found: readonly FoundAlternate[];
}

/** An alternate has a plan of its own, which the cache may drop: this says where to look for it, and holds nothing. */
export interface FoundAlternate {
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly key: Buffer;
  /** `hashTarget()` of the key. */
  readonly hash: number;
}

export interface PlanEncodings {
  /** A request prefers this coding. Tests one mask where nothing is left to do. */
  want(coding: Coding, nowMs: number): void;
  /** The cache keeps the plan under one more path; only a kept plan is encoded. */
  kept(): void;
  /** The cache has dropped the plan under one of its paths. */
  dropped(): void;
}

/** What dictionaries can make of a plan: see with-dictionary.ts. */
export interface PlanWithDictionaries {
  /** What is there already. @param hash of the dictionary */
  find(coding: DictionaryCoding, hash: string): Representation | undefined;
  /** Makes it, for this request and later ones; undefined where that is of no use, or there is no room. Never rejects. */
  make(coding: DictionaryCoding, hash: string, dictionary: FilePlan): Promise<Representation | undefined>;
  /** From a precompressed file. */
  add(coding: DictionaryCoding, hash: string, bytes: Buffer): Representation;
  /** As for `PlanEncodings`. */
  kept(): void;
  dropped(): void;
}

/** To the path of a folder with its final slash, or to the target of a rule. */
export interface RedirectPlan extends Checked {
  readonly kind: "redirect";
  readonly status: number;
  /** Absolute path or address, without the query of the request. */
  readonly location: string;
  /** Whether the query of the request goes along. */
  readonly takesQuery: boolean;
  readonly policy: PathPolicy;
  readonly reply: Reply;
}

/** There is no file that we can or may serve. */
export interface RefusalPlan extends Checked {
  readonly kind: "refusal";
  readonly status: number;
  /** Where to find the reply: many missing targets share the site's 404 page, which may change under them. */
  readonly page: { readonly reply: Reply };
  readonly policy: PathPolicy;
  /** False for 500 and 503: they may pass, and each one has to be reported. */
  readonly isKept: boolean;
  /** Why, as a code of docs/errors.md; undefined for what is simply missing. */
  readonly code: SiteRefusalCode | undefined;
}

/** A folder that is listed: its entries are read for each request. */
export interface ListingPlan extends Checked {
  readonly kind: "listing";
  /** Its path in the site, which ends in a slash. */
  readonly url: string;
  /** Below the root that `opener` is for, as it takes it. */
  readonly path: string;
  readonly opener: Opener;
  readonly policy: PathPolicy;
}

/** A file's content (bytes, or an open file that the plan takes over), and the stat that identifies its version. */
export interface Source {
  readonly source: Buffer | OpenFile;
  readonly stat: FileStat;
  /** The tag of the content, where it is known without the bytes. */
  readonly tag?: EntityTag | undefined;
}

export interface FileToPlan extends Source {
  /** As the opener takes it: its extension decides the media type. */
  readonly path: string;
  /** In which the file is stored. @default "identity" */
  readonly coding?: Coding | "identity";
  /** When the file was opened, before it was read. */
  readonly nowMs: number;
  readonly policy?: PathPolicy;
  readonly opener?: Opener | undefined;
}

export function planFile(file: FileToPlan): FilePlan {
  const { path, source, stat, tag, coding = "identity", nowMs, policy = DEFAULT_POLICY } = file;
  const mediaType = mediaTypeOf(path);
  const parts = partsOf(coding, { source, stat, tag }, nowMs, policy);
  const isNegotiated = coding !== "identity" || isCompressible(mediaType);
  return new FilePlan(file, { ...parts, mediaType, isNegotiated, hasRanges: true });
}

/** The same file, coded. */
export function representCoded(plan: FilePlan, coding: Coding, coded: Source, nowMs: number): Representation {
  const { source, sizeBytes, validators } = partsOf(coding, coded, nowMs, plan.policy);
  const { stat } = coded;
  return representAs(plan, { coding, source, sizeBytes, etag: validators.etag, stat, hasRanges: true });
}

/**
 * The same file, encoded here. Its tag is that of the file, and says what became of it: every thread makes the same, also after
 * a restart, and knows it where nothing is encoded yet. The bytes are in it, too, as two efforts make different ones.
 * @param opaque of these very bytes
 */
export function representEncoded(
  plan: FilePlan,
  coding: Coding | DictionaryCoding,
  bytes: Buffer,
  opaque: string,
): Representation {
  const etag = { isWeak: false, opaque: `${stemOf(plan)}-${coding}-${opaque.slice(1)}` };
  return representAs(plan, { coding, source: bytes, sizeBytes: bytes.length, etag, hasRanges: false });
}

const CODED_TAG = /^-(br|zstd|gzip|dcb|dcz)-[\w-]{1,20}"$/;

/** The coding of which this is a tag, where that is of the file of the plan, encoded here or by another thread. */
export function codingOfTag(plan: FilePlan, etag: string): Coding | DictionaryCoding | undefined {
  const stem = stemOf(plan);
  if (plan.validators.etag?.isWeak !== false || !etag.startsWith(stem)) return undefined;
  return CODED_TAG.exec(etag.slice(stem.length))?.[1] as Coding | DictionaryCoding | undefined;
}

/** The tag without its last quote. */
function stemOf({ validators }: FilePlan): string {
  return validators.etag!.opaque.slice(0, -1);
}

interface CodedContent extends Pick<Represented, "source" | "sizeBytes" | "hasRanges" | "stat"> {
  readonly coding: Coding | DictionaryCoding;
  readonly etag: EntityTag;
}

function representAs(plan: FilePlan, { etag, ...coded }: CodedContent): Representation {
  const { mediaType, isNegotiated, policy } = plan;
  // The date of a coded representation is the file's: that is when the content was last modified.
  const validators = { etag, lastModifiedMs: plan.validators.lastModifiedMs };
  return new Representation({ ...coded, mediaType, validators, isNegotiated }, policy);
}

interface Parts<Name> extends Pick<Represented, "source" | "sizeBytes"> {
  readonly coding: Name;
  readonly validators: { readonly etag: EntityTag; readonly lastModifiedMs: number | undefined };
}

function partsOf<Name extends Coding | "identity">(
  coding: Name,
  { source, stat, tag }: Source,
  nowMs: number,
  { inPlace }: PathPolicy,
): Parts<Name> {
  const isMemory = Buffer.isBuffer(source);
  const own = tag ?? (isMemory ? tagOfBytes(source) : tagOfFile(stat, nowMs));
  // RFC 9110 §8.8.3.3: the tag of an alternate is never that of the file in whose place it is sent, even if their bytes are the
  // same. All other tags that this URL has are a hash, or go on behind it in another way.
  const etag = inPlace === undefined ? own : markedTag(own, extensionOf(inPlace.url));
  const sizeBytes = isMemory ? source.length : stat.sizeBytes;
  return { coding, source, sizeBytes, validators: { etag, lastModifiedMs: lastModifiedOf(stat, nowMs) } };
}

/** The tag of the same file in another form. All hashes have one length, so what stands behind them cannot be part of one. */
function markedTag({ isWeak, opaque }: EntityTag, mark: string): EntityTag {
  return { isWeak, opaque: `${opaque.slice(0, -1)}-${mark}"` };
}

function extensionOf(url: string): string {
  return url.slice(url.lastIndexOf(".") + 1);
}

function tagOfFile(stat: FileStat, nowMs: number): EntityTag {
  return stat.hasDirtyPages === true ? tagOfMoment(stat, nowMs) : tagOfStat(stat, isYoung(stat, nowMs));
}

/**
 * Folders get 301 rather than 308: only GET and HEAD come here, whose method no client changes, and old clients know
 * 301.
 * @param location absolute path that begins with exactly one slash, or an address; without the query of a request
 */
export function planRedirect(
  location: string,
  nowMs: number,
  policy: PathPolicy = DEFAULT_POLICY,
  status = 301,
  takesQuery = true,
): RedirectPlan {
  const reply = redirectReply(status, location, policy);
  return { kind: "redirect", checkedMs: nowMs, status, location, takesQuery, policy, reply };
}

export function redirectReply(status: number, location: string, policy: PathPolicy): Reply {
  return completeSharedReply(errorReply(status, `Location: ${location}\r\n`), policy);
}

export function planRefusal(
  page: { readonly reply: Reply },
  nowMs: number,
  isKept: boolean,
  policy: PathPolicy = DEFAULT_POLICY,
  code?: SiteRefusalCode,
): RefusalPlan {
  return { kind: "refusal", checkedMs: nowMs, status: page.reply.status, page, isKept, policy, code };
}

/** Keeps the open files of a plan open until `releasePlan`. */
export function retainPlan(plan: Plan): void {
  for (const file of openFilesOf(plan)) file.retain();
}

export function releasePlan(plan: Plan): void {
  for (const file of openFilesOf(plan)) file.release();
}

const NO_FILES: readonly OpenFile[] = [];

export function openFilesOf(plan: Plan): readonly OpenFile[] {
  // A plan holds either memory or descriptors.
  if (plan.kind !== "file" || Buffer.isBuffer(plan.source)) return NO_FILES;
  return [plan, ...plan.coded]
    .map(({ source }) => source)
    .filter((source): source is OpenFile => !Buffer.isBuffer(source));
}
