// Every default, and the range of every number. Nothing behind options/ fills in a default: it is given resolved options.
// The limits of the engine have theirs in http1/limits.ts, because the engine stands alone.
import type { ResolvedAuth, ResolvedMaintenance } from "../features/access/access-options.ts";
import type { ResolvedRateLimit } from "../features/access/limit-options.ts";
import type { ResolvedCors } from "../features/fields/cors.ts";
import type { ResolvedDictionaries } from "../features/fields/dictionaries.ts";
import type { ResolvedHsts } from "../features/fields/hsts.ts";
import type { ResolvedRedirect, ResolvedRewrite } from "../features/routes.ts";
import type { ResolvedSite } from "./resolved-options.ts";

/** Options of the server. The help text and the option tables show these. */
export const DEFAULTS = {
  host: "localhost",
  port: 8080,
  socketMode: 0o660,
  http2: true,
  h2c: false,
  trustedProxies: [],
  forwardedFields: ["x-forwarded-for", "x-forwarded-proto"],
  proxyProtocol: false,
  threads: "auto",
  maxThreads: 128,
  transport: "auto",
  accept: "auto",
  mptcp: "off",
  revalidateMs: 1000,
  graceMs: 10_000,
  drainDelayMs: 0,
  cacheLimitBytes: 67_108_864, // 64 MiB
  connectionLimitCount: 16_384,
  overLimit: "wait",
  stallTimeoutMs: 10_000,
  console: false,
  trace: false,
  traceSecrets: false,
  log: "off",
  logMask: [],
  logRotateBytes: 0,
  logKeepCount: 10,
} as const;

/** Where `clientCa` is given. */
export const TLS_DEFAULTS = { clientCertificate: "required" } as const;

type SiteDefaults = Omit<
  ResolvedSite,
  | "root"
  | "fallback"
  | "auth"
  | "cleanUrls"
  | "cors"
  | "hsts"
  | "dictionaries"
  | "maintenance"
  | "rateLimit"
  | "concurrencyLimit"
  | "bandwidth"
> & {
  readonly cleanUrls: boolean;
  readonly cors: false;
  readonly hsts: false;
  readonly dictionaries: false;
  readonly maintenance: false;
};

/** Options of a site. */
export const SITE_DEFAULTS: SiteDefaults = {
  mounts: {},
  redirects: [],
  rewrites: [],
  headers: [],
  errorPages: { "404": "/404.html" },
  cleanUrls: false,
  trailingSlash: "folders",
  encodedSlashes: "refuse",
  markdown: "off",
  earlyHints: "off",
  images: "off",
  listing: false,
  zip: false,
  cors: false,
  securityHeaders: false,
  hsts: false,
  allow: [],
  deny: [],
  allowClients: [],
  maintenance: false,
  immutable: true,
  dictionaries: false,
  etag: "auto",
  digests: false,
  compress: true,
  siteFiles: "netlify",
  keepPreviousSeconds: 0,
};

/** A rule that names no status redirects for good, and keeps the method (RFC 9110 §15.4.9). */
export const REDIRECT_DEFAULTS: Omit<ResolvedRedirect, "from" | "to"> = { status: 308, onlyMissing: false };

export const REWRITE_DEFAULTS: Omit<ResolvedRewrite, "from" | "to"> = { onlyMissing: false };

/** Browsers keep the answer to a preflight for ten minutes: Chromium keeps none for longer than two hours. */
export const CORS_DEFAULTS: Omit<ResolvedCors, "origins"> = {
  requestHeaders: [],
  exposedHeaders: [],
  credentials: false,
  maxAgeSeconds: 600,
};

/** A year, as the lists of browsers demand. */
export const HSTS_DEFAULTS: ResolvedHsts = { maxAgeSeconds: 31_536_000, includeSubDomains: false, preload: false };

/**
 * Below 8 KiB, a script is two or three packets, which a dictionary cannot make fewer than one. Above 10 MiB nothing is
 * encoded on demand.
 */
export const DICTIONARY_DEFAULTS: ResolvedDictionaries = { leastBytes: 8192, limitBytes: 10_485_760 };

/** Where authorities ask for the proofs of ACME (RFC 8555 §8.3). */
export const REDIRECT_PORT_FOR_ACME = 80;

export const AUTH_DEFAULTS: Omit<ResolvedAuth, "users"> = { for: ["/*"], realm: "restricted" };

export const MAINTENANCE_DEFAULTS: ResolvedMaintenance = {
  page: undefined,
  retryAfterSeconds: 120,
  allow: [],
};

/** A burst of so many seconds: a page with its files comes at once. */
export const BURST_SECONDS = 5;
export const RATE_LIMIT_DEFAULTS: Pick<ResolvedRateLimit, "dryRun"> = { dryRun: false };

/** The rates that are accepted, in requests a second: one in an hour, and more than any thread answers. */
export const REQUEST_RATES: readonly [number, number] = [1 / 3600, 100_000];
/** In bytes a second: with less than 1 KiB, clients give up before they have a page. */
export const BANDWIDTHS: readonly [number, number] = [1024, 1_099_511_627_776];
/** How many requests may come at once. */
export const BURSTS: readonly [number, number] = [1, 1_000_000];
/** How many requests of a site may be answered at the same time. */
export const AT_ONCE: readonly [number, number] = [1, 1_000_000];
/** How long a client may have to wait for a whole burst, in seconds: a day. */
export const LONGEST_BURST_SECONDS = 86_400;

/** The whole numbers that are accepted, both ends included, each in the unit of its field. */
export const RANGES = {
  port: [0, 65_535],
  fd: [0, 1_073_741_815], // the largest that the kernel can be told to allow (fs.nr_open)
  tlsRedirect: [1, 65_535],
  tlsRedirectFd: [0, 1_073_741_815],
  threads: [1, 512],
  maxThreads: [1, 4096],
  revalidateMs: [0, 86_400_000], // a day; more would be "never", which is not what anyone means
  graceMs: [0, 86_400_000],
  drainDelayMs: [0, 3_600_000], // an hour; balancers ask every few seconds
  cacheLimitBytes: [0, 1_099_511_627_776], // 1 TiB
  encodedLimitBytes: [0, 1_099_511_627_776],
  connectionLimitCount: [1, 1_000_000],
  clientConnectionLimitCount: [1, 1_000_000],
  stallTimeoutMs: [500, 3_600_000], // below half a second a garbage collection would look like a stall
  logRotateBytes: [0, 1_099_511_627_776],
  logKeepCount: [1, 1000],
  keepPreviousSeconds: [0, 2_592_000], // 30 days; what is kept for longer is an archive
} as const;

/** SO_REUSEPORT spreads connections on these; macOS has the option but does not spread, Windows lacks it. */
const REUSE_PORT_PLATFORMS: ReadonlySet<NodeJS.Platform> = new Set(["linux", "freebsd", "sunos", "aix"]);
export const HAS_REUSE_PORT: boolean = REUSE_PORT_PLATFORMS.has(process.platform);
