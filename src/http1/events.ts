// What the engine reports, one union that a reader can recite. Callers switch on `kind` and end in
// `satisfies never`. "Need more bytes" is not an event: it is the absence of one.
import type { Rejection } from "../http/message.ts";
import type { RequestHead } from "./request-head.ts";

export type Http1Event =
  /** A request. The head points into the bytes that were received: valid until the next `receive`, or `retain()` it. */
  | { readonly kind: "head"; readonly head: RequestHead }
  /** Content of the request, without its chunked framing; valid until the next `receive`. Not reported when discarded. */
  | { readonly kind: "content"; readonly bytes: Buffer }
  /** The request is complete. */
  | { readonly kind: "end" }
  /** The peer broke the protocol, or was too slow: answer with this status; nothing more is read from it. */
  | { readonly kind: "rejected"; readonly rejection: Rejection }
  /** The last reply is written: flush, then end our half of the connection, and go on reading. */
  | { readonly kind: "finish" }
  /** The dialogue is over, or not worth going on with: close the socket now. */
  | { readonly kind: "closed" };
