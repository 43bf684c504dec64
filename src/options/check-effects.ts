// Whether each option has an effect. An option without one is a warning and no error, because nothing is served wrongly.
import { isDeepStrictEqual } from "node:util";
import { DEFAULTS } from "./defaults.ts";
import { placeName } from "./mistakes.ts";
import type { ResolvedOptions, ResolvedSite } from "./resolved-options.ts";

/** @returns a sentence for each option that does nothing without another */
export function optionsWithoutEffect(options: ResolvedOptions): string[] {
  return [
    ...withoutListing(options),
    ...withoutHttp2(options),
    ...withoutLog(options),
    ...withoutTls(options),
    ...withoutProxies(options),
    ...ofOtherWays(options),
    ...unreachable(options),
  ];
}

/** What is said about a thread per connection, or a Unix socket, where there is none. */
function ofOtherWays({ mode, maxThreads, listen, socketMode }: ResolvedOptions): string[] {
  const hasThreadBound = mode === "pool" && maxThreads !== DEFAULTS.maxThreads;
  const hasMode = !listen.some(({ kind }) => kind === "socket") && socketMode !== DEFAULTS.socketMode;
  return [
    ...(hasThreadBound ? ["maxThreads has no effect without a thread per connection"] : []),
    ...(hasMode ? ["socketMode has no effect without socket"] : []),
  ];
}

function withoutProxies({ trustedProxies, forwardedFields }: ResolvedOptions): string[] {
  const isDefault = isDeepStrictEqual(forwardedFields, DEFAULTS.forwardedFields);
  return trustedProxies.length > 0 || isDefault ? [] : ["forwardedFields has no effect without trustedProxies"];
}

function withoutTls(options: ResolvedOptions): string[] {
  const { tls, tlsRedirect, tlsRedirectFd, trustedProxies, given, sites, listen } = options;
  if (tls !== undefined)
    return listen.some(({ isSecure }) => isSecure) ? [] : ["tls has no effect: every listener says no-tls"];
  const hsts = [{ above: [], given }, ...sites.map((one) => ({ above: ["sites", one.host], given: one.given }))]
    .filter((one) => one.given.includes("hsts") && trustedProxies.length === 0)
    .map(({ above }) => placeName([...above, "hsts"]));
  const redirects = Object.entries({ tlsRedirect, tlsRedirectFd }).filter(([, value]) => value !== undefined);
  const names = [...redirects.map(([name]) => name), ...hsts];
  return names.map((name) => `${name} has no effect without tls`);
}

/** The authority asks this machine from outside, unless it runs on this machine, too. */
function unreachable({ acme, host, listen }: ResolvedOptions): string[] {
  const isInside = listen.every((one) => one.kind === "address" && isLoopback(one.host));
  if (acme === undefined || !isInside || isLoopback(new URL(acme.directory).hostname)) return [];
  return [
    `host: ${host} is reached from this machine only, so that no authority can check tls.acme: write "::" or "0.0.0.0"`,
  ];
}

/** Standard output cannot be renamed. */
function withoutLog({ log, logFile, logMask, logRotateBytes, logKeepCount }: ResolvedOptions): string[] {
  const ofLog = { logFile: logFile !== undefined, logMask: logMask.length > 0, logRotateBytes: logRotateBytes > 0 };
  const idle = Object.entries(ofLog).filter(([, isGiven]) => isGiven && log === "off");
  return [
    ...idle.map(([name]) => `${name} has no effect without log`),
    ...(log !== "off" && logRotateBytes > 0 && logFile === undefined
      ? ["logRotateBytes has no effect without logFile"]
      : []),
    ...(logKeepCount !== DEFAULTS.logKeepCount && logRotateBytes === 0
      ? ["logKeepCount has no effect without logRotateBytes"]
      : []),
  ];
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host);
}

function withoutListing(options: ResolvedOptions): string[] {
  return placesWhere(options, "zip", (site) => site.zip && !site.listing).map(
    (place) => `${place} has no effect without listing`,
  );
}

/** Behind a proxy that speaks HTTP/1.1, too. */
function withoutHttp2(options: ResolvedOptions): string[] {
  const { http2, h2c, listen } = options;
  if (h2c || (http2 && listen.some(({ isSecure }) => isSecure))) return [];
  return placesWhere(options, "earlyHints", (site) => site.earlyHints === "http2").map(
    (place) => `${place}: "http2" has no effect, because no client speaks HTTP/2 here: it needs tls or h2c`,
  );
}

/** What an option of these sites is called. */
function placesWhere(
  { site, sites }: ResolvedOptions,
  name: keyof ResolvedSite,
  holds: (site: ResolvedSite) => boolean,
): string[] {
  return [{ above: [], site }, ...sites.map((one) => ({ above: ["sites", one.host], site: one.site }))]
    .filter((one) => holds(one.site))
    .map(({ above }) => placeName([...above, name]));
}
