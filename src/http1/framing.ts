// The length of a request's content: RFC 9112 §6.3, in its order, as a strict server reads it. Where the RFC allows a
// repair (a list of equal lengths, a length together with a coding) we refuse: requests are smuggled between two
// readers that repair differently.
import { readContentLength } from "../http/content-length.ts";
import { FIELD_BIT, trimWhitespace } from "../http/fields.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { RejectionCode } from "./rejection.ts";

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
  if (head.has(FIELD_BIT["content-length"])) return readContentLength(head);
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
