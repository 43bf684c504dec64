// Plan and request -> reply: the part of RFC 9110 that depends on the request, once its file is known. Nothing here
// waits or asks the file system. A reply with slices of an open file retains the file once; the transport releases it
// when the reply is over.
import { FIELD_BIT } from "../http/fields.ts";
import type { Content, FileSlice, Reply, Request } from "../http/message.ts";
import { multipartByteranges } from "../http/multipart.ts";
import { CACHE } from "../http/notes.ts";
import { evaluatePreconditions, isRangeWanted } from "../http/preconditions.ts";
import { queryOf, withQuery } from "../http/query.ts";
import { formatContentRange, formatUnsatisfiedRange, type ParsedRanges, parseRanges } from "../http/range.ts";
import { acceptedCodings, chooseRepresentation, type DictionaryCoding } from "./codings/coding.ts";
import { decodedContent } from "./codings/decoded-content.ts";
import { completeSharedReply, refusedReply } from "./complete-reply.ts";
import { errorReply } from "./error-page.ts";
import {
  codingOfTag,
  type FilePlan,
  type ListingPlan,
  type Plan,
  type RedirectPlan,
  redirectReply,
} from "./plans/plan.ts";
import { contentOf, type Representation } from "./plans/representation.ts";

/** By these a client asks for digests: content/digests.ts adds them, and has to know what a reply represents. */
export const DIGEST_FIELDS: number = FIELD_BIT["want-repr-digest"] | FIELD_BIT["want-content-digest"];

/** Without any of these a request gets what the plan has ready. If-Range means nothing without Range. */
const DECIDING_FIELDS =
  DIGEST_FIELDS |
  FIELD_BIT["if-match"] |
  FIELD_BIT["if-unmodified-since"] |
  FIELD_BIT["if-none-match"] |
  FIELD_BIT["if-modified-since"] |
  FIELD_BIT.range;

/** With one of these, If-None-Match does not decide alone. */
const STRONGER_FIELDS = FIELD_BIT["if-match"] | FIELD_BIT["if-unmodified-since"];

/** What contents are of, or parts of; only where somebody asked for digests. A reply may get other fields meanwhile. */
const represented = new WeakMap<object, Representation>();

/** The selected representation (RFC 9110 §3.2), of which a reply to a request with DIGEST_FIELDS has the whole or a part. */
export function representationOf({ content }: Reply): Representation | undefined {
  return content && represented.get(content);
}

/**
 * For GET and HEAD. The reply to HEAD is that to GET, without the content where that would hold a file open. A listing
 * takes time and is made by lister.ts.
 * @param withDictionary the same content, coded with the dictionary that the request names
 */
export function answer(
  plan: Exclude<Plan, ListingPlan>,
  request: Request,
  nowMs: number,
  withDictionary?: Representation,
): Reply {
  switch (plan.kind) {
    case "file": {
      if (plan.decoded !== undefined && !acceptsStored(plan, request))
        return answerDecoded(plan, plan.decoded, request, nowMs);
      if (withDictionary !== undefined) return answerWithDictionary(plan, withDictionary, request, nowMs);
      const isChoice = plan.coded.length > 0 || plan.encodings !== undefined;
      const chosen = isChoice && request.has(FIELD_BIT["accept-encoding"]) ? choose(plan, request, nowMs) : plan;
      return request.has(DECIDING_FIELDS) ? decide(plan, chosen, request, nowMs) : whole(chosen, request);
    }
    // RFC 9110 §13.2.1: where the answer would not be 2xx, conditions are ignored.
    case "redirect":
      return redirect(plan, request);
    case "refusal": {
      const reply = completeSharedReply(plan.page.reply, plan.policy);
      return plan.code === undefined ? reply : refusedReply(reply, plan.code);
    }
    default:
      return plan satisfies never;
  }
}

/** The coding with a dictionary competes with the others, by its welcome and by its size. */
function answerWithDictionary(plan: FilePlan, coded: Representation, request: Request, nowMs: number): Reply {
  const accepted = acceptedCodings(request.field("accept-encoding"));
  const chosen = chooseRepresentation<Representation>(accepted, plan, [...plan.coded, coded]);
  noteUse(chosen, request);
  return request.has(DECIDING_FIELDS) ? decide(plan, chosen, request, nowMs) : whole(chosen, request);
}

/** Whether a file that is stored coded may be sent so. */
function acceptsStored({ coding }: FilePlan, request: Request): boolean {
  const accepted = acceptedCodings(request.field("accept-encoding"));
  return accepted[coding] > 0 && accepted[coding] >= accepted.identity;
}

/** Always whole: no position in it is known before it has been decoded (RFC 9110 §14.2 lets us ignore Range). */
function answerDecoded(
  plan: FilePlan,
  { representation, coding }: NonNullable<FilePlan["decoded"]>,
  request: Request,
  nowMs: number,
): Reply {
  const verdict = evaluatePreconditions(request, representation.validators, nowMs);
  if (verdict === "precondition-failed") return completeSharedReply(errorReply(412), plan.policy);
  if (verdict === "not-modified") return representation.notModified;
  const content = decodedContent(plan.source, plan.sizeBytes, coding);
  return { status: 200, fields: representation.fields, content };
}

function choose(plan: FilePlan, request: Request, nowMs: number): Representation {
  const accepted = acceptedCodings(request.field("accept-encoding"));
  if (accepted.favourite !== undefined) plan.encodings?.want(accepted.favourite, nowMs);
  const { choice, coded } = plan;
  const isSame = choice !== undefined && choice.accepted === accepted && choice.coded === coded;
  const chosen = isSame ? choice.chosen : chooseRepresentation<Representation>(accepted, plan, coded);
  if (!isSame) plan.choice = { accepted, coded, chosen };
  noteUse(chosen, request);
  return chosen;
}

function noteUse({ use }: Representation, request: Request): void {
  if (use === undefined) return;
  use.isVisited = true;
  request.notes.cache = CACHE.encoded;
}

function decide(plan: FilePlan, chosen: Representation, request: Request, nowMs: number): Reply {
  const { policy } = plan;
  // Browsers that come back send our one tag as we wrote it: no list to parse (0.1 us instead of 0.6).
  const known = request.field("if-none-match");
  if (known !== undefined && !request.has(STRONGER_FIELDS)) {
    if (known === chosen.etag) return chosen.notModified;
    const unchanged = equivalentOf(plan, chosen, known, request);
    if (unchanged !== undefined) return unchanged;
  }
  const part = partWanted(plan, chosen, request, nowMs);
  const selected = part?.of ?? chosen;
  const verdict = evaluatePreconditions(request, selected.validators, nowMs);
  if (verdict === "precondition-failed") return completeSharedReply(errorReply(412), policy);
  if (verdict === "not-modified") return selected.notModified;
  if (part === undefined) return noted(whole(chosen, request), chosen, request);
  const { of, ranges } = part;
  if (ranges.kind === "ranges") {
    return noted(ranges.slices.length === 1 ? single(of, ranges.slices[0]!) : several(of, ranges.slices), of, request);
  }
  // RFC 9110 §15.5.17
  const fields = `Content-Range: ${formatUnsatisfiedRange(of.sizeBytes)}\r\n`;
  return completeSharedReply(errorReply(416, fields), policy);
}

/** What a Range that counts is a range of (RFC 9110 §14.1.2: the selected representation, coded or not). */
interface PartWanted {
  readonly of: Representation;
  readonly ranges: Exclude<ParsedRanges, { kind: "ignored" }>;
}

/** Undefined where the whole is to be sent. */
function partWanted(plan: FilePlan, chosen: Representation, request: Request, nowMs: number): PartWanted | undefined {
  // RFC 9110 §14.2: only GET has ranges.
  if (request.method !== "GET" || !request.has(FIELD_BIT.range)) return undefined;
  const of = chosen.hasRanges ? chosen : sliceableOf(plan, request);
  // All codings have one date: a peer that names it may have the beginning of what was encoded here.
  const validators = of === chosen ? of.validators : { ...of.validators, lastModifiedMs: undefined };
  if (!isRangeWanted(request, validators, nowMs)) return undefined;
  const ranges = parseRanges(request.field("range")!, of.sizeBytes);
  return ranges.kind === "ignored" ? undefined : { of, ranges };
}

/**
 * What would be chosen if nothing had been encoded here. That comes and goes between two requests for parts of one file,
 * and peers put the parts together by their positions.
 */
function sliceableOf(plan: FilePlan, request: Request): Representation {
  const accepted = acceptedCodings(request.field("accept-encoding"));
  const lasting = plan.coded.filter(({ hasRanges }) => hasRanges);
  return chooseRepresentation<Representation>(accepted, plan, lasting);
}

/**
 * The peer may have the same content from earlier: as it was before it was encoded, or encoded by any thread. Sending it again
 * would save nothing. The reply names the tag that the peer has (RFC 9111 §4.3.4).
 */
function equivalentOf(plan: FilePlan, chosen: Representation, known: string, request: Request): Reply | undefined {
  // A cache may ask with the tag of a representation that this request does not accept (RFC 9111 §4.3.1).
  const isAccepted = (coding: FilePlan["coding"] | DictionaryCoding): boolean =>
    acceptedCodings(request.field("accept-encoding"))[coding] > 0;
  if (known === plan.etag) return isAccepted("identity") ? plan.notModified : undefined;
  const coding = codingOfTag(plan, known);
  return coding !== undefined && isAccepted(coding) ? chosen.notModifiedAs(known) : undefined;
}

function noted(reply: Reply, of: Representation, request: Request): Reply {
  if (request.has(DIGEST_FIELDS)) represented.set(reply.content!, of);
  return reply;
}

function whole(chosen: Representation, request: Request): Reply {
  return request.method === "HEAD" ? chosen.headOnly : retained(chosen.whole, chosen.whole.content as Content);
}

/**
 * RFC 9110 §15.3.7.1; with the fields of the whole file: a peer that sends If-Range has them already, but may have lost
 * them.
 */
function single(chosen: Representation, slice: FileSlice): Reply {
  const content = contentOf(chosen.source, [slice]);
  const fields = `${chosen.fields}Content-Range: ${formatContentRange(slice, chosen.sizeBytes)}\r\n`;
  return retained({ status: 206, fields, content }, content);
}

const TYPE_LINE = /^Content-Type: ([^\r]*)\r\n/im;

/** RFC 9110 §15.3.7.2 */
function several(chosen: Representation, slices: readonly FileSlice[]): Reply {
  // Random, so that no file can be written to contain its own boundary.
  const boundary = process.getBuiltinModule("node:crypto").randomUUID();
  // A rule of the site may have set or removed the type: each part has what the whole has.
  const mediaType = TYPE_LINE.exec(chosen.fields)?.[1];
  const parts = multipartByteranges(slices, chosen.sizeBytes, mediaType, boundary);
  const slicesOnly = contentOf(chosen.source, slices);
  const segments = slicesOnly.segments.flatMap((segment, index) => [parts.heads[index]!, segment]);
  const content: Content = { ...slicesOnly, length: parts.length, segments: [...segments, parts.tail] };
  const fields = `Content-Type: ${parts.contentType}\r\n${chosen.fields.replace(TYPE_LINE, "")}`;
  return retained({ status: 206, fields, content }, content);
}

function retained(reply: Reply, content: Content): Reply {
  content.file?.retain();
  return reply;
}

/** The query goes along (RFC 9110 §15.4 leaves it to us; servers that drop it break links that have one). */
function redirect(plan: RedirectPlan, request: Request): Reply {
  const query = plan.takesQuery ? queryOf(request.target) : "";
  return query === "" ? plan.reply : redirectReply(plan.status, withQuery(plan.location, query), plan.policy);
}
