// What becomes of a mistake: the status of a request that is refused, or the error code that ends its stream or the
// connection. The mistakes themselves are in problems.ts.
import { HPACK_PROBLEMS } from "../hpack/problem.ts";
import type { Rejection } from "../http/message.ts";
import { ERROR_CODE } from "./frames.ts";
import {
  CONNECTION_PROBLEMS,
  type ProblemCode,
  REJECTIONS,
  type RejectionCode,
  STREAM_PROBLEMS,
  type StreamProblem,
} from "./problems.ts";

export function rejection(code: RejectionCode): Rejection {
  return { status: REJECTIONS[code][0], code };
}

/** Whether the request can be answered with a status. */
export function isRejection(code: RejectionCode | ProblemCode): code is RejectionCode {
  return Object.hasOwn(REJECTIONS, code);
}

/** Whether the mistake ends only its stream. */
function isStreamProblem(code: ProblemCode): code is StreamProblem {
  return Object.hasOwn(STREAM_PROBLEMS, code);
}

/** The number of RFC 9113 §7. */
export function errorCodeOf(code: ProblemCode): number {
  if (isStreamProblem(code)) return ERROR_CODE[STREAM_PROBLEMS[code][0]];
  if (Object.hasOwn(HPACK_PROBLEMS, code)) return ERROR_CODE.COMPRESSION_ERROR;
  return ERROR_CODE[CONNECTION_PROBLEMS[code as keyof typeof CONNECTION_PROBLEMS][0]];
}
