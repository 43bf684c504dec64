// The options that a running server cannot change: where it listens, how many threads it has, and what the threads were
// started with. A reload can change all others.
import { isDeepStrictEqual } from "node:util";
import type { ResolvedOptions } from "./resolved-options.ts";

/** Options that only a restart can change. */
export type FixedOption =
  | "listen"
  | "host"
  | "port"
  | "socket"
  | "socketMode"
  | "fd"
  | "tls"
  | "tlsRedirect"
  | "tlsRedirectFd"
  | "proxyProtocol"
  | "threads"
  | "maxThreads"
  | "transport"
  | "accept"
  | "mptcp"
  | "connectionLimitCount"
  | "clientConnectionLimitCount"
  | "overLimit"
  | "stallTimeoutMs"
  | "http2"
  | "h2c"
  | "admin"
  | "console"
  | "pidFile"
  | "trace"
  | "traceSecrets"
  | "log"
  | "logFile"
  | "logMask"
  | "logRotateBytes"
  | "logKeepCount"
  | "limits";

/** The resolved fields that hold each of them. */
const FIXED: Readonly<Record<FixedOption, readonly (keyof ResolvedOptions)[]>> = {
  listen: [],
  host: ["host"],
  port: ["port"],
  socket: ["socket"],
  socketMode: ["socketMode"],
  fd: ["fd"],
  tls: ["tls", "acme", "localAuthority"],
  tlsRedirect: ["tlsRedirect", "isTlsRedirectFixed"],
  tlsRedirectFd: ["tlsRedirectFd"],
  proxyProtocol: ["proxyProtocol"],
  threads: ["mode", "threads"],
  maxThreads: ["maxThreads"],
  transport: ["transport"],
  accept: ["accept", "isAcceptFixed"],
  mptcp: ["mptcp"],
  connectionLimitCount: ["connectionLimitCount"],
  clientConnectionLimitCount: ["clientConnectionLimitCount"],
  overLimit: ["overLimit"],
  stallTimeoutMs: ["stallTimeoutMs"],
  http2: ["http2"],
  h2c: ["h2c"],
  admin: ["admin"],
  console: ["console"],
  pidFile: ["pidFile"],
  trace: ["trace"],
  traceSecrets: ["traceSecrets"],
  log: ["log"],
  logFile: ["logFile"],
  logMask: ["logMask"],
  logRotateBytes: ["logRotateBytes"],
  logKeepCount: ["logKeepCount"],
  limits: ["limits"],
};

/** In the order of the documentation. */
export const FIXED_OPTIONS: readonly FixedOption[] = Object.keys(FIXED) as FixedOption[];

/** @returns the wanted options with the current values of the unchangeable ones, and the names of those that would differ */
export function keepFixed(
  wanted: ResolvedOptions,
  current: ResolvedOptions,
): { options: ResolvedOptions; unchanged: FixedOption[] } {
  const unchanged = FIXED_OPTIONS.filter((name) =>
    FIXED[name].some((field) => !isDeepStrictEqual(wanted[field], current[field])),
  );
  const fields = FIXED_OPTIONS.flatMap((name) => FIXED[name]);
  const kept = Object.fromEntries(fields.map((field) => [field, current[field]]));
  if (unchanged.every((name) => !isPlace(name)) && hasMoved(wanted, current)) unchanged.unshift("listen");
  // Not compared: "8080, or the next free port" is the same port as "8080".
  const { isPortFixed, listen } = current;
  return { options: Object.freeze({ ...wanted, ...kept, isPortFixed, listen }), unchanged };
}

/** The short forms of `listen`: where one of them differs, it names the change better. */
function isPlace(name: FixedOption): boolean {
  return ["host", "port", "socket", "socketMode", "fd", "tls", "proxyProtocol"].includes(name);
}

/** Whether the places differ, however they are written. */
function hasMoved(wanted: ResolvedOptions, current: ResolvedOptions): boolean {
  const places = ({ listen }: ResolvedOptions): string[] =>
    listen.map((one) => `${one.name} ${one.kind === "socket" ? one.mode : ""} ${one.isSecure} ${one.hasProxyHeader}`);
  return !isDeepStrictEqual(places(wanted), places(current));
}
