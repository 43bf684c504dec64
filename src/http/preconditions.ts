// Conditional requests (RFC 9110 §13): one verdict on If-Match, If-Unmodified-Since, If-None-Match and
// If-Modified-Since, and whether If-Range allows a Range. The caller asks only when it would answer 2xx without them
// (§13.2.1), and turns the verdict into a reply.
import { parseDate } from "./date.ts";
import { type EntityTag, isStrongMatch, isWeakMatch, parseEntityTag, parseEntityTags } from "./etag.ts";
import { FIELD_BIT } from "./fields.ts";
import type { Request } from "./message.ts";

/** The validators of the current representation. */
export interface Validators {
  readonly etag: EntityTag | undefined;
  /** As the file system gives it. Only whole seconds count, because Last-Modified has no fractions. */
  readonly lastModifiedMs: number | undefined;
}

type RequestHead = Pick<Request, "method" | "has" | "field">;

const CONDITIONS =
  FIELD_BIT["if-match"] |
  FIELD_BIT["if-unmodified-since"] |
  FIELD_BIT["if-none-match"] |
  FIELD_BIT["if-modified-since"];

/**
 * The steps of RFC 9110 §13.2.2, except the fifth, which is `isRangeWanted`. `current` is undefined when there is no
 * representation now. "not-modified" means 304, "precondition-failed" means 412.
 */
export function evaluatePreconditions(
  request: RequestHead,
  current: Validators | undefined,
  nowMs: number,
): "proceed" | "not-modified" | "precondition-failed" {
  if (!request.has(CONDITIONS)) return "proceed";
  const { method } = request;
  // RFC 9110 §13.2.1: methods that neither select nor change a representation ignore conditions.
  if (method === "OPTIONS" || method === "TRACE" || method === "CONNECT") return "proceed";
  const isRead = method === "GET" || method === "HEAD";

  // Steps 1 and 2
  const ifMatch = request.field("if-match");
  if (ifMatch !== undefined) {
    if (!isMatched(ifMatch, current, isStrongMatch)) return "precondition-failed";
  } else if (isModifiedSince(request.field("if-unmodified-since"), current, nowMs) === true) {
    return "precondition-failed";
  }

  // Steps 3 and 4
  const ifNoneMatch = request.field("if-none-match");
  if (ifNoneMatch !== undefined) {
    if (isMatched(ifNoneMatch, current, isWeakMatch)) return isRead ? "not-modified" : "precondition-failed";
  } else if (isRead && isModifiedSince(request.field("if-modified-since"), current, nowMs) === false) {
    return "not-modified";
  }
  return "proceed";
}

/**
 * Step 5 of RFC 9110 §13.2.2: whether the Range field counts. If not, the whole representation is sent. Only GET has
 * ranges (§14.2).
 */
export function isRangeWanted(request: RequestHead, current: Validators | undefined, nowMs: number): boolean {
  if (request.method !== "GET" || !request.has(FIELD_BIT.range)) return false;
  const ifRange = request.field("if-range");
  return ifRange === undefined || isSameByteForByte(ifRange, current, nowMs);
}

// A malformed list matches nothing. RFC 9110 does not say so, but it is safe: If-Match, which guards against a change
// that the peer has not seen, fails with 412. If-None-Match, which only saves bytes, gives the whole reply.
function isMatched(
  value: string,
  current: Validators | undefined,
  isMatch: (a: EntityTag, b: EntityTag) => boolean,
): boolean {
  const listed = parseEntityTags(value);
  if (current === undefined || listed === undefined) return false;
  // RFC 9110 §13.1.1, §13.1.2: "*" matches any current representation, even without an entity tag.
  if (listed === "*") return true;
  const { etag } = current;
  return etag !== undefined && listed.some((tag) => isMatch(tag, etag));
}

// RFC 9110 §13.1.3, §13.1.4: the field is ignored when its value is not a date, or when we know no modification time.
function isModifiedSince(
  value: string | undefined,
  current: Validators | undefined,
  nowMs: number,
): boolean | undefined {
  if (value === undefined || current?.lastModifiedMs === undefined) return undefined;
  const date = parseDate(value, nowMs);
  return date === undefined ? undefined : wholeSecond(current.lastModifiedMs) > date;
}

// RFC 9110 §13.1.5: a tag is compared strongly, a date only for equality. Any other value matches nothing.
function isSameByteForByte(ifRange: string, current: Validators | undefined, nowMs: number): boolean {
  const tag = parseEntityTag(ifRange);
  if (tag !== undefined) return current?.etag !== undefined && isStrongMatch(tag, current.etag);
  if (current?.lastModifiedMs === undefined) return false;
  const second = wholeSecond(current.lastModifiedMs);
  return isStrongDate(second, nowMs) && parseDate(ifRange, nowMs) === second;
}

// RFC 9110 §8.8.2.2: a date is strong only if the file cannot change any more within the second that it names. That
// second must be over, and one more: file systems take timestamps from a clock that lags by a timer tick.
function isStrongDate(second: number, nowMs: number): boolean {
  return nowMs >= second + 2000;
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
