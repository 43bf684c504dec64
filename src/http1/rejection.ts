// Every way in which the engine refuses a peer's bytes: a stable code, the status of the answer, and the section that
// asks for it. No other place maps peer mistakes to statuses. docs/errors.md lists these rows, and a test compares the
// two. After each of them the connection is closed: either the framing can no longer be trusted, or a connection to
// such a peer is not worth keeping.
import type { Rejection } from "../http/message.ts";

/**
 * By code: the status, the mistake (for docs/errors.md and for people who debug; never sent to a peer), and the section
 * of the rule.
 */
export const REJECTIONS = {
  REQUEST_LINE_MALFORMED: [400, "The request line is not method SP target SP version.", "RFC 9112 §3"],
  METHOD_MALFORMED: [400, "The method is not a token.", "RFC 9110 §9.1"],
  METHOD_UNSUPPORTED: [501, "TRACE and CONNECT are not implemented here.", "RFC 9110 §9.3.6, §9.3.8"],
  METHOD_TOO_LONG: [501, "The method fills headLimitBytes: no method is so long.", "RFC 9112 §3"],
  TARGET_MALFORMED: [400, "The target has none of the four forms that its method allows.", "RFC 9112 §3.2"],
  TARGET_MISDIRECTED: [421, "The scheme of the target does not fit the connection.", "RFC 9110 §7.4"],
  PLAIN_ON_TLS: [400, "Plain HTTP came to a port for HTTPS.", "RFC 9110 §4.2.2"],
  TLS_ON_PLAIN: [400, "A TLS handshake came to a port for plain HTTP.", "RFC 9110 §4.2.1"],
  TARGET_TOO_LONG: [414, "The target is longer than targetLimitBytes.", "RFC 9112 §3"],
  VERSION_MISSING: [400, "The request line ends behind the target: HTTP/0.9 is not spoken here.", "RFC 9112 §3"],
  VERSION_MALFORMED: [400, "The version is not HTTP/DIGIT.DIGIT.", "RFC 9112 §2.3"],
  VERSION_UNSUPPORTED: [505, "The major version is not 1.", "RFC 9110 §15.6.6"],
  HTTP2_UNEXPECTED: [505, "HTTP/2 came to a port, or over a TLS connection, for HTTP/1.1.", "RFC 9113 §3.3, §3.4"],
  BARE_LF: [400, "A line ends with LF alone; CRLF is wanted.", "RFC 9112 §2.2"],
  BARE_CR: [400, "A CR is not followed by LF.", "RFC 9112 §2.2"],
  FIELD_NAME_MALFORMED: [400, "A field name is empty or not a token.", "RFC 9110 §5.1"],
  FIELD_NAME_SPACE: [400, "There is whitespace between a field name and its colon.", "RFC 9112 §5.1"],
  FIELD_VALUE_MALFORMED: [400, "A field value holds NUL or another control byte.", "RFC 9110 §5.5"],
  FIELD_FOLDED: [400, "A line begins with whitespace: line folding is obsolete.", "RFC 9112 §5.2, §2.2"],
  FIELDS_TOO_MANY: [431, "There are more field lines than headLimitCount.", "RFC 6585 §5"],
  HEAD_TOO_LARGE: [431, "The head, or the trailer section, is larger than headLimitBytes.", "RFC 6585 §5"],
  HEAD_INCOMPLETE: [400, "The peer ended its half of the connection inside a head.", "RFC 9112 §8"],
  HEAD_TIMEOUT: [408, "The head did not arrive within headTimeoutMs.", "RFC 9110 §15.5.9"],
  HOST_MISSING: [400, "An HTTP/1.1 request has no Host field.", "RFC 9112 §3.2"],
  HOST_REPEATED: [400, "There is more than one Host field line.", "RFC 9112 §3.2"],
  HOST_MALFORMED: [400, "The host is empty or not uri-host [ ':' port ].", "RFC 9112 §3.2"],
  CONNECTION_MALFORMED: [400, "The Connection field is not a list of tokens.", "RFC 9110 §7.6.1"],
  EXPECTATION_FAILED: [417, "Only the expectation 100-continue is understood.", "RFC 9110 §10.1.1"],
  LENGTH_MALFORMED: [400, "Content-Length is not a row of digits.", "RFC 9110 §8.6"],
  LENGTH_REPEATED: [400, "There is more than one Content-Length, as lines or as a list.", "RFC 9112 §6.3"],
  LENGTH_TOO_LARGE: [413, "Content-Length is beyond 2^53 - 1.", "RFC 9110 §8.6"],
  LENGTH_OVERFLOW: [400, "Content-Length is beyond 2^63 - 1: no content has such a length.", "RFC 9110 §8.6"],
  LENGTH_WITH_CODING: [400, "There are both Content-Length and Transfer-Encoding.", "RFC 9112 §6.3"],
  CODING_MALFORMED: [400, "Transfer-Encoding is not a single final chunked.", "RFC 9112 §6.3"],
  CODING_UNSUPPORTED: [501, "A transfer coding other than chunked is not implemented.", "RFC 9112 §6.1"],
  CODING_IN_HTTP_1_0: [400, "HTTP/1.0 has no transfer codings.", "RFC 9112 §6.1"],
  CHUNK_MALFORMED: [400, "A chunk is not size [ext] CRLF data CRLF.", "RFC 9112 §7.1"],
  CHUNK_TOO_LARGE: [413, "A chunk size is beyond 2^53 - 1.", "RFC 9112 §7.1"],
  CHUNK_OVERFLOW: [400, "A chunk size is beyond 2^63 - 1: no chunk has such a size.", "RFC 9112 §7.1"],
  CHUNK_LINE_TOO_LONG: [400, "A chunk-size line is longer than chunkLineLimitBytes.", "RFC 9112 §7.1"],
  CHUNK_EXTENSIONS_TOO_LARGE: [
    400,
    "The chunk extensions of one content are together larger than headLimitBytes.",
    "RFC 9112 §7.1.1",
  ],
  CONTENT_INCOMPLETE: [400, "The peer ended its half of the connection inside the content.", "RFC 9112 §8"],
  CONTENT_TIMEOUT: [408, "The content did not arrive at minimumRateBytesPerSecond.", "RFC 9110 §15.5.9"],
} as const;

/** The name of a refusal, which stays the same between releases. */
export type RejectionCode = keyof typeof REJECTIONS;

export function rejection(code: RejectionCode): Rejection {
  return { status: REJECTIONS[code][0], code };
}
