// The limits of the HTTP/2 engine, each with its price and the reason for its default. They are options
// (`ServerOptions.limits`), beside those of HTTP/1.1. Nothing in http2/ is unbounded.

/** The further bounds of a connection that speaks HTTP/2. */
export interface Http2Limits {
  /** HTTP/2: requests that one connection may have open at once. RFC 9113 §6.5.2 asks for at least 100; browsers open as many. */
  concurrentStreamLimitCount: number;
  /**
   * HTTP/2: streams of one connection that may be reset in one second, by the client or by the server for the client's
   * mistakes. A page that is left cancels all its requests at once; a rapid reset attack makes tens of thousands.
   */
  resetLimitCount: number;
  /** HTTP/2: CONTINUATION frames of one head. A head of `headLimitBytes` needs none; nghttp2 allows 8 as well. */
  continuationLimitCount: number;
  /**
   * HTTP/2: frames of one connection in one second that ask for work and bring nothing: SETTINGS, PING, PRIORITY, PRIORITY_UPDATE,
   * unknown and empty ones, and those for streams that are over. Clients send a few for each page.
   */
  controlFrameLimitCount: number;
  /**
   * HTTP/2: WINDOW_UPDATE frames of one connection in one second, beyond two for each frame of content that it was sent.
   * A client that opens its windows byte by byte reaches this.
   */
  windowUpdateLimitCount: number;
}

/** Limits that HTTP/1.1 has as well: `Http1Limits` says what each is for. */
interface SharedLimits {
  readonly headLimitBytes: number;
  readonly headLimitCount: number;
  readonly targetLimitBytes: number;
  readonly discardLimitBytes: number;
  readonly headTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly minimumRateBytesPerSecond: number;
  readonly lingerTimeoutMs: number;
}

/** All that the engine obeys. */
export type EngineLimits = SharedLimits & Readonly<Http2Limits>;

export const DEFAULT_HTTP2_LIMITS: Readonly<Http2Limits> = Object.freeze({
  concurrentStreamLimitCount: 100,
  resetLimitCount: 200,
  continuationLimitCount: 8,
  controlFrameLimitCount: 500,
  windowUpdateLimitCount: 1000,
});

/**
 * A head arrives compressed. A block so many times as long as `headLimitBytes` is still read, so that a head that is too
 * large gets its 431; a longer one ends the connection. Until its head is complete, a connection holds this much memory.
 */
export const BLOCK_LIMIT_FACTOR = 4;

/** Output that waits, in bytes, from which on no further request is taken: a connection holds little more for its peer. */
export const OUTPUT_LIMIT_BYTES: number = 256 * 1024;

/** Output, in bytes, up to which short content follows its head at once. Beyond, it takes its turn by priority. */
export const AT_ONCE_LIMIT_BYTES: number = 64 * 1024;

/** Go's client fails at the sixth interim answer; browsers take one. */
export const INTERIM_LIMIT_COUNT = 5;

/** Priorities that are kept for streams that are not open yet. RFC 9218 §7.1 asks for a bound. */
export const EARLY_PRIORITY_LIMIT_COUNT = 32;
