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

export class Notes {
  /** The name whose password was right; "" for none. */
  user = "";
  cache: CacheOutcome = CACHE.none;
  /** Whether a copy of the request has them, too: then they are not used again for the next request. */
  isShared = false;
}
