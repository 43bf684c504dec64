// Plan and request -> reply: the part of RFC 9110 that depends on the request, once its file is known. Nothing here
// waits or asks the file system. A reply with slices of an open file retains the file once; the transport releases it
// when the reply is over.
import { FIELD_BIT } from "../http/fields.ts";
import type { Content, FileSlice, Reply, Request } from "../http/message.ts";
import { multipartByteranges } from "../http/multipart.ts";
import { evaluatePreconditions, isRangeWanted } from "../http/preconditions.ts";
import { queryOf, withQuery } from "../http/query.ts";
import { formatContentRange, formatUnsatisfiedRange, parseRanges } from "../http/range.ts";
import { acceptedCodings, chooseRepresentation } from "./codings/coding.ts";
import { completeSharedReply } from "./complete-reply.ts";
import { errorReply } from "./error-page.ts";
import { type FilePlan, type ListingPlan, type Plan, type RedirectPlan, redirectReply } from "./plans/plan.ts";
import { contentOf, type Representation } from "./plans/representation.ts";

/** Without any of these a request gets what the plan has ready. If-Range means nothing without Range. */
const DECIDING_FIELDS =
  FIELD_BIT["if-match"] |
  FIELD_BIT["if-unmodified-since"] |
  FIELD_BIT["if-none-match"] |
  FIELD_BIT["if-modified-since"] |
  FIELD_BIT.range;

/** With one of these, If-None-Match does not decide alone. */
const STRONGER_FIELDS = FIELD_BIT["if-match"] | FIELD_BIT["if-unmodified-since"];

/**
 * For GET and HEAD. The reply to HEAD is that to GET, without the content where that would hold a file open. A listing
 * takes time and is made by lister.ts.
 */
export function answer(plan: Exclude<Plan, ListingPlan>, request: Request, nowMs: number): Reply {
  switch (plan.kind) {
    case "file": {
      const isChoice = plan.coded.length > 0 || plan.encodings !== undefined;
      const chosen = isChoice && request.has(FIELD_BIT["accept-encoding"]) ? choose(plan, request, nowMs) : plan;
      return request.has(DECIDING_FIELDS) ? decide(plan, chosen, request, nowMs) : whole(chosen, request);
    }
    // RFC 9110 §13.2.1: where the answer would not be 2xx, conditions are ignored.
    case "redirect":
      return redirect(plan, request);
    case "refusal":
      return completeSharedReply(plan.page.reply, plan.policy);
    default:
      return plan satisfies never;
  }
}

function choose(plan: FilePlan, request: Request, nowMs: number): Representation {
  const accepted = acceptedCodings(request.field("accept-encoding"));
  if (accepted.favourite !== undefined) plan.encodings?.want(accepted.favourite, nowMs);
  const { choice, coded } = plan;
  const isSame = choice !== undefined && choice.accepted === accepted && choice.coded === coded;
  const chosen = isSame ? choice.chosen : chooseRepresentation<Representation>(accepted, plan, coded);
  if (!isSame) plan.choice = { accepted, coded, chosen };
  if (chosen.use !== undefined) chosen.use.isVisited = true;
  return chosen;
}

function decide(plan: FilePlan, chosen: Representation, request: Request, nowMs: number): Reply {
  const { policy } = plan;
  // Browsers that come back send our one tag as we wrote it: no list to parse (0.1 us instead of 0.6).
  const known = request.field("if-none-match");
  if (known !== undefined && !request.has(STRONGER_FIELDS)) {
    if (known === chosen.etag) return chosen.notModified;
    const other = chosen === plan ? undefined : equivalentOf(plan, chosen, known, request);
    if (other !== undefined) return other.notModified;
  }
  const verdict = evaluatePreconditions(request, chosen.validators, nowMs);
  if (verdict === "precondition-failed") return completeSharedReply(errorReply(412), policy);
  if (verdict === "not-modified") return chosen.notModified;
  // RFC 9110 §14.2: only GET has ranges; `isRangeWanted` knows. They are ranges of the coded bytes (§14.1.2).
  if (!isRangeWanted(request, chosen.validators, nowMs)) return whole(chosen, request);
  const ranges = parseRanges(request.field("range")!, chosen.sizeBytes);
  switch (ranges.kind) {
    case "ignored":
      return whole(chosen, request);
    case "unsatisfiable":
      // RFC 9110 §15.5.17
      return completeSharedReply(
        errorReply(416, `Content-Range: ${formatUnsatisfiedRange(chosen.sizeBytes)}\r\n`),
        policy,
      );
    case "ranges":
      return ranges.slices.length === 1 ? single(chosen, ranges.slices[0]!) : several(chosen, ranges.slices);
    default:
      return ranges satisfies never;
  }
}

/**
 * The peer may have the same content from earlier: as it was before it was encoded, or encoded well. Sending it again
 * would save nothing. The reply names the tag that the peer has (RFC 9111 §4.3.4).
 */
function equivalentOf(
  plan: FilePlan,
  chosen: Representation,
  known: string,
  request: Request,
): Pick<Representation, "notModified"> | undefined {
  if (known === chosen.former?.etag) return chosen.former;
  // A cache may ask with the tag of a representation that this request does not accept (RFC 9111 §4.3.1).
  const isTaken = known === plan.etag && acceptedCodings(request.field("accept-encoding")).identity > 0;
  return isTaken ? plan : undefined;
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

/** RFC 9110 §15.3.7.2 */
function several(chosen: Representation, slices: readonly FileSlice[]): Reply {
  // Random, so that no file can be written to contain its own boundary.
  const boundary = process.getBuiltinModule("node:crypto").randomUUID();
  const parts = multipartByteranges(slices, chosen.sizeBytes, chosen.mediaType, boundary);
  const slicesOnly = contentOf(chosen.source, slices);
  const segments = slicesOnly.segments.flatMap((segment, index) => [parts.heads[index]!, segment]);
  const content: Content = { ...slicesOnly, length: parts.length, segments: [...segments, parts.tail] };
  const fields = chosen.fields.replace(`Content-Type: ${chosen.mediaType}`, `Content-Type: ${parts.contentType}`);
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
