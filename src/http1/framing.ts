// The length of a request's content: RFC 9112 §6.3, in its order, as a strict server reads it. Where the RFC allows a
// repair (a list of equal lengths, a length together with a coding) we refuse: requests are smuggled between two
// readers that repair differently.
import { FIELD_BIT, trimWhitespace } from "../http/fields.ts";
import { LINE_STRIDE, type RequestHead } from "../http/request-head.ts";
import type { RejectionCode } from "./rejection.ts";

/** The greatest number of 64 bits with a sign. What is beyond is no length for anybody: it is refused as malformed. */
const GREATEST_LENGTH = "9223372036854775807";

/** In place of a length: the content is chunked. */
export const CHUNKED = -1;

/** @returns the length of the content in bytes, CHUNKED, or why the head is refused */
export function contentLength(head: RequestHead): number | RejectionCode {
  // 1 and 2 are about responses to HEAD and CONNECT, and about 204: a server reads no responses.
  // 3. Transfer-Encoding overrides Content-Length; both together are refused.
  if (head.has(FIELD_BIT["transfer-encoding"])) {
    if (head.minorVersion === 0) return "CODING_IN_HTTP_1_0";
    if (head.has(FIELD_BIT["content-length"])) return "LENGTH_WITH_CODING";
    return checkTransferCoding(head);
  }
  // 5 and 6. A valid Content-Length; an invalid one cannot be recovered from.
  if (head.has(FIELD_BIT["content-length"])) return readLength(head);
  // 7. A request with neither has no content.
  return 0;
}

/** 4. Chunked must be the only and final coding. */
function checkTransferCoding(head: RequestHead): typeof CHUNKED | RejectionCode {
  if (
    head.valueIs(head.lineOf("transfer-encoding"), "chunked") &&
    (head.repeated & FIELD_BIT["transfer-encoding"]) === 0
  ) {
    return CHUNKED;
  }
  const codings = (head.field("transfer-encoding") ?? "")
    .split(",")
    .map((coding) => trimWhitespace(coding).toLowerCase());
  const isChunkedLast = codings.at(-1) === "chunked" && codings.indexOf("chunked") === codings.length - 1;
  return isChunkedLast && !codings.includes("") ? "CODING_UNSUPPORTED" : "CODING_MALFORMED";
}

function readLength(head: RequestHead): number | RejectionCode {
  if ((head.repeated & FIELD_BIT["content-length"]) !== 0) return "LENGTH_REPEATED";
  const at = head.lineOf("content-length") * LINE_STRIDE;
  const start = head.lines[at + 2]!;
  const end = head.lines[at + 3]!;
  if (start === end) return "LENGTH_MALFORMED";
  let length = 0;
  let digitCount = 0;
  for (let offset = start; offset < end; offset++) {
    const byte = head.bytes[offset]!;
    if (byte === 0x2c) return "LENGTH_REPEATED";
    if (byte < 0x30 || byte > 0x39) return "LENGTH_MALFORMED";
    length = length * 10 + (byte - 0x30);
    // Leading zeros do not count.
    if (length > 0) digitCount++;
  }
  if (length <= Number.MAX_SAFE_INTEGER) return length;
  const digits = head.bytes.toString("latin1", end - digitCount, end);
  return digitCount <= GREATEST_LENGTH.length && BigInt(digits) <= BigInt(GREATEST_LENGTH)
    ? "LENGTH_TOO_LARGE"
    : "LENGTH_OVERFLOW";
}
