// The bounds that the engine keeps, each with what it costs and why it is what it is. They are options
// (`ServerOptions.limits`); nothing in http1/ is unbounded.

export interface Http1Limits {
  /** Request line and field lines together, in bytes. 16 KiB is what Node and Caddy allow; nginx takes 32 KiB. Memory per slow connection grows with it. */
  headLimitBytes: number;
  /** Field lines in a head, and in trailers. Browsers send about 20; Apache's default is 100 as well. */
  headLimitCount: number;
  /** The request target, in bytes. RFC 9112 §3 asks for at least 8000. */
  targetLimitBytes: number;
  /** Requests answered in one turn of a connection before its replies are flushed and other connections get theirs. */
  pipelineLimitCount: number;
  /** Content that nobody reads is discarded up to this many bytes so that the connection can be kept; past it, it is closed. */
  discardLimitBytes: number;
  /** One chunk-size line with its extensions, in bytes (RFC 9112 §7.1.1 asks for a limit). Sizes need 16 at most. */
  chunkLineLimitBytes: number;
  /** From the first byte of a head to its end, in ms. A head fits one packet: 10 s forgives a bad network, not a slowloris. */
  headTimeoutMs: number;
  /** Between requests, and before the first, in ms. nginx 75 s, Caddy 5 min. */
  idleTimeoutMs: number;
  /** The window in which content must arrive at the minimum rate, in ms. */
  bodyTimeoutMs: number;
  /**
   * The window in which a reply must be taken at the minimum rate, in ms. The portable transport sees only what
   * the system's send buffer takes, and that in steps of up to a third of it: where the buffer has grown to
   * megabytes (loopback, a local proxy), it takes a reader below some 50 KB/s for one that has stopped.
   */
  writeTimeoutMs: number;
  /** Bytes per second over a whole window; 0 asks only for some progress. 240 is what IIS and Kestrel use: below any real link. */
  minimumRateBytesPerSecond: number;
  /** How long we go on reading after the last reply so that it is not lost to a reset, in ms (RFC 9112 §9.6). nginx: 5 s. */
  lingerTimeoutMs: number;
}

export const DEFAULT_LIMITS: Readonly<Http1Limits> = Object.freeze({
  headLimitBytes: 16 * 1024,
  headLimitCount: 100,
  targetLimitBytes: 8 * 1024,
  pipelineLimitCount: 32,
  discardLimitBytes: 1024 * 1024,
  chunkLineLimitBytes: 256,
  headTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  bodyTimeoutMs: 30_000,
  writeTimeoutMs: 30_000,
  minimumRateBytesPerSecond: 240,
  lingerTimeoutMs: 2_000,
});
