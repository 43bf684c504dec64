// The limits of the engine, each with its price and the reason for its default. They are options (`ServerOptions.limits`).
// Nothing in http1/ is unbounded.

/** The bounds of a connection that speaks HTTP/1.1. */
export interface Http1Limits {
  /** Request line and field lines together, in bytes. Node and Caddy allow 16 KiB, nginx 32 KiB. A slow connection holds this much memory. */
  headLimitBytes: number;
  /** Field lines in a head, and in trailers. Browsers send about 20; Apache's default is 100 as well. */
  headLimitCount: number;
  /** The request target, in bytes. RFC 9112 §3 asks for at least 8000. */
  targetLimitBytes: number;
  /** Pipelined requests that are answered in one turn of a connection. Then its replies are sent, and other connections get their turn. */
  pipelineLimitCount: number;
  /** Bytes of unused request content that are read and discarded to keep the connection. A connection with more is closed. */
  discardLimitBytes: number;
  /** One chunk-size line with its extensions, in bytes (RFC 9112 §7.1.1 asks for a limit). A size needs at most 16. */
  chunkLineLimitBytes: number;
  /** Time from the first byte of a head to its end, in ms. A head fits into a packet: 10 s allow for a bad network, but not for a slowloris attack. */
  headTimeoutMs: number;
  /** Time between requests, and before the first one, in ms. nginx allows 75 s, Caddy 5 min. */
  idleTimeoutMs: number;
  /** Window in which request content must arrive at the minimum rate, in ms. */
  bodyTimeoutMs: number;
  /**
   * Window in which the peer must take a reply at the minimum rate, in ms. The portable transport sees only how much the
   * system's send buffer takes, in steps of up to a third of the buffer. Where the buffer has grown to megabytes (loopback,
   * a local proxy), a reader below about 50 KB/s looks like one that has stopped.
   */
  writeTimeoutMs: number;
  /** Bytes per second over a whole window; 0 wants any progress at all. IIS and Kestrel use 240, less than any real link carries. */
  minimumRateBytesPerSecond: number;
  /**
   * Time for which the server reads on after the last reply, so that no reset destroys the reply, in ms (RFC 9112 §9.6).
   * Without effect where the client has said that it sends nothing more. nginx: 5 s.
   */
  lingerTimeoutMs: number;
}

/** The bounds that a server has by default. */
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

/**
 * When the server stops, a peer gets so long for its next request, in ms since the last one or since the connection began:
 * the request may be under way. A second covers a lost packet, and a client on a busy machine or far away; browsers keep
 * open connections that they do not use again.
 */
export const NEXT_REQUEST_MS = 1_000;
