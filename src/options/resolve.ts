// ServerOptions -> ResolvedOptions. The schema checks each option by itself and fills in the defaults; here stands what
// depends on two options, on the file system or on the machine. The result is complete, frozen and survives
// structuredClone, so that every thread gets the same.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { placesOf } from "../acme/places.ts";
import { localAuthorityFolder, serverFileIn } from "../local-authority/places.ts";
import { type ResolvedAcme, resolveAcme } from "./acme-options.ts";
import { adminPlaceOf, DEFAULT_ADMIN_PORT } from "./admin-place.ts";
import {
  CORS_DEFAULTS,
  DICTIONARY_DEFAULTS,
  HAS_REUSE_PORT,
  HSTS_DEFAULTS,
  MAINTENANCE_DEFAULTS,
  REDIRECT_PORT_FOR_ACME,
  SITE_DEFAULTS,
  TLS_DEFAULTS,
} from "./defaults.ts";
import { resolveBandwidth, resolveRateLimit } from "./limit-rates.ts";
import { addressName, listenersOf, resolveListen, resolveSocketPath, type ShortForms } from "./listen-options.ts";
import { OptionError, placeName } from "./mistakes.ts";
import type { ResolvedHostSite, ResolvedOptions, ResolvedSite } from "./resolved-options.ts";
import { type CompleteOptions, type CompleteSite, parseOptions, SITE_OPTION_NAMES } from "./schema/schema.ts";
import type { ServerOptions } from "./server-options.ts";
import type { SiteOptions } from "./site-options.ts";
import { type ResolvedTls, TLS_FILES, type TlsOptions } from "./tls-options.ts";

/**
 * @param folder base of the relative folders and paths in the options
 * @throws {OptionError} that names every invalid option
 */
export function resolveOptions(options: ServerOptions = {}, folder: string = process.cwd()): ResolvedOptions {
  // A program in JavaScript may give null, which the schema refuses in words.
  const former = formerSites.get(options?.sites ?? {});
  const isSame = former?.folder === folder;
  const parsed = parseOptions(isSame ? { ...options, sites: undefined } : options);
  if ("mistakes" in parsed) throw new OptionError(parsed.mistakes);
  const { threads, transport, socketMode, sites, ...complete } = parsed.options;
  const root = complete.root ?? (existsSync(join(folder, "public")) ? "public" : ".");
  const given = givenOf(options);
  const site = completeSite({ ...complete, root }, given, surroundingsOf(options, folder, []));
  const { tls, acme, localAuthority } = resolveTls(complete.tls, folder);
  return deepFreeze({
    root: site.root,
    ...resolvePlaces(options, complete, socketMode, folder),
    socketMode,
    tls,
    acme,
    localAuthority,
    tlsRedirect: resolveRedirect(options, acme),
    isTlsRedirectFixed: options.tlsRedirect !== undefined,
    tlsRedirectFd: complete.tlsRedirectFd,
    trustedProxies: complete.trustedProxies,
    forwardedFields: complete.forwardedFields,
    proxyProtocol: complete.proxyProtocol,
    http2: complete.http2,
    h2c: complete.h2c,
    mode: threads === "per-connection" ? "per-connection" : "pool",
    threads: typeof threads === "number" ? threads : availableParallelism(),
    maxThreads: complete.maxThreads,
    transport,
    accept: resolveAccept(complete.accept, transport),
    isAcceptFixed: complete.accept !== "auto",
    mptcp: complete.mptcp,
    revalidateMs: complete.revalidateMs,
    graceMs: complete.graceMs,
    drainDelayMs: complete.drainDelayMs,
    cacheLimitBytes: complete.cacheLimitBytes,
    encodedLimitBytes: complete.encodedLimitBytes ?? complete.cacheLimitBytes,
    connectionLimitCount: complete.connectionLimitCount,
    clientConnectionLimitCount: complete.clientConnectionLimitCount,
    overLimit: resolveOverLimit(parsed.options),
    serverRateLimit: resolveRateLimit(complete.serverRateLimit, ["serverRateLimit"]),
    serverBandwidth: resolveBandwidth(complete.serverBandwidth),
    stallTimeoutMs: complete.stallTimeoutMs,
    admin: resolveAdmin(complete, folder),
    console: complete.console !== false,
    healthPath: complete.healthPath,
    pidFile: complete.pidFile === undefined ? undefined : resolve(folder, complete.pidFile),
    trace: complete.trace || complete.traceSecrets,
    traceSecrets: complete.traceSecrets,
    log: options.log === undefined && complete.logFile !== undefined ? "combined" : complete.log,
    logFile: complete.logFile === undefined ? undefined : resolve(folder, complete.logFile),
    logMask: complete.logMask,
    logRotateBytes: complete.logRotateBytes,
    logKeepCount: complete.logKeepCount,
    limits: complete.limits,
    given,
    site,
    sites: isSame
      ? former.sites
      : Object.entries(sites).map(([host, one]) => resolveHostSite(host, one, options, folder)),
  });
}

/** Of configuration files, by the object in the file, with the folder that relative paths start from. */
const formerSites = new WeakMap<object, { readonly folder: string; readonly sites: ResolvedOptions["sites"] }>();

/**
 * As `resolveOptions`, for options that nobody changes any more: the server gets them as well, and the second time their
 * sites, which may be a thousand, need not be checked again.
 */
export function resolveFinal(options: ServerOptions, folder: string): ResolvedOptions {
  const resolved = resolveOptions(options, folder);
  if (options.sites !== undefined) formerSites.set(options.sites, { folder, sites: resolved.sites });
  return resolved;
}

function resolveHostSite(host: string, site: CompleteSite, options: ServerOptions, folder: string): ResolvedHostSite {
  const given = givenOf(options.sites![host]!);
  const surroundings = surroundingsOf(options, folder, ["sites", host]);
  return { host: host.toLowerCase(), site: completeSite(site, given, surroundings), given };
}

/** What a site depends on besides its own options. */
interface Surroundings {
  readonly folder: string;
  /** Whether clients may come by TLS: to the server, or to a proxy that says so. */
  readonly mayBeSecure: boolean;
  readonly hasClientCa: boolean;
  /** Where its options stand, for messages. */
  readonly place: readonly string[];
}

function surroundingsOf(
  { tls, trustedProxies = [] }: ServerOptions,
  folder: string,
  place: readonly string[],
): Surroundings {
  const [files] = Array.isArray(tls) ? tls : [tls];
  const hasClientCa = typeof files === "object" && "clientCa" in files && files.clientCa !== undefined;
  return { folder, mayBeSecure: tls !== undefined || trustedProxies.length > 0, hasClientCa, place };
}

function givenOf(options: Partial<SiteOptions>): (keyof SiteOptions)[] {
  return SITE_OPTION_NAMES.filter((name) => options[name] !== undefined);
}

/** @param given the names of the options that the site sets; all sites share the lists and objects of the others */
function completeSite(
  site: CompleteSite,
  given: readonly (keyof SiteOptions)[],
  surroundings: Surroundings,
): ResolvedSite {
  const { folder, mayBeSecure } = surroundings;
  const chosen = <Name extends keyof typeof SITE_DEFAULTS & keyof CompleteSite>(name: Name) =>
    given.includes(name) ? site[name] : (SITE_DEFAULTS[name] as CompleteSite[Name]);
  const mounts = Object.entries(site.mounts).map(([path, mounted]) => [path, resolve(folder, mounted)]);
  return {
    root: resolve(folder, site.root),
    mounts: mounts.length === 0 ? SITE_DEFAULTS.mounts : Object.fromEntries(mounts),
    redirects: chosen("redirects"),
    rewrites: chosen("rewrites"),
    headers: chosen("headers"),
    errorPages: chosen("errorPages"),
    cleanUrls: site.cleanUrls,
    trailingSlash: site.trailingSlash,
    encodedSlashes: site.encodedSlashes,
    markdown: site.markdown,
    earlyHints: site.earlyHints,
    images: site.images,
    fallback: site.fallback,
    listing: site.listing,
    zip: site.zip,
    cors: resolveCors(site.cors),
    securityHeaders: site.securityHeaders,
    hsts: mayBeSecure ? resolveHsts(site.hsts) : undefined,
    auth: site.auth,
    allow: chosen("allow"),
    deny: chosen("deny"),
    allowClients: resolveClients(site.allowClients, surroundings),
    maintenance: resolveMaintenance(site.maintenance),
    rateLimit: resolveRateLimit(site.rateLimit, [...surroundings.place, "rateLimit"]),
    concurrencyLimit: site.concurrencyLimit,
    bandwidth: resolveBandwidth(site.bandwidth),
    immutable: site.immutable,
    dictionaries: resolveDictionaries(site.dictionaries),
    etag: site.etag,
    digests: site.digests,
    compress: site.compress,
    siteFiles: site.siteFiles,
    keepPreviousSeconds: site.keepPreviousSeconds,
  };
}

/** A site that is meant for a few clients is never opened to all: without authorities, nobody could come in. */
function resolveClients(allowClients: readonly string[], { place, hasClientCa }: Surroundings): readonly string[] {
  if (allowClients.length === 0) return SITE_DEFAULTS.allowClients;
  if (hasClientCa) return allowClients;
  const wanted = "tls.clientCa, too: the file of the authorities that clients are known by";
  throw new OptionError(placeName([...place, "allowClients"]), allowClients, wanted);
}

function resolveCors(cors: CompleteSite["cors"]): ResolvedSite["cors"] {
  if (cors === false) return undefined;
  return cors === true ? { ...CORS_DEFAULTS, origins: "*" } : cors;
}

function resolveHsts(hsts: CompleteSite["hsts"]): ResolvedSite["hsts"] {
  if (hsts === false) return undefined;
  return hsts === true ? HSTS_DEFAULTS : hsts;
}

function resolveDictionaries(dictionaries: CompleteSite["dictionaries"]): ResolvedSite["dictionaries"] {
  if (dictionaries === false) return undefined;
  return dictionaries === true ? DICTIONARY_DEFAULTS : dictionaries;
}

function resolveMaintenance(maintenance: CompleteSite["maintenance"]): ResolvedSite["maintenance"] {
  if (maintenance === false) return undefined;
  return { ...MAINTENANCE_DEFAULTS, ...(maintenance === true ? {} : maintenance) };
}

type Places = Pick<ResolvedOptions, "listen"> & Omit<ShortForms, "socketMode" | "manner">;

function resolvePlaces(
  options: ServerOptions,
  complete: Pick<CompleteOptions, "host" | "port" | "proxyProtocol" | "trustedProxies">,
  socketMode: number,
  folder: string,
): Places {
  const isPortFixed = options.port !== undefined;
  const short = {
    host: withoutBrackets(complete.host),
    port: complete.port,
    isPortFixed,
    socket: resolveSocket(options, folder),
    fd: resolveDescriptors(options),
  };
  const hasTls = options.tls !== undefined;
  const proxyProtocol = resolveProxyProtocol(complete);
  if (options.listen === undefined) {
    const manner = { isSecure: hasTls, hasProxyHeader: proxyProtocol };
    return { listen: listenersOf({ ...short, socketMode, manner }), ...short };
  }
  for (const other of ["host", "port", "socket", "fd"] as const) {
    const value = options[other];
    if (value !== undefined)
      throw new OptionError(other, value, `no ${other} together with listen: ${inListen(other, value)}`);
  }
  const listen = resolveListen(
    options.listen,
    { socketMode, hasTls, hasProxies: complete.trustedProxies.length > 0, proxyProtocol },
    folder,
  );
  const first = listen.find((one) => one.kind === "address");
  return { listen, ...short, ...(first && { host: first.host, port: first.port, isPortFixed: true }) };
}

/** What to write instead. */
function inListen(name: "host" | "port" | "socket" | "fd", value: string | number | readonly number[]): string {
  const places = {
    host: `${addressName(String(value), 80)}`,
    port: `localhost:${value}`,
    socket: `unix:${value}`,
    fd: `fd:${[value].flat()[0]}`,
  };
  return `write "${places[name]}" there, or as another --listen`;
}

function resolveSocket({ socket, host, port }: ServerOptions, folder: string): string | undefined {
  if (socket === undefined) return undefined;
  const path = resolveSocketPath(socket, folder, "socket");
  if (host !== undefined) throw new OptionError("host", host, "no host together with socket");
  if (port !== undefined) throw new OptionError("port", port, "no port together with socket");
  return path;
}

/** The live page is a part of the admin listener, and opens it where nobody else does. */
function resolveAdmin(
  { admin, console: page }: Pick<CompleteOptions, "admin" | "console">,
  folder: string,
): ResolvedOptions["admin"] {
  const named = typeof page === "boolean" ? undefined : page;
  const given = admin ?? named ?? (page === true ? DEFAULT_ADMIN_PORT : undefined);
  const place = given === undefined ? undefined : adminPlaceOf(given, folder);
  if (named !== undefined && !isDeepStrictEqual(adminPlaceOf(named, folder), place))
    throw new OptionError("console", named, `true, or the place of admin (${admin})`);
  if (place?.kind === "socket") resolveSocketPath(place.path, folder, admin === undefined ? "console" : "admin");
  return place;
}

function resolveRedirect(
  { tls, tlsRedirect, tlsRedirectFd, port }: ServerOptions,
  acme: ResolvedAcme | undefined,
): number | undefined {
  // Only what is given: flags are checked before the file is read, which may have another port.
  if (tls !== undefined && tlsRedirect !== undefined && tlsRedirect === port)
    throw new OptionError("tlsRedirect", tlsRedirect, otherThan(port));
  const fallback = tlsRedirectFd === undefined ? acme && REDIRECT_PORT_FOR_ACME : undefined;
  return (tlsRedirect ?? fallback) || undefined;
}

/** A header that anybody may send says nothing. */
function resolveProxyProtocol({
  proxyProtocol,
  trustedProxies,
}: Pick<CompleteOptions, "proxyProtocol" | "trustedProxies">): boolean {
  if (proxyProtocol && trustedProxies.length === 0)
    throw new OptionError("proxyProtocol", true, "trustedProxies, too: the proxies that may send the header");
  return proxyProtocol;
}

/** What the second port has to be. */
export function otherThan(port: number): string {
  return `a port other than ${port}, which is for HTTPS`;
}

/** @returns each once */
function resolveDescriptors({ fd, ...options }: ServerOptions): number[] {
  if (fd === undefined) return [];
  for (const other of ["host", "port", "socket"] as const) {
    if (options[other] !== undefined) throw new OptionError(other, options[other], `no ${other} together with fd`);
  }
  const fds = [...new Set([fd].flat())];
  if (fds.length === 0) throw new OptionError("fd", fd, "at least one descriptor");
  const { tlsRedirectFd } = options;
  if (tlsRedirectFd !== undefined && fds.includes(tlsRedirectFd))
    throw new OptionError("tlsRedirectFd", tlsRedirectFd, "another descriptor than those of fd");
  return fds;
}

/** The key and the certificate are in one file, which is replaced as a whole. */
function filesOf({ keyFolder, directory, domains }: ResolvedAcme): ResolvedTls {
  const { certificate } = placesOf(keyFolder, directory, domains);
  return { cert: certificate, key: certificate };
}

type ResolvedForm = Pick<ResolvedOptions, "tls" | "acme" | "localAuthority">;

function resolveTls(tls: CompleteOptions["tls"], folder: string): ResolvedForm {
  const none = { acme: undefined, localAuthority: undefined };
  if (tls === undefined) return { tls, ...none };
  if (tls === "dev") {
    const localAuthority = localAuthorityFolder();
    const file = serverFileIn(localAuthority);
    return { ...none, tls: [{ cert: file, key: file }], localAuthority };
  }
  if ("acme" in tls) {
    const acme = resolveAcme(tls.acme, folder);
    return { ...none, tls: [filesOf(acme)], acme };
  }
  const pairs = Array.isArray(tls) ? tls : [tls];
  if (pairs.length === 0) throw new OptionError("tls", tls, "at least one certificate");
  const resolved = pairs.map((files) => resolveFiles(files, folder));
  for (const [index, { clientCa, clientCertificate }] of resolved.entries()) {
    const [first] = resolved;
    const wanted = `what tls[0] has (${first!.clientCa === undefined ? "none" : `${first!.clientCa}, ${first!.clientCertificate}`})`;
    const reason = "a connection that was opened for one name may ask for all sites";
    if (clientCa === first!.clientCa && clientCertificate === first!.clientCertificate) continue;
    throw new OptionError(`tls[${index}].clientCa`, clientCa, `${wanted}: ${reason}`);
  }
  return { ...none, tls: resolved };
}

function resolveFiles(files: TlsOptions, folder: string): ResolvedTls {
  const paths: { -readonly [Name in keyof ResolvedTls]: ResolvedTls[Name] } = {};
  for (const name of TLS_FILES) {
    if (files[name] !== undefined) paths[name] = resolve(folder, files[name]);
  }
  if (paths.clientCa !== undefined) paths.clientCertificate = files.clientCertificate ?? TLS_DEFAULTS.clientCertificate;
  return paths;
}

/** Where each connection has a thread of its own, there is none to refuse with. */
function resolveOverLimit({ overLimit, threads }: CompleteOptions): "wait" | "refuse" {
  if (overLimit === "refuse" && threads === "per-connection")
    throw new OptionError("overLimit", overLimit, '"wait", with threads "per-connection"');
  return overLimit;
}

/** "[::1]", as in an address with a port, is ::1. */
function withoutBrackets(host: string): string {
  return /^\[.*:.*\]$/.test(host) ? host.slice(1, -1) : host;
}

function resolveAccept(
  accept: CompleteOptions["accept"],
  transport: CompleteOptions["transport"],
): "reuse-port" | "transfer" {
  if (accept === "auto") return HAS_REUSE_PORT ? "reuse-port" : "transfer";
  if (transport === "kernel")
    throw new OptionError("accept", accept, '"auto", because other values need the portable transport');
  return accept;
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === "object" && part !== null && !Object.isFrozen(part)) deepFreeze(part);
  }
  return Object.freeze(value);
}
