// What a connection does at this moment, in one word, for the live page. Asked for seldom, and only while somebody looks.
import type { Engine } from "./engine.ts";

/**
 * - greeting: the TLS handshake
 * - reading: a head has begun to arrive
 * - looking: a request has come, and its reply is looked for or made
 * - sending: the peer has not taken all of the reply
 * - idle: the next request may come
 * - closing: the last reply is sent, and the end of the connection is under way
 */
export type Activity = "greeting" | "reading" | "looking" | "sending" | "idle" | "closing";

/** A connection, as its sampler sees it. */
export interface Observed {
  readonly id: number;
  readonly activity: Activity;
  readonly isHttp2: boolean;
  readonly requestCount: number;
}

/** @param isSending whether output waits to be sent */
export function activityOf(engine: Engine, isSending: boolean): Activity {
  if (engine.isOver) return "closing";
  if (isSending) return "sending";
  if (engine.isInHead) return "reading";
  return engine.isIdle ? "idle" : "looking";
}
