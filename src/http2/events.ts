// What a connection tells its transport.
import type { Rejection } from "../http/message.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { ConnectionProblem, ProblemCode } from "./problems.ts";

export type Http2Event =
  /** A request has begun. Its head is valid until any connection of the thread receives again. */
  | { readonly kind: "head"; readonly stream: number; readonly head: RequestHead }
  /** Content of a request. The bytes are borrowed, and count as consumed. */
  | { readonly kind: "content"; readonly stream: number; readonly bytes: Buffer }
  /** The request is complete. Not told where the reply is complete already. */
  | { readonly kind: "end"; readonly stream: number }
  /** The request is refused: answer with that status. */
  | { readonly kind: "rejected"; readonly stream: number; readonly rejection: Rejection }
  /** The stream is over before its reply was complete: nothing more can be sent on it. */
  | { readonly kind: "cancelled"; readonly stream: number }
  /** All is written: flush it, end our half of the connection, and go on reading. */
  | { readonly kind: "finish" }
  /** The dialogue is over, or is cut off: close the socket now. */
  | { readonly kind: "closed" };

/**
 * Told of each mistake that ends a stream or the connection, when it is found.
 * @param stream 0 for a mistake that ends the connection
 * @param read for such a mistake, the frames that were not read to their end; valid only now
 */
export type OnProblem = (code: ProblemCode, stream: number, read?: Buffer) => void;

/**
 * What the parts of a connection find: an event; "again" when the next frame can be read; undefined when more bytes must
 * come first; or the mistake that ends the connection.
 */
export type Outcome = Http2Event | "again" | undefined | ConnectionProblem;
