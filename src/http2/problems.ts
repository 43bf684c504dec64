// Every way in which the engine refuses what a peer sends, as tables. Requests that are understood and not wanted get an
// answer with a status (`REJECTIONS`); other mistakes end their stream or the connection with an error code of RFC 9113 §7.
// Each has a stable code and the section that asks for it. docs/errors.md lists these rows, and a test compares the two.
// Plain data: what counts and tells refusals reads it without the engine.
import type { HpackProblem } from "../hpack/problem.ts";

/** By code: the status, the mistake, and the section of the rule. The connection stays. */
export const REJECTIONS = {
  METHOD_UNSUPPORTED: [501, "TRACE and CONNECT are not implemented here.", "RFC 9110 §9.3.6, §9.3.8"],
  TARGET_MISDIRECTED: [421, "The scheme of the target does not fit the connection.", "RFC 9110 §7.4"],
  TARGET_TOO_LONG: [414, "The target is longer than targetLimitBytes.", "RFC 9110 §15.5.15"],
  HEAD_TOO_LARGE: [431, "The head has more fields or bytes than headLimitCount or headLimitBytes.", "RFC 9113 §10.5.1"],
  HOST_MISSING: [400, "The request has neither :authority nor Host.", "RFC 9110 §7.2"],
  HOST_REPEATED: [400, "There is more than one Host field line.", "RFC 9110 §7.2"],
  HOST_MALFORMED: [400, "The host is empty or not uri-host [ ':' port ].", "RFC 9110 §4.2.1"],
  EXPECTATION_FAILED: [417, "Only the expectation 100-continue is understood.", "RFC 9110 §10.1.1"],
  LENGTH_TOO_LARGE: [413, "Content-Length is beyond 2^53 - 1.", "RFC 9110 §8.6"],
  CONTENT_TIMEOUT: [408, "The content did not arrive at minimumRateBytesPerSecond.", "RFC 9110 §15.5.9"],
} as const;

/** Mistakes that end one stream, by RST_STREAM. By code: the error code of RFC 9113 §7, the mistake, and the section. */
export const STREAM_PROBLEMS = {
  FIELD_NAME_MALFORMED: ["PROTOCOL_ERROR", "A field name is no token in lower case.", "RFC 9113 §8.2.1"],
  FIELD_VALUE_MALFORMED: ["PROTOCOL_ERROR", "A field value has a byte that it cannot have.", "RFC 9113 §8.2.1"],
  FIELD_OF_CONNECTION: ["PROTOCOL_ERROR", "A field is about one connection, or TE asks for more.", "RFC 9113 §8.2.2"],
  PSEUDO_FIELD_UNKNOWN: ["PROTOCOL_ERROR", "A pseudo-field is not one of a request.", "RFC 9113 §8.3"],
  PSEUDO_FIELD_REPEATED: ["PROTOCOL_ERROR", "A pseudo-field comes twice.", "RFC 9113 §8.3"],
  PSEUDO_FIELD_LATE: ["PROTOCOL_ERROR", "A pseudo-field comes behind a field.", "RFC 9113 §8.3"],
  PSEUDO_FIELD_MISSING: ["PROTOCOL_ERROR", ":method, :scheme or :path is missing.", "RFC 9113 §8.3.1"],
  PSEUDO_FIELD_IN_TRAILERS: ["PROTOCOL_ERROR", "A pseudo-field is in the trailers.", "RFC 9113 §8.1"],
  METHOD_MALFORMED: ["PROTOCOL_ERROR", "The method is not a token.", "RFC 9113 §8.3.1"],
  SCHEME_MALFORMED: ["PROTOCOL_ERROR", "The scheme is not one of a URI.", "RFC 9113 §8.3.1"],
  TARGET_MALFORMED: ["PROTOCOL_ERROR", "The path is empty, or no origin-form or asterisk-form.", "RFC 9113 §8.3.1"],
  AUTHORITY_AMBIGUOUS: ["PROTOCOL_ERROR", ":authority and Host name two hosts.", "RFC 9113 §8.3.1"],
  LENGTH_MALFORMED: ["PROTOCOL_ERROR", "Content-Length is not one row of digits.", "RFC 9113 §8.1.1"],
  LENGTH_WRONG: ["PROTOCOL_ERROR", "The content has another length than Content-Length says.", "RFC 9113 §8.1.1"],
  TRAILERS_UNENDED: ["PROTOCOL_ERROR", "Trailers do not end their stream.", "RFC 9113 §8.1"],
  PRIORITY_LENGTH_WRONG: ["FRAME_SIZE_ERROR", "A PRIORITY frame has not 5 bytes.", "RFC 9113 §6.3"],
  STREAM_HALF_CLOSED: ["STREAM_CLOSED", "A frame comes behind the end of its request.", "RFC 9113 §5.1"],
  STREAM_WINDOW_EXCEEDED: ["FLOW_CONTROL_ERROR", "Content exceeds the window of its stream.", "RFC 9113 §6.9.1"],
  STREAM_WINDOW_OVERFLOW: ["FLOW_CONTROL_ERROR", "The window of a stream grows beyond 2^31 - 1.", "RFC 9113 §6.9.1"],
  STREAM_WINDOW_UNMOVED: ["PROTOCOL_ERROR", "WINDOW_UPDATE adds nothing to the window of a stream.", "RFC 9113 §6.9"],
  STREAMS_TOO_MANY: ["REFUSED_STREAM", "More than concurrentStreamLimitCount streams are open.", "RFC 9113 §5.1.2"],
  CONTENT_UNWANTED: ["NO_ERROR", "The reply is complete, and the rest of the request is too long.", "RFC 9113 §8.1"],
  CONTENT_TOO_SLOW: ["CANCEL", "The rest of an answered request is slower than allowed.", "RFC 9113 §10.5"],
  STREAM_UNREAD: ["CANCEL", "The peer opens the window of a stream slower than allowed.", "RFC 9113 §10.5"],
} as const;

/** Mistakes that end the connection, by GOAWAY. */
export const CONNECTION_PROBLEMS = {
  PREFACE_MALFORMED: ["PROTOCOL_ERROR", "The connection does not begin with the preface.", "RFC 9113 §3.4"],
  SETTINGS_MISSING: ["PROTOCOL_ERROR", "The first frame is not SETTINGS.", "RFC 9113 §3.4"],
  FRAME_TOO_LARGE: ["FRAME_SIZE_ERROR", "A frame is larger than 16,384 bytes.", "RFC 9113 §4.2"],
  FRAME_LENGTH_WRONG: ["FRAME_SIZE_ERROR", "A frame of this type has another length.", "RFC 9113 §4.2, §6"],
  PADDING_TOO_LONG: ["PROTOCOL_ERROR", "The padding is as long as the frame, or longer.", "RFC 9113 §6.1, §6.2"],
  STREAM_MISSING: ["PROTOCOL_ERROR", "A frame of this type belongs to a stream.", "RFC 9113 §6"],
  STREAM_UNEXPECTED: ["PROTOCOL_ERROR", "A frame of this type belongs to no stream.", "RFC 9113 §6"],
  STREAM_IDLE: ["PROTOCOL_ERROR", "A frame is for a stream that was never opened.", "RFC 9113 §5.1"],
  STREAM_NUMBER_WRONG: ["PROTOCOL_ERROR", "A new stream has an even number, or a lower one.", "RFC 9113 §5.1.1"],
  STREAM_OVER: ["STREAM_CLOSED", "HEADERS come for a stream that both sides have ended.", "RFC 9113 §5.1"],
  BLOCK_INTERRUPTED: ["PROTOCOL_ERROR", "A field block is interrupted by another frame.", "RFC 9113 §4.3, §6.10"],
  CONTINUATION_UNEXPECTED: ["PROTOCOL_ERROR", "CONTINUATION continues nothing.", "RFC 9113 §6.10"],
  PUSH_BY_CLIENT: ["PROTOCOL_ERROR", "A client has sent PUSH_PROMISE.", "RFC 9113 §8.4"],
  DEPENDENCY_ON_ITSELF: ["PROTOCOL_ERROR", "A stream depends on itself.", "RFC 7540 §5.3.1"],
  SETTING_INVALID: ["PROTOCOL_ERROR", "A setting has a value that it cannot have.", "RFC 9113 §6.5.2"],
  SETTING_WINDOW_TOO_LARGE: ["FLOW_CONTROL_ERROR", "An initial window is beyond 2^31 - 1.", "RFC 9113 §6.5.2"],
  WINDOW_EXCEEDED: ["FLOW_CONTROL_ERROR", "Content exceeds the window of the connection.", "RFC 9113 §6.9.1"],
  WINDOW_OVERFLOW: ["FLOW_CONTROL_ERROR", "A window grows beyond 2^31 - 1.", "RFC 9113 §6.9.1, §6.9.2"],
  WINDOW_UNMOVED: ["PROTOCOL_ERROR", "WINDOW_UPDATE adds nothing to the window of the connection.", "RFC 9113 §6.9"],
  PRIORITY_OF_NOTHING: ["PROTOCOL_ERROR", "PRIORITY_UPDATE names no stream of a request.", "RFC 9218 §7.1"],
  BLOCK_TOO_LARGE: ["ENHANCE_YOUR_CALM", "A field block is four times headLimitBytes.", "RFC 9113 §10.5.1"],
  CONTINUATIONS_TOO_MANY: ["ENHANCE_YOUR_CALM", "A head has over continuationLimitCount frames.", "RFC 9113 §10.5"],
  RESETS_TOO_MANY: ["ENHANCE_YOUR_CALM", "Over resetLimitCount streams were reset in a second.", "RFC 9113 §10.5"],
  CONTROL_FLOOD: ["ENHANCE_YOUR_CALM", "Over controlFrameLimitCount frames came in a second.", "RFC 9113 §10.5"],
  WINDOW_UPDATE_FLOOD: ["ENHANCE_YOUR_CALM", "Over windowUpdateLimitCount updates came in a second.", "RFC 9113 §10.5"],
  FRAME_TOO_SLOW: ["ENHANCE_YOUR_CALM", "A head or frame did not arrive within headTimeoutMs.", "RFC 9113 §10.5"],
  CONNECTION_UNREAD: ["ENHANCE_YOUR_CALM", "The peer opens its window slower than allowed.", "RFC 9113 §10.5"],
} as const;

export type RejectionCode = keyof typeof REJECTIONS;
export type StreamProblem = keyof typeof STREAM_PROBLEMS;
export type ConnectionProblem = keyof typeof CONNECTION_PROBLEMS | HpackProblem;
export type ProblemCode = StreamProblem | ConnectionProblem;
