// What the way to a reply leaves behind about a request, for logs and counts. It is no part of the reply: one reply of a plan
// answers many requests.

/** Where a reply came from, as a number that can be counted by. */
export const CACHE = {
  /** No file was looked for, or nothing is known of it. */
  none: 0,
  /** From a plan that was fresh: no system was asked. */
  hot: 1,
  /** The file system was asked, and answered at once. */
  looked: 2,
  /** The reply had to wait: for the disk, or for the one that makes it. */
  cold: 3,
  /** From the memory of content that was compressed on demand. */
  encoded: 4,
} as const;

export type CacheOutcome = (typeof CACHE)[keyof typeof CACHE];

/** By outcome, as the access log has them. */
export const CACHE_WORDS: Readonly<Record<CacheOutcome, string>> = ["", "hot", "looked", "cold", "encoded"];

/** How fast content is sent, where that is limited. Bytes are counted when they are given to the system. */
export interface Pace {
  /** @returns how many bytes may be sent now, at most as many as wanted; 0 for none yet */
  take(wanted: number): number;
  /** The socket did not take so many. */
  giveBack(count: number): void;
  /** So many bytes are sent already, whether or not there was room. */
  charge(count: number): void;
  /** How long until `take` may give something, in ms. */
  readonly waitMs: number;
  /** How long until what was charged is paid for, in ms; 0 when it is. It may have to be asked again. */
  readonly debtMs: number;
}

/** What goes ahead of a reply as 103 (Early Hints, RFC 8297). */
export interface EarlyHints {
  /** Field lines, each ended by CRLF. */
  readonly fields: string;
  /** Whether they may also be sent by HTTP/1.1. */
  readonly toHttp1: boolean;
}

export class Notes {
  /** The name whose password was right; "" for none. */
  user = "";
  cache: CacheOutcome = CACHE.none;
  /** How fast the content of the reply may be sent; undefined for as fast as the peer takes it. */
  pace: Pace | undefined = undefined;
  /** Sent before the reply, while the reply is still being made if that takes time. Undefined for none. */
  earlyHints: EarlyHints | undefined = undefined;
  /** Whether somebody keeps them, such as a copy of the request: then they are not used again for the next request. */
  isShared = false;
}
