// The options that say who may come in: addresses, maintenance, passwords. As they are given, and as they are resolved.
import type { BasicAuthOptions } from "./basic-auth.ts";
import type {
  BandwidthOptions,
  ConcurrencyLimitOptions,
  RateLimitOptions,
  ResolvedBandwidth,
  ResolvedConcurrencyLimit,
  ResolvedRateLimit,
} from "./limit-options.ts";

export interface AccessOptions {
  /** Asks for a password. */
  readonly auth?: SiteAuthOptions;
  /** Addresses and networks; when there are any, nobody else may come in. */
  readonly allow?: readonly string[];
  /** Addresses and networks that may not come in. */
  readonly deny?: readonly string[];
  /**
   * Subjects ("CN=ada,O=Example") and SHA-256 fingerprints of client certificates; when there are any, nobody else may come in.
   * Needs `tls.clientCa`.
   */
  readonly allowClients?: readonly string[];
  /** Answers 503 to everything. @default false */
  readonly maintenance?: boolean | MaintenanceOptions;
  /** How many requests a second are answered, of one client and of all; others get 429 (docs/limits.md). @default unlimited */
  readonly rateLimit?: RateLimitOptions;
  /** How many requests are answered at the same time; others get 503 (docs/limits.md). @default unlimited */
  readonly concurrencyLimit?: ConcurrencyLimitOptions;
  /** How many bytes of content a second are sent, to one client and to all; replies wait for their share. @default unlimited */
  readonly bandwidth?: BandwidthOptions;
}

/** A password for some of the paths. */
export interface SiteAuthOptions extends BasicAuthOptions {
  /** Paths that ask for a password. @default ["/*"] */
  readonly for?: readonly string[];
}

/** How a site says that it is being worked on: 503, and who may still come in. */
export interface MaintenanceOptions {
  /** Page to show. @default the server's own */
  readonly page?: string;
  /** When to come back, in seconds. @default 120 */
  readonly retryAfterSeconds?: number;
  /** Addresses and networks that see the site all the same. */
  readonly allow?: readonly string[];
}

export interface ResolvedAccess extends Required<Pick<AccessOptions, "allow" | "deny" | "allowClients">> {
  readonly auth: ResolvedAuth | undefined;
  /** Undefined while the site is open. */
  readonly maintenance: ResolvedMaintenance | undefined;
  /** Undefined where any number of requests is answered. */
  readonly rateLimit: ResolvedRateLimit | undefined;
  /** Undefined where any number of requests is answered at the same time. */
  readonly concurrencyLimit: ResolvedConcurrencyLimit | undefined;
  /** Undefined where content is sent as fast as clients take it. */
  readonly bandwidth: ResolvedBandwidth | undefined;
}

export type ResolvedAuth = Required<SiteAuthOptions>;

export interface ResolvedMaintenance extends Required<Omit<MaintenanceOptions, "page">> {
  /** Undefined shows the server's own page. */
  readonly page: string | undefined;
}
