// The schema of all options: which values are valid, what is filled in, and what a message says was wanted. The compiler
// proves at the end of this file that the interfaces that programs see (server-options.ts, site-options.ts) say the same;
// the JSON Schema and the reference pages are made from it. Rules that depend on two options are in resolve.ts.
import type { MaintenanceOptions, ResolvedAuth, ResolvedMaintenance } from "../../features/access/access-options.ts";
import { addressRule } from "../../features/access/addresses.ts";
import { BasicAuth } from "../../features/access/basic-auth.ts";
import { clientRule } from "../../features/access/clients.ts";
import type {
  BandwidthOptions,
  RateLimitOptions,
  ResolvedConcurrencyLimit,
  ResolvedRateLimit,
} from "../../features/access/limit-options.ts";
import { passwordHashProblem } from "../../features/access/password.ts";
import { createCors, type ResolvedCors } from "../../features/fields/cors.ts";
import type { ResolvedDictionaries } from "../../features/fields/dictionaries.ts";
import { type HeaderRule, headerRules } from "../../features/fields/header-rules.ts";
import { hstsFields, type ResolvedHsts } from "../../features/fields/hsts.ts";
import { pathPattern } from "../../features/patterns/pattern.ts";
import type { RedirectRule, RewriteRule } from "../../features/routes.ts";
import { FORWARDED_FIELDS, UNIX } from "../../proxies/forwarded-fields.ts";
import { LineFormat } from "../../telemetry/access-log/line-format.ts";
import { domainProblem, isDirectory, isStagingElsewhere } from "../acme-options.ts";
import { ADMIN_WANTED, adminPlaceOf, CONSOLE_WANTED } from "../admin-place.ts";
import {
  AT_ONCE,
  AUTH_DEFAULTS,
  BANDWIDTHS,
  BURSTS,
  CORS_DEFAULTS,
  DEFAULTS,
  DICTIONARY_DEFAULTS,
  HAS_REUSE_PORT,
  HSTS_DEFAULTS,
  MAINTENANCE_DEFAULTS,
  RANGES,
  RATE_LIMIT_DEFAULTS,
  REDIRECT_DEFAULTS,
  REQUEST_RATES,
  REWRITE_DEFAULTS,
  SITE_DEFAULTS,
} from "../defaults.ts";
import { LIMIT_DEFAULTS, type Limits } from "../limits.ts";
import { LISTEN_PLACE, LISTENER_LIMIT_COUNT, type ListenPlace, parseListen, placeProblem } from "../listen-options.ts";
import type { OptionMistake } from "../mistakes.ts";
import type { ResolvedSite } from "../resolved-options.ts";
import type { ServerOptions } from "../server-options.ts";
import type { SiteOptions } from "../site-options.ts";
import { mistakesOf } from "./messages.ts";
import { byName, complain, complainAbout, isTarget, list, oneOf, record, whole, wholeNumber, works } from "./parts.ts";
import * as z from "./zod.ts";

/** The largest number that timers and 31-bit counters hold. */
const LARGEST_LIMIT = 2_147_483_647;
/** 1 MiB, or as many lines: any peer can make the server hold this much memory. */
const LARGEST_HELD_LIMIT = 1_048_576;
const HELD_LIMITS: ReadonlySet<string> = new Set([
  "headLimitBytes",
  "headLimitCount",
  "targetLimitBytes",
  "chunkLineLimitBytes",
  "concurrentStreamLimitCount",
  "continuationLimitCount",
] satisfies (keyof Limits)[]);

const TEXT = "a string that is not empty and has no NUL in it";
const FOLDER = 'the path of a folder, like "dist"';
const CERTIFICATE_FILE = 'the path of a certificate in PEM, like "cert.pem"';
const KEY_FILE = 'the path of a private key in PEM, like "key.pem"';
const PFX_FILE = 'the path of a file, like "server.pfx"';
const PASSWORD_FILE = 'the path of a file, like "password.txt"';
const CLIENTS_FILE = 'the path of a file, like "clients.pem"';
const FLAG = "true or false";
const PATH = "a path of the site that begins with a slash";
const PATTERN = 'a pattern of paths, like "/blog/:year/*"';
const STATUS = "a status that can have a page: 400, 401, 403, 404, 405, 500, 501 or 503";
const TARGET = "a path or an address, percent-encoded";
const HOST = 'a host name without a port, like "example.com" or "*.example.com"';

const DOMAIN = 'a host name or an address, like "example.com" or "192.0.2.1"';
const DOMAINS = 'like ["example.com", "www.example.com"]';
/** No authority puts more into a certificate. */
const MOST_DOMAINS = 100;
const EMAIL = 'an address for mail, like "admin@example.com"';
const DIRECTORY = 'the https:// URL of a directory, like "https://acme.example/directory"';
const HMAC_KEY = "a key in base64url, as the authority gives it";
const ONE_AUTHORITY = "no staging together with directory: write the URL of its trial run as directory";
const LISTENING_HOST = 'a name or an address without scheme and port, like "localhost" or "0.0.0.0"';

const text = z.string(TEXT).check(z.regex(/^[^\u0000]+$/, TEXT));
const folder = z.string(FOLDER).check(z.regex(/^[^\u0000]+$/, FOLDER));
const flag = z.boolean(FLAG);
const path = z.string(PATH).check(z.regex(/^\/[^\u0000]*$/, PATH));
const pattern = z.string(PATTERN).check(works((value: string) => pathPattern(value), PATTERN));
const address = z
  .string("an address or a network")
  .check(works((value: string) => addressRule([value], []), 'an address or a network, like "192.0.2.0/24"'));
const PROXY = 'an address, a network, or "unix" for the peer of the Unix socket, like "10.0.0.0/8"';
const proxy = z.string(PROXY).check(works((value: string) => value === UNIX || addressRule([value], []), PROXY));
const ONE_FORWARDED = '"forwarded" alone, because it tells all that the others tell';
const CLIENT = 'the subject of a certificate, like "CN=ada,O=Example", or its SHA-256 fingerprint';
const client = z.string(CLIENT).check(works((value: string) => clientRule([value]), CLIENT));
const target = z.string(TARGET).check(z.refine(isTarget, TARGET));

const redirect = record("a redirect", {
  from: pattern,
  to: target,
  status: z._default(
    z.union(
      [301, 302, 303, 307, 308].map((status) => z.literal(status as 301 | 302 | 303 | 307 | 308)),
      "301, 302, 303, 307 or 308",
    ),
    REDIRECT_DEFAULTS.status,
  ),
  onlyMissing: z._default(flag, REDIRECT_DEFAULTS.onlyMissing),
});

const rewrite = record("a rewrite", {
  from: pattern,
  to: path,
  onlyMissing: z._default(flag, REWRITE_DEFAULTS.onlyMissing),
});

const headerRule = record("a header rule", {
  for: pattern,
  set: byName(
    z.string("a name"),
    z.union([z.string(), z.null()], "a string, or null"),
    'fields by name, like { "X-Name": "value" }',
  ).check((context) => {
    for (const [name, value] of Object.entries(context.value)) {
      complainAbout(context, [name], "a field that can be sent", () =>
        headerRules([{ for: "/", set: { [name]: value } }]),
      );
    }
  }),
});

const cors = record("CORS options", {
  origins: z.union([z.literal("*"), list(text)], '"*" or a list of origins, like ["https://example.com"]'),
  requestHeaders: z._default(list(text), [...CORS_DEFAULTS.requestHeaders]),
  exposedHeaders: z._default(list(text), [...CORS_DEFAULTS.exposedHeaders]),
  credentials: z._default(flag, CORS_DEFAULTS.credentials),
  maxAgeSeconds: z._default(whole(0, 86_400), CORS_DEFAULTS.maxAgeSeconds),
}).check(works((value) => createCors(value as ResolvedCors), "other CORS options"));

const auth = record("users and their password hashes", {
  for: z._default(list(pattern), [...AUTH_DEFAULTS.for]),
  realm: z._default(
    z.string(TEXT).check(works((realm: string) => new BasicAuth({ realm, users: {} }), "a realm")),
    AUTH_DEFAULTS.realm,
  ),
  users: byName(
    z.string("a name"),
    z.string("a password hash"),
    'password hashes by user name, like { ada: "$scrypt$…" }',
  ).check((context) => {
    if (Object.keys(context.value).length === 0) complain(context, [], "at least one user");
    for (const [name, hash] of Object.entries(context.value)) {
      const problem = passwordHashProblem(hash);
      if (problem !== undefined) complain(context, [name], problem);
      else complainAbout(context, [name], "a user", () => new BasicAuth({ ...AUTH_DEFAULTS, users: { [name]: hash } }));
    }
  }),
});

const dictionaries = record("options of dictionaries", {
  leastBytes: z._default(whole(1024, 10_485_760), DICTIONARY_DEFAULTS.leastBytes),
  limitBytes: z._default(whole(1024, 10_485_760), DICTIONARY_DEFAULTS.limitBytes),
});

const hsts = record("HSTS options", {
  maxAgeSeconds: z._default(whole(0, 3_153_600_000), HSTS_DEFAULTS.maxAgeSeconds),
  includeSubDomains: z._default(flag, HSTS_DEFAULTS.includeSubDomains),
  preload: z._default(flag, HSTS_DEFAULTS.preload),
}).check(works((value) => hstsFields(value as ResolvedHsts), "other HSTS options"));

const maintenance = record("maintenance options", {
  page: z.optional(path),
  retryAfterSeconds: z._default(whole(0, 31_536_000), MAINTENANCE_DEFAULTS.retryAfterSeconds),
  allow: z._default(list(address, 'like ["192.0.2.0/24"]'), [...MAINTENANCE_DEFAULTS.allow]),
});

const RATE = "a number of requests a second, like 10, or 0.5 for one every two seconds";
const rate = z.number(RATE).check(z.gte(REQUEST_RATES[0], RATE), z.lte(REQUEST_RATES[1], RATE));

const rateLimit = record("limits of requests, like { clientRequestsPerSecond: 10 }", {
  clientRequestsPerSecond: z.optional(rate),
  clientBurstCount: z.optional(whole(...BURSTS)),
  requestsPerSecond: z.optional(rate),
  burstCount: z.optional(whole(...BURSTS)),
  dryRun: z._default(flag, RATE_LIMIT_DEFAULTS.dryRun),
});

const concurrencyLimit = record("limits of requests at the same time, like { requestCount: 100 }", {
  requestCount: whole(...AT_ONCE),
  dryRun: z._default(flag, RATE_LIMIT_DEFAULTS.dryRun),
});

const bandwidth = record("limits of bytes, like { clientBytesPerSecond: 1000000 }", {
  clientBytesPerSecond: z.optional(whole(...BANDWIDTHS)),
  bytesPerSecond: z.optional(whole(...BANDWIDTHS)),
});

const site = {
  mounts: z._default(byName(path, folder, 'folders by path, like { "/docs": "../docs" }'), SITE_DEFAULTS.mounts),
  redirects: z._default(list(redirect, 'like [{ from: "/old", to: "/new" }]'), [...SITE_DEFAULTS.redirects]),
  rewrites: z._default(list(rewrite, 'like [{ from: "/app/*", to: "/app.html" }]'), [...SITE_DEFAULTS.rewrites]),
  headers: z._default(list(headerRule, 'like [{ for: "/*.pdf", set: { "X-Robots-Tag": "noindex" } }]'), [
    ...SITE_DEFAULTS.headers,
  ]),
  errorPages: z._default(
    byName(
      z.string().check(z.regex(/^(?:40[01345]|50[013])$/, STATUS)),
      path,
      'pages by status, like { "404": "/404.html" }',
    ),
    SITE_DEFAULTS.errorPages,
  ),
  cleanUrls: z._default(flag, SITE_DEFAULTS.cleanUrls),
  trailingSlash: z._default(oneOf("folders", "never", "ignore"), SITE_DEFAULTS.trailingSlash as "folders"),
  encodedSlashes: z._default(oneOf("refuse", "decode"), SITE_DEFAULTS.encodedSlashes as "refuse"),
  markdown: z._default(oneOf("negotiate", "off"), SITE_DEFAULTS.markdown as "off"),
  earlyHints: z._default(oneOf("http2", "all", "off"), SITE_DEFAULTS.earlyHints as "off"),
  images: z._default(oneOf("negotiate", "off"), SITE_DEFAULTS.images as "off"),
  fallback: z.optional(path),
  listing: z._default(flag, SITE_DEFAULTS.listing),
  zip: z._default(flag, SITE_DEFAULTS.zip),
  cors: z._default(
    z.union([flag, cors], 'true (for all origins), false, or CORS options like { origins: ["https://example.com"] }'),
    SITE_DEFAULTS.cors,
  ),
  securityHeaders: z._default(flag, SITE_DEFAULTS.securityHeaders),
  hsts: z._default(
    z.union([flag, hsts], "true (for a year), false, or HSTS options like { maxAgeSeconds: 86400 }"),
    SITE_DEFAULTS.hsts,
  ),
  auth: z.optional(auth),
  allow: z._default(list(address, 'like ["192.0.2.0/24"]'), [...SITE_DEFAULTS.allow]),
  deny: z._default(list(address, 'like ["192.0.2.0/24"]'), [...SITE_DEFAULTS.deny]),
  allowClients: z._default(list(client, 'like ["CN=ada,O=Example"]'), [...SITE_DEFAULTS.allowClients]),
  maintenance: z._default(
    z.union([flag, maintenance], 'true, false, or maintenance options like { page: "/closed.html" }'),
    SITE_DEFAULTS.maintenance,
  ),
  rateLimit: z.optional(rateLimit),
  concurrencyLimit: z.optional(concurrencyLimit),
  bandwidth: z.optional(bandwidth),
  immutable: z._default(flag, SITE_DEFAULTS.immutable),
  dictionaries: z._default(
    z.union([flag, dictionaries], "true, false, or options of dictionaries like { leastBytes: 16384 }"),
    SITE_DEFAULTS.dictionaries,
  ),
  etag: z._default(oneOf("auto", "content"), SITE_DEFAULTS.etag as "auto"),
  digests: z._default(flag, SITE_DEFAULTS.digests),
  compress: z._default(flag, SITE_DEFAULTS.compress),
  siteFiles: z._default(oneOf("netlify", "cloudflare", "none"), SITE_DEFAULTS.siteFiles as "netlify"),
  keepPreviousSeconds: z._default(ranged("keepPreviousSeconds"), SITE_DEFAULTS.keepPreviousSeconds),
};

const TLS_FILES = 'the files of a certificate and its key, like { cert: "cert.pem", key: "key.pem" }';
const file = (wanted: string) => z.string(wanted).check(z.regex(/^[^\u0000]+$/, wanted));
const tlsFiles = record("the files of a certificate", {
  cert: z.optional(file(CERTIFICATE_FILE)),
  key: z.optional(file(KEY_FILE)),
  pfx: z.optional(file(PFX_FILE)),
  passphraseFile: z.optional(file(PASSWORD_FILE)),
  clientCa: z.optional(file(CLIENTS_FILE)),
  clientCertificate: z.optional(oneOf("required", "optional")),
}).check((context) => {
  const { cert, key, pfx, clientCa, clientCertificate } = context.value;
  if (clientCertificate !== undefined && clientCa === undefined)
    complain(context, ["clientCertificate"], "clientCa, too: the file of the authorities that clients are known by");
  if (pfx === undefined) {
    if (cert === undefined) complain(context, ["cert"], CERTIFICATE_FILE);
    if (key === undefined) complain(context, ["key"], KEY_FILE);
    return;
  }
  for (const name of ["cert", "key"] as const) {
    if (context.value[name] !== undefined) complain(context, [name], "nothing together with pfx, which holds both");
  }
});

const domain = z.string(DOMAIN).check((context) => {
  const problem = domainProblem(context.value);
  if (problem !== undefined) complain(context, [], problem);
});

const acmeTls = record("certificates from an authority", {
  acme: record("ACME options", {
    domains: list(domain, DOMAINS).check(
      z.refine(({ length }) => length > 0 && length <= MOST_DOMAINS, `1 to ${MOST_DOMAINS} names, ${DOMAINS}`),
    ),
    email: z.optional(z.string(EMAIL).check(z.regex(/^[!-?A-~]+@[^\s@]+$/, EMAIL))),
    directory: z.optional(z.string(DIRECTORY).check(z.refine(isDirectory, DIRECTORY))),
    staging: z.optional(flag),
    profile: z.optional(text),
    challenge: z.optional(oneOf("http-01", "tls-alpn-01")),
    externalAccount: z.optional(
      record("an account that the authority knows", {
        keyId: text,
        hmacKey: z.string(HMAC_KEY).check(z.regex(/^[\w-]+=*$/, HMAC_KEY)),
      }),
    ),
    keyFolder: z.optional(text),
    agreeToTerms: z.optional(flag),
  }).check((context) => {
    if (isStagingElsewhere(context.value)) complain(context, ["staging"], ONE_AUTHORITY);
  }),
});

const virtualSite = record("a site", { root: folder, ...site });

const TRANSPORT = '"auto", "portable" or, on Linux, "kernel"';
const ACCEPT = HAS_REUSE_PORT ? '"auto", "reuse-port" or "transfer"' : '"auto" or "transfer"';
const DESCRIPTORS = "the descriptor of a listening socket, like 3, or a list of them";
const MODE = "permissions from 0 to 0o777";
const LOG = '"common", "combined", "json", "off", or a pattern like "{client} {status}"';
const HEALTH_PATH = 'a path like "/healthz", of letters, digits, and . _ ~ - /';
const PID_FILE = 'the path of a file, like "/run/heddle/heddle.pid"';
const LOG_FILE = 'the path of a file, like "/var/log/heddle/access.log"';
const [FEWEST, MOST] = RANGES.threads;
const THREADS = `${wholeNumber(FEWEST, MOST)}, "auto" or "per-connection"`;

const listenText = z.string(LISTEN_PLACE).check(z.refine((value) => parseListen(value) !== undefined, LISTEN_PLACE));
const listenPlace = record("a place to listen", {
  host: z.optional(text.check(z.refine(isHost, LISTENING_HOST))),
  port: z.optional(ranged("port")),
  socket: z.optional(text),
  socketMode: z.optional(whole(0, 0o777, MODE)),
  fd: z.optional(z.union([ranged("fd"), text], "a descriptor, like 3, or a name in LISTEN_FDNAMES")),
  tls: z.optional(flag),
  proxyProtocol: z.optional(flag),
}).check((context) => {
  const problem = placeProblem(context.value as ListenPlace);
  if (problem !== undefined) complain(context, [], problem);
});
const LISTENERS = `up to ${LISTENER_LIMIT_COUNT} places`;

const schema = record("options", {
  root: z.optional(folder),
  listen: z.optional(
    z.union(
      [
        listenText,
        listenPlace,
        list(z.union([listenText, listenPlace], LISTEN_PLACE)).check(
          z.refine(({ length }) => length <= LISTENER_LIMIT_COUNT, LISTENERS),
        ),
      ],
      `${LISTEN_PLACE}, or a list of them`,
    ),
  ),
  host: z._default(text.check(z.refine(isHost, LISTENING_HOST)), DEFAULTS.host),
  port: z._default(ranged("port"), DEFAULTS.port),
  socket: z.optional(text),
  fd: z.optional(z.union([ranged("fd"), list(ranged("fd"))], DESCRIPTORS)),
  socketMode: z._default(whole(0, 0o777, MODE), DEFAULTS.socketMode),
  tls: z.optional(
    z.union(
      [tlsFiles, list(tlsFiles), acmeTls, z.literal("dev")],
      `${TLS_FILES}, a list of them, { acme: { domains: ["example.com"] } }, or "dev"`,
    ),
  ),
  tlsRedirect: z.optional(z.union([ranged("tlsRedirect"), z.literal(false)], "a port from 1 to 65535, or false")),
  tlsRedirectFd: z.optional(ranged("tlsRedirectFd")),
  trustedProxies: z._default(list(proxy, 'like ["127.0.0.1", "10.0.0.0/8"]'), [...DEFAULTS.trustedProxies]),
  forwardedFields: z._default(
    list(oneOf(...FORWARDED_FIELDS), 'like ["x-forwarded-for"]').check(
      z.refine((names) => names.length === 1 || !names.includes("forwarded"), ONE_FORWARDED),
    ),
    [...DEFAULTS.forwardedFields],
  ),
  proxyProtocol: z._default(flag, DEFAULTS.proxyProtocol),
  http2: z._default(flag, DEFAULTS.http2),
  h2c: z._default(flag, DEFAULTS.h2c),
  threads: z._default(z.union([whole(FEWEST, MOST), z.enum(["auto", "per-connection"])], THREADS), DEFAULTS.threads),
  maxThreads: z._default(ranged("maxThreads"), DEFAULTS.maxThreads),
  transport: z._default(
    z
      .enum(["auto", "kernel", "portable"], TRANSPORT)
      .check(z.refine((value) => value !== "kernel" || process.platform === "linux", TRANSPORT)),
    DEFAULTS.transport,
  ),
  accept: z._default(
    z
      .enum(["auto", "reuse-port", "transfer"], ACCEPT)
      .check(z.refine((value) => value !== "reuse-port" || HAS_REUSE_PORT, ACCEPT)),
    DEFAULTS.accept,
  ),
  revalidateMs: z._default(ranged("revalidateMs"), DEFAULTS.revalidateMs),
  graceMs: z._default(ranged("graceMs"), DEFAULTS.graceMs),
  drainDelayMs: z._default(ranged("drainDelayMs"), DEFAULTS.drainDelayMs),
  cacheLimitBytes: z._default(ranged("cacheLimitBytes"), DEFAULTS.cacheLimitBytes),
  encodedLimitBytes: z.optional(ranged("encodedLimitBytes")),
  connectionLimitCount: z._default(ranged("connectionLimitCount"), DEFAULTS.connectionLimitCount),
  clientConnectionLimitCount: z.optional(ranged("clientConnectionLimitCount")),
  mptcp: z._default(oneOf("auto", "off"), DEFAULTS.mptcp as "off"),
  overLimit: z._default(oneOf("wait", "refuse"), DEFAULTS.overLimit as "wait"),
  serverRateLimit: z.optional(rateLimit),
  serverBandwidth: z.optional(bandwidth),
  stallTimeoutMs: z._default(ranged("stallTimeoutMs"), DEFAULTS.stallTimeoutMs),
  admin: z.optional(
    z.union(
      [ranged("port"), text.check(z.refine((value) => adminPlaceOf(value, "") !== undefined, ADMIN_WANTED))],
      ADMIN_WANTED,
    ),
  ),
  console: z._default(
    z.union(
      [
        z.boolean(),
        ranged("port"),
        text.check(z.refine((value) => adminPlaceOf(value, "") !== undefined, CONSOLE_WANTED)),
      ],
      CONSOLE_WANTED,
    ),
    DEFAULTS.console,
  ),
  healthPath: z.optional(z.string(HEALTH_PATH).check(z.regex(/^\/[\w.~/-]+$/, HEALTH_PATH))),
  pidFile: z.optional(file(PID_FILE)),
  trace: z._default(flag, DEFAULTS.trace),
  traceSecrets: z._default(flag, DEFAULTS.traceSecrets),
  log: z._default(
    z.string(LOG).check(works((value: string) => value === "off" || LineFormat.of(value), LOG)),
    DEFAULTS.log,
  ),
  logFile: z.optional(file(LOG_FILE)),
  logMask: z._default(list(oneOf("query", "address"), 'like ["query"]'), [...DEFAULTS.logMask]),
  logRotateBytes: z._default(ranged("logRotateBytes"), DEFAULTS.logRotateBytes),
  logKeepCount: z._default(ranged("logKeepCount"), DEFAULTS.logKeepCount),
  limits: z._default(limitsSchema(), { ...LIMIT_DEFAULTS }),
  ...site,
  sites: z._default(
    byName(
      z.string().check(z.regex(/^(\*\.)?([a-z\d-]+\.)*[a-z\d-]+$/i, HOST)),
      virtualSite,
      'sites by host name, like { "example.com": { root: "www" } }',
    ),
    {},
  ),
});

/** For the JSON Schema (docs/json-schema.ts). */
export const optionsSchema: z.core.$ZodType = schema;

/** Every name that is allowed at the top level, in the order of the documentation. */
export const OPTION_NAMES: readonly (keyof ServerOptions)[] = Object.keys(schema.shape) as (keyof ServerOptions)[];

/** The names that are allowed in a site. */
export const SITE_OPTION_NAMES: readonly (keyof SiteOptions)[] = Object.keys(
  virtualSite.shape,
) as (keyof SiteOptions)[];

/** A site with every default filled in. resolve.ts turns the choices that may be booleans into objects. */
export interface CompleteSite
  extends Omit<
    ResolvedSite,
    | "redirects"
    | "rewrites"
    | "headers"
    | "cleanUrls"
    | "fallback"
    | "cors"
    | "hsts"
    | "dictionaries"
    | "auth"
    | "maintenance"
    | "rateLimit"
    | "concurrencyLimit"
    | "bandwidth"
  > {
  readonly redirects: readonly Required<RedirectRule>[];
  readonly rewrites: readonly Required<RewriteRule>[];
  readonly headers: readonly HeaderRule[];
  readonly cleanUrls: boolean;
  readonly fallback?: string;
  readonly cors: boolean | ResolvedCors;
  readonly hsts: boolean | ResolvedHsts;
  readonly dictionaries: boolean | ResolvedDictionaries;
  readonly auth?: ResolvedAuth;
  readonly maintenance: boolean | CompleteMaintenance;
  readonly rateLimit?: CompleteRateLimit;
  readonly concurrencyLimit?: ResolvedConcurrencyLimit;
  readonly bandwidth?: BandwidthOptions;
}
/** A rate limit with its defaults, but without the bursts that follow from a rate. */
export type CompleteRateLimit = RateLimitOptions & Pick<ResolvedRateLimit, "dryRun">;
type CompleteMaintenance = Omit<ResolvedMaintenance, "page"> & Pick<MaintenanceOptions, "page">;

type Complete<Options, Open extends keyof Options> = Required<Omit<Options, Open>> & Pick<Options, Open>;
export type CompleteOptions = Complete<
  Omit<ServerOptions, keyof SiteOptions | "limits" | "sites" | "serverRateLimit">,
  | "listen"
  | "socket"
  | "fd"
  | "encodedLimitBytes"
  | "clientConnectionLimitCount"
  | "serverBandwidth"
  | "logFile"
  | "pidFile"
  | "admin"
  | "healthPath"
  | "tls"
  | "tlsRedirect"
  | "tlsRedirectFd"
> &
  Omit<CompleteSite, "root"> & {
    readonly serverRateLimit?: CompleteRateLimit;
    readonly root?: string;
    readonly limits: Limits;
    readonly sites: Readonly<Record<string, CompleteSite>>;
  };

export type Parsed = { readonly options: CompleteOptions } | { readonly mistakes: readonly OptionMistake[] };

/** Checks each option by itself and fills in the defaults, or returns all mistakes. */
export function parseOptions(options: unknown): Parsed {
  const parsed = z.safeParse(schema, options);
  if (parsed.success) return { options: parsed.data as CompleteOptions };
  const mistakes = new Map<string, OptionMistake>();
  for (const mistake of mistakesOf(parsed.error.issues, options, [], OPTION_NAMES)) {
    if (!mistakes.has(mistake.option)) mistakes.set(mistake.option, mistake);
  }
  return { mistakes: [...mistakes.values()] };
}

/** A port has an option of its own. An IPv6 address has more than one colon. */
function isHost(value: string): boolean {
  return !value.includes("/") && !/^(?:\[.*\]|[^:]*):\d*$/.test(value);
}

function ranged(option: keyof typeof RANGES): z.ZodMiniNumber<number> {
  const [lowest, highest] = RANGES[option];
  return whole(lowest, highest);
}

type LimitShape = { [Name in keyof Limits]: z.ZodMiniDefault<z.ZodMiniNumber<number>> };

function limitsSchema(): z.ZodMiniObject<LimitShape, z.core.$strict> {
  const shape = Object.entries(LIMIT_DEFAULTS).map(([name, value]) => {
    const lowest = name === "discardLimitBytes" || name === "minimumRateBytesPerSecond" ? 0 : 1;
    return [name, z._default(whole(lowest, HELD_LIMITS.has(name) ? LARGEST_HELD_LIMIT : LARGEST_LIMIT), value)];
  });
  return record("limits", Object.fromEntries(shape) as LimitShape);
}

// The schema and the interfaces that programs see are the same: a field that only one of them has does not compile.
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<Exclude<T[Key], undefined>> }
    : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
true satisfies Same<Plain<z.input<typeof schema>>, Plain<ServerOptions>>;
true satisfies Same<Plain<z.output<typeof schema>>, Plain<CompleteOptions>>;
true satisfies Same<Plain<z.input<typeof virtualSite>>, Plain<SiteOptions>>;
