// The schema of all options: what is taken, what is filled in, and what is wanted where something else was found.
// The interfaces that programs see (options.ts, features/site-options.ts) are checked against it when this compiles,
// and the JSON Schema and the reference page are made from it. Rules that depend on two options are options.ts's.
import { addressRule } from "../features/addresses.ts";
import { BasicAuth } from "../features/basic-auth.ts";
import { type CorsOptions, createCors } from "../features/cors.ts";
import { headerRules } from "../features/header-rules.ts";
import { passwordHashProblem } from "../features/password.ts";
import { pathPattern } from "../features/pattern.ts";
import type { SiteOptions } from "../features/site-options.ts";
import { DEFAULT_LIMITS, type Http1Limits } from "../http1/limits.ts";
import type { ServerOptions } from "../options.ts";
import type { OptionMistake } from "./mistakes.ts";
import { mistakesOf } from "./schema-mistakes.ts";
import {
  byName,
  complain,
  complainAbout,
  isTarget,
  list,
  oneOf,
  record,
  whole,
  wholeNumber,
  works,
} from "./schema-parts.ts";
import * as z from "./zod.ts";

/** The defaults that the help text and the option tables show. */
export const DEFAULTS = {
  host: "localhost",
  port: 8080,
  socketMode: 0o660,
  threads: "auto",
  maxThreads: 128,
  transport: "auto",
  accept: "auto",
  revalidateMs: 1000,
  graceMs: 10_000,
  cacheLimitBytes: 67_108_864, // 64 MiB
  connectionLimitCount: 16_384,
  stallTimeoutMs: 10_000,
  trace: false,
} as const;

/** What a site does when nothing else is said. */
const SITE_DEFAULTS = {
  mounts: {},
  redirects: [],
  rewrites: [],
  headers: [],
  errorPages: { "404": "/404.html" },
  cleanUrls: false,
  trailingSlash: "folders",
  listing: false,
  zip: false,
  cors: false,
  securityHeaders: false,
  allow: [],
  deny: [],
  maintenance: false,
  immutable: true,
  etag: "auto",
  compress: true,
  siteFiles: "netlify",
  keepPreviousSeconds: 0,
} satisfies Partial<SiteOptions>;

/** The whole numbers that are accepted, both ends included, each in the unit of its field. */
export const RANGES = {
  port: [0, 65_535],
  threads: [1, 512],
  maxThreads: [1, 4096],
  revalidateMs: [0, 86_400_000], // a day; more would be "never", which is not what anyone means
  graceMs: [0, 86_400_000],
  cacheLimitBytes: [0, 1_099_511_627_776], // 1 TiB
  encodedLimitBytes: [0, 1_099_511_627_776],
  connectionLimitCount: [1, 1_000_000],
  stallTimeoutMs: [500, 3_600_000], // below half a second a garbage collection would look like a stall
  keepPreviousSeconds: [0, 2_592_000], // 30 days; what is kept for longer is an archive
} as const;

/** Timers and counters of 31 bits hold it. */
const LARGEST_LIMIT = 2_147_483_647;
/** 1 MiB, or as many lines: these limits are memory that any peer may make us hold. */
const LARGEST_HELD_LIMIT = 1_048_576;
const HELD_LIMITS: ReadonlySet<string> = new Set([
  "headLimitBytes",
  "headLimitCount",
  "targetLimitBytes",
  "chunkLineLimitBytes",
] satisfies (keyof Http1Limits)[]);

/** SO_REUSEPORT spreads connections on these; macOS has the option but does not spread, Windows lacks it. */
const REUSE_PORT_PLATFORMS: ReadonlySet<NodeJS.Platform> = new Set(["linux", "freebsd", "sunos", "aix"]);
export const HAS_REUSE_PORT: boolean = REUSE_PORT_PLATFORMS.has(process.platform);

const TEXT = "a string that is not empty and has no NUL in it";
const FOLDER = 'the path of a folder, like "dist"';
const FLAG = "true or false";
const PATH = "a path of the site, which begins with a slash";
const PATTERN = 'a pattern of paths, like "/blog/:year/*"';
const STATUS = "400, 401, 403, 404, 405, 500, 501 or 503, which are the errors that can have a page";
const TARGET = "a path or an address, percent-encoded";
const HOST = 'a host name without a port, like "example.com" or "*.example.com"';

const text = z.string(TEXT).check(z.regex(/^[^\u0000]+$/, TEXT));
const folder = z.string(FOLDER).check(z.regex(/^[^\u0000]+$/, FOLDER));
const flag = z.boolean(FLAG);
const path = z.string(PATH).check(z.regex(/^\/[^\u0000]*$/, PATH));
const pattern = z.string(PATTERN).check(works((value: string) => pathPattern(value), PATTERN));
const address = z
  .string("an address or a network")
  .check(works((value: string) => addressRule([value], []), 'an address or a network, like "192.0.2.0/24"'));
const target = z.string(TARGET).check(z.refine(isTarget, TARGET));

const redirect = record("a redirect", {
  from: pattern,
  to: target,
  status: z.optional(
    z.union(
      [301, 302, 303, 307, 308].map((status) => z.literal(status as 301 | 302 | 303 | 307 | 308)),
      "301, 302, 303, 307 or 308",
    ),
  ),
  onlyMissing: z.optional(flag),
});

const rewrite = record("a rewrite", { from: pattern, to: path, onlyMissing: z.optional(flag) });

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
  requestHeaders: z.optional(list(text)),
  exposedHeaders: z.optional(list(text)),
  credentials: z.optional(flag),
  maxAgeSeconds: z.optional(whole(0, 86_400)),
}).check(works((value) => createCors(value as CorsOptions), "other CORS options"));

const auth = record("users and their password hashes", {
  for: z.optional(list(pattern)),
  realm: z.optional(z.string(TEXT).check(works((realm: string) => new BasicAuth({ realm, users: {} }), "a realm"))),
  users: byName(
    z.string("a name"),
    z.string("a password hash"),
    'password hashes by user name, like { ada: "$scrypt$…" }',
  ).check((context) => {
    if (Object.keys(context.value).length === 0) complain(context, [], "at least one user");
    for (const [name, hash] of Object.entries(context.value)) {
      const problem = passwordHashProblem(hash);
      if (problem !== undefined) complain(context, [name], problem);
      else complainAbout(context, [name], "a user", () => new BasicAuth({ users: { [name]: hash } }));
    }
  }),
});

const maintenance = record("maintenance options", {
  page: z.optional(path),
  retryAfterSeconds: z.optional(whole(0, 31_536_000)),
  allow: z.optional(list(address, 'like ["192.0.2.0/24"]')),
});

const site = {
  mounts: z._default(byName(path, folder, 'folders by path, like { "/docs": "../docs" }'), SITE_DEFAULTS.mounts),
  redirects: z._default(list(redirect, 'like [{ from: "/old", to: "/new" }]'), SITE_DEFAULTS.redirects),
  rewrites: z._default(list(rewrite, 'like [{ from: "/app/*", to: "/app.html" }]'), SITE_DEFAULTS.rewrites),
  headers: z._default(
    list(headerRule, 'like [{ for: "/*.pdf", set: { "X-Robots-Tag": "noindex" } }]'),
    SITE_DEFAULTS.headers,
  ),
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
  fallback: z.optional(path),
  listing: z._default(flag, SITE_DEFAULTS.listing),
  zip: z._default(flag, SITE_DEFAULTS.zip),
  cors: z._default(
    z.union([flag, cors], 'true (for all origins), false, or CORS options like { origins: ["https://example.com"] }'),
    SITE_DEFAULTS.cors,
  ),
  securityHeaders: z._default(flag, SITE_DEFAULTS.securityHeaders),
  auth: z.optional(auth),
  allow: z._default(list(address, 'like ["192.0.2.0/24"]'), SITE_DEFAULTS.allow),
  deny: z._default(list(address, 'like ["192.0.2.0/24"]'), SITE_DEFAULTS.deny),
  maintenance: z._default(
    z.union([flag, maintenance], 'true, false, or maintenance options like { page: "/closed.html" }'),
    SITE_DEFAULTS.maintenance,
  ),
  immutable: z._default(flag, SITE_DEFAULTS.immutable),
  etag: z._default(oneOf("auto", "content"), SITE_DEFAULTS.etag as "auto"),
  compress: z._default(flag, SITE_DEFAULTS.compress),
  siteFiles: z._default(oneOf("netlify", "cloudflare", "none"), SITE_DEFAULTS.siteFiles as "netlify"),
  keepPreviousSeconds: z._default(ranged("keepPreviousSeconds"), SITE_DEFAULTS.keepPreviousSeconds),
};

const virtualSite = record("a site", { root: folder, ...site });

const TRANSPORT = '"auto", "portable" or, on Linux, "kernel"';
const ACCEPT = HAS_REUSE_PORT ? '"auto", "reuse-port" or "transfer"' : '"auto" or "transfer"';
const MODE = "permissions from 0 to 0o777";
const [FEWEST, MOST] = RANGES.threads;
const THREADS = `${wholeNumber(FEWEST, MOST)}, "auto" or "per-connection"`;

const schema = record("options", {
  root: z.optional(folder),
  host: z._default(text, DEFAULTS.host),
  port: z._default(ranged("port"), DEFAULTS.port),
  socket: z.optional(text),
  socketMode: z._default(whole(0, 0o777, MODE), DEFAULTS.socketMode),
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
  cacheLimitBytes: z._default(ranged("cacheLimitBytes"), DEFAULTS.cacheLimitBytes),
  encodedLimitBytes: z.optional(ranged("encodedLimitBytes")),
  connectionLimitCount: z._default(ranged("connectionLimitCount"), DEFAULTS.connectionLimitCount),
  stallTimeoutMs: z._default(ranged("stallTimeoutMs"), DEFAULTS.stallTimeoutMs),
  trace: z._default(flag, DEFAULTS.trace),
  limits: z._default(limitsSchema(), { ...DEFAULT_LIMITS }),
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

/** What the JSON Schema is made from: docs/json-schema.ts. */
export const optionsSchema: z.core.$ZodType = schema;

/** Every name that can be set at the top level, in the order of the documentation. */
export const OPTION_NAMES: readonly (keyof ServerOptions)[] = Object.keys(schema.shape) as (keyof ServerOptions)[];

/** The fields of a site among them. */
export const SITE_OPTION_NAMES: readonly (keyof SiteOptions)[] = Object.keys(
  virtualSite.shape,
) as (keyof SiteOptions)[];

/** Options with every default filled in. */
export type CompleteSite = Complete<SiteOptions, Exclude<keyof SiteOptions, "root" | "fallback" | "auth">>;
export type CompleteOptions = Complete<
  Omit<ServerOptions, "limits" | "sites">,
  Exclude<keyof ServerOptions, "root" | "socket" | "encodedLimitBytes" | "fallback" | "auth" | "limits" | "sites">
> & { readonly limits: Http1Limits; readonly sites: Readonly<Record<string, CompleteSite>> };
type Complete<Options, Given extends keyof Options> = Omit<Options, Given> & Required<Pick<Options, Given>>;

export type Parsed = { readonly options: CompleteOptions } | { readonly mistakes: readonly OptionMistake[] };

/** Checks every option by itself and fills in the defaults; what has mistakes comes back as all of them. */
export function parseOptions(options: unknown): Parsed {
  const parsed = z.safeParse(schema, options);
  if (parsed.success) return { options: parsed.data as CompleteOptions };
  const mistakes = new Map<string, OptionMistake>();
  for (const mistake of mistakesOf(parsed.error.issues, options, [], OPTION_NAMES)) {
    if (!mistakes.has(mistake.option)) mistakes.set(mistake.option, mistake);
  }
  return { mistakes: [...mistakes.values()] };
}

function ranged(option: keyof typeof RANGES): z.ZodMiniNumber<number> {
  const [lowest, highest] = RANGES[option];
  return whole(lowest, highest);
}

type LimitShape = { [Name in keyof Http1Limits]: z.ZodMiniDefault<z.ZodMiniNumber<number>> };

function limitsSchema(): z.ZodMiniObject<LimitShape, z.core.$strict> {
  const shape = Object.entries(DEFAULT_LIMITS).map(([name, value]) => {
    const lowest = name === "discardLimitBytes" || name === "minimumRateBytesPerSecond" ? 0 : 1;
    return [name, z._default(whole(lowest, HELD_LIMITS.has(name) ? LARGEST_HELD_LIMIT : LARGEST_LIMIT), value)];
  });
  return record("limits", Object.fromEntries(shape) as LimitShape);
}

// The interfaces that programs see, and the schema, are one: what only one of them has does not compile.
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<Exclude<T[Key], undefined>> }
    : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
true satisfies Same<Plain<z.input<typeof schema>>, Plain<ServerOptions>>;
true satisfies Same<Plain<z.output<typeof schema>>, Plain<CompleteOptions>>;
true satisfies Same<Plain<z.input<typeof virtualSite>>, Plain<SiteOptions>>;
