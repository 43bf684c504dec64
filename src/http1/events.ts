// The events that the engine reports, as one union that a reader can recite. Callers switch on `kind` and end in
// `satisfies never`. "Need more bytes" is not an event: it is the absence of one.
import type { Rejection } from "../http/message.ts";
import type { RequestHead } from "../http/request-head.ts";

/** What the peer did, for the server and its people: the peer sees no more than the status. */
export interface Mistake {
  readonly rejection: Rejection;
  /** What was received and not used yet; the mistake is in it, or missing at its end. Valid as content is. */
  readonly read: Buffer;
  /** The offset of the mistake in `read`, as exactly as it is known. */
  readonly mistakeAt: number;
}

/** What has happened on a connection. */
export type Http1Event =
  /** A request. The head points into the bytes that were received: valid until the next `receive`, or `retain()` it. */
  | { readonly kind: "head"; readonly head: RequestHead }
  /** Content of the request, without chunked framing. Valid until the next `receive`; not reported when discarded. */
  | { readonly kind: "content"; readonly bytes: Buffer }
  /** The request is complete. */
  | { readonly kind: "end" }
  /** The peer broke the protocol, or was too slow: answer with this status. Nothing more is read from the peer. */
  | ({ readonly kind: "rejected" } & Mistake)
  /** The same in content whose request has its answer already, whole or in part: there is nothing to answer. */
  | ({ readonly kind: "mistake" } & Mistake)
  /** The peer speaks HTTP/2, which the context allows: another engine goes on from its first byte. Valid as content is. */
  | { readonly kind: "http2"; readonly bytes: Buffer }
  /** The last reply is written: flush it, end our half of the connection, and go on reading. */
  | { readonly kind: "finish" }
  /** The dialogue is over, or is cut off: close the socket now. */
  | { readonly kind: "closed" };
