// The options that say how much may be asked and sent in how much time. As they are given, and as they are resolved. A client is
// an IPv4 address, or an IPv6 network of 64 bits.
import type { Limit } from "../../limits/buckets.ts";

export interface RateLimitOptions {
  /** Requests a second of one client, as 10, or 0.5 for one every two seconds. @default unlimited */
  readonly clientRequestsPerSecond?: number;
  /** Requests of one client at once, after a pause. A page asks for its files at once. @default as many as in five seconds */
  readonly clientBurstCount?: number;
  /** Requests a second of all clients together. @default unlimited */
  readonly requestsPerSecond?: number;
  /** Requests of all clients at once, after a pause. @default as many as in five seconds */
  readonly burstCount?: number;
  /** Refuses nothing, and counts and tells what would be refused: to find out which limit fits. @default false */
  readonly dryRun?: boolean;
}

export interface BandwidthOptions {
  /** Bytes of content a second to one client, over all its connections. @default unlimited */
  readonly clientBytesPerSecond?: number;
  /** Bytes of content a second to all clients together. @default unlimited */
  readonly bytesPerSecond?: number;
}

export interface ConcurrencyLimitOptions {
  /** Requests that are answered at the same time, over all clients: each counts until its reply is sent or cut. */
  readonly requestCount: number;
  /** Refuses nothing, and tells what would be refused: to find out which limit fits. @default false */
  readonly dryRun?: boolean;
}

export type ResolvedConcurrencyLimit = Required<ConcurrencyLimitOptions>;

export interface ResolvedRateLimit extends Limit {
  readonly dryRun: boolean;
}

export type ResolvedBandwidth = Limit;
