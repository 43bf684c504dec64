// Plan and request -> reply: what RFC 9110 makes depend on the request, once it is known which file it is
// about. Nothing here waits or asks the file system. Replies that carry slices of an open file retain it, one
// time each; the transport releases it when the reply is over.
import { randomUUID } from "node:crypto";
import { FIELD_BIT } from "../http/fields.ts";
import type { Content, FileSlice, Reply, Request } from "../http/message.ts";
import { multipartByteranges } from "../http/multipart.ts";
import { evaluatePreconditions, isRangeWanted } from "../http/preconditions.ts";
import { formatContentRange, formatUnsatisfiedRange, parseRanges } from "../http/range.ts";
import { errorReply, errorReplyWith } from "./error-page.ts";
import { contentOf, type FilePlan, type Plan, type RedirectPlan, redirectReply } from "./plan.ts";

/** Without any of these a request gets what the plan has ready. If-Range means nothing without Range. */
const DECIDING_FIELDS =
  FIELD_BIT["if-match"] |
  FIELD_BIT["if-unmodified-since"] |
  FIELD_BIT["if-none-match"] |
  FIELD_BIT["if-modified-since"] |
  FIELD_BIT.range;

/** With any of these, If-None-Match does not decide alone. */
const STRONGER_FIELDS = FIELD_BIT["if-match"] | FIELD_BIT["if-unmodified-since"];

/** For GET and HEAD. The reply to HEAD is that to GET; only where its content would hold a file open it has none. */
export function answer(plan: Plan, request: Request, nowMs: number): Reply {
  switch (plan.kind) {
    case "file":
      return request.has(DECIDING_FIELDS) ? decide(plan, request, nowMs) : whole(plan, request);
    // RFC 9110 §13.2.1: where the answer would not be 2xx, conditions are ignored.
    case "redirect":
      return redirect(plan, request);
    case "refusal":
      return plan.page.reply;
    default:
      return plan satisfies never;
  }
}

function decide(plan: FilePlan, request: Request, nowMs: number): Reply {
  // What browsers send when they come back, our one tag as we wrote it: no list to parse (0.1 us instead of 0.6).
  if (request.field("if-none-match") === plan.etag && !request.has(STRONGER_FIELDS)) return plan.notModified;
  const verdict = evaluatePreconditions(request, plan.validators, nowMs);
  if (verdict === "precondition-failed") return errorReply(412);
  if (verdict === "not-modified") return plan.notModified;
  // RFC 9110 §14.2: only GET has ranges; `isRangeWanted` knows.
  if (!isRangeWanted(request, plan.validators, nowMs)) return whole(plan, request);
  const ranges = parseRanges(request.field("range")!, plan.sizeBytes);
  switch (ranges.kind) {
    case "ignored":
      return whole(plan, request);
    case "unsatisfiable":
      // RFC 9110 §15.5.17
      return errorReplyWith(416, `Content-Range: ${formatUnsatisfiedRange(plan.sizeBytes)}\r\n`);
    case "ranges":
      return ranges.slices.length === 1 ? single(plan, ranges.slices[0]!) : several(plan, ranges.slices);
    default:
      return ranges satisfies never;
  }
}

function whole(plan: FilePlan, request: Request): Reply {
  return request.method === "HEAD" ? plan.headOnly : retained(plan.whole, plan.whole.content as Content);
}

/** RFC 9110 §15.3.7.1; with the fields of the whole, which a peer that sends If-Range has already, but may have lost. */
function single(plan: FilePlan, slice: FileSlice): Reply {
  const content = contentOf(plan.source, [slice]);
  const fields = `${plan.fields}Content-Range: ${formatContentRange(slice, plan.sizeBytes)}\r\n`;
  return retained({ status: 206, fields, content }, content);
}

/** RFC 9110 §15.3.7.2 */
function several(plan: FilePlan, slices: readonly FileSlice[]): Reply {
  // Random, so that no file can be written to contain its own boundary.
  const parts = multipartByteranges(slices, plan.sizeBytes, plan.mediaType, randomUUID());
  const slicesOnly = contentOf(plan.source, slices);
  const segments = slicesOnly.segments.flatMap((segment, index) => [parts.heads[index]!, segment]);
  const content: Content = { ...slicesOnly, length: parts.length, segments: [...segments, parts.tail] };
  const fields = plan.fields.replace(`Content-Type: ${plan.mediaType}`, `Content-Type: ${parts.contentType}`);
  return retained({ status: 206, fields, content }, content);
}

function retained(reply: Reply, content: Content): Reply {
  content.file?.retain();
  return reply;
}

/** The query goes along (RFC 9110 §15.4 leaves it to us; peers who drop it break links that carry one). */
function redirect(plan: RedirectPlan, request: Request): Reply {
  const query = queryOf(request.target);
  return query === "" ? plan.reply : redirectReply(plan.location + query);
}

/** With its question mark, and with what no URI may contain (RFC 3986 §2) encoded: browsers send some of it as it is. */
function queryOf(target: string): string {
  const start = target.indexOf("?");
  return start < 0 ? "" : target.slice(start).replace(/[^!-~]|["<>\\^`{|}]/g, encodeURIComponent);
}
