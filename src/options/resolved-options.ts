// What the options resolve to: every choice made, no field optional. Threads are given these, so they survive
// structuredClone. A choice that is switched off is undefined or false, and never left out.
import type { ResolvedAccess } from "../features/access/access-options.ts";
import type { ResolvedBandwidth, ResolvedRateLimit } from "../features/access/limit-options.ts";
import type { ResolvedFields } from "../features/fields/field-options.ts";
import type { ResolvedRoutes } from "../features/routes.ts";
import type { ForwardedField } from "../proxies/forwarded-fields.ts";
import type { ResolvedAcme } from "./acme-options.ts";
import type { AdminPlace } from "./admin-place.ts";
import type { Limits } from "./limits.ts";
import type { ResolvedListener } from "./listen-options.ts";
import type { FileOptions, FolderOptions, PageOptions, SiteOptions } from "./site-options.ts";
import type { ResolvedTls } from "./tls-options.ts";

/** One site. Its folders are absolute paths. */
export interface ResolvedSite
  extends Required<FolderOptions>,
    Required<Omit<PageOptions, "cleanUrls">>,
    Required<FileOptions>,
    ResolvedRoutes,
    ResolvedFields,
    ResolvedAccess {
  /** "both": "/about" and "/about.html" are addresses of about.html, as where `_redirects` and `_headers` come from. */
  readonly cleanUrls: boolean | "both";
}

/** A site that answers for some hosts. */
export interface ResolvedHostSite {
  /** In lower case; "*.example.com" stands for all names below example.com. */
  readonly host: string;
  readonly site: ResolvedSite;
  readonly given: readonly (keyof SiteOptions)[];
}

/** All options, checked and with their defaults. */
export interface ResolvedOptions {
  /** Absolute path: that of `site`. */
  readonly root: string;
  /** Where the server listens, at least one place. Connections know theirs by its index. */
  readonly listen: readonly ResolvedListener[];
  /** Of the first listener with an address; the default without such a listener. */
  readonly host: string;
  readonly port: number;
  /** False when the port is only the default, which may move when it is busy. */
  readonly isPortFixed: boolean;
  /** Absolute path of the Unix socket, or "@" and a name; undefined when another place counts. */
  readonly socket: string | undefined;
  readonly socketMode: number;
  /** Descriptors of listening sockets that the process was started with; empty when another place counts. */
  readonly fd: readonly number[];
  /** At least one; undefined without HTTPS. */
  readonly tls: readonly ResolvedTls[] | undefined;
  /** How the file in `tls` comes to be; undefined where files are given. */
  readonly acme: ResolvedAcme | undefined;
  /** Where the authority for development keeps the file in `tls`; undefined without one. */
  readonly localAuthority: string | undefined;
  /** Undefined where plain HTTP is not answered. */
  readonly tlsRedirect: number | undefined;
  /** False when the port is only the default: without it, the server starts all the same. */
  readonly isTlsRedirectFixed: boolean;
  /** Undefined where no inherited socket is for plain HTTP. */
  readonly tlsRedirectFd: number | undefined;
  readonly trustedProxies: readonly string[];
  readonly forwardedFields: readonly ForwardedField[];
  readonly proxyProtocol: boolean;
  readonly http2: boolean;
  readonly h2c: boolean;
  readonly mode: "pool" | "per-connection";
  /** Pool mode: how many threads serve. */
  readonly threads: number;
  readonly maxThreads: number;
  /** What was asked for; `Server.transport` tells what "auto" became. */
  readonly transport: "auto" | "kernel" | "portable";
  readonly accept: "reuse-port" | "transfer";
  /** True when accept was asked for, which only the portable transport can do. */
  readonly isAcceptFixed: boolean;
  readonly mptcp: "auto" | "off";
  readonly revalidateMs: number;
  readonly graceMs: number;
  readonly drainDelayMs: number;
  readonly cacheLimitBytes: number;
  readonly encodedLimitBytes: number;
  readonly connectionLimitCount: number;
  /** Undefined where one client may have all connections. */
  readonly clientConnectionLimitCount: number | undefined;
  readonly overLimit: "wait" | "refuse";
  /** Undefined where any number of requests is answered. */
  readonly serverRateLimit: ResolvedRateLimit | undefined;
  /** Undefined where content is sent as fast as clients take it. */
  readonly serverBandwidth: ResolvedBandwidth | undefined;
  readonly stallTimeoutMs: number;
  /** Undefined without a listener for operators. */
  readonly admin: AdminPlace | undefined;
  /** Whether the admin listener has the live page. */
  readonly console: boolean;
  /** Undefined where the sites' own port says nothing of the server's health. */
  readonly healthPath: string | undefined;
  /** Absolute path; undefined where no file has the number of the process. */
  readonly pidFile: string | undefined;
  readonly trace: boolean;
  readonly traceSecrets: boolean;
  /** "off", or as `LineFormat.of` takes it. */
  readonly log: string;
  /** Absolute path; undefined for standard output. */
  readonly logFile: string | undefined;
  readonly logMask: readonly ("query" | "address")[];
  readonly logRotateBytes: number;
  readonly logKeepCount: number;
  readonly limits: Limits;
  /** Names of the site options that were given. Rules in files of the root replace the others. */
  readonly given: readonly (keyof SiteOptions)[];
  /** The site that answers for every host that no entry of `sites` is for. */
  readonly site: ResolvedSite;
  /** Further sites, in the order in which they were written. */
  readonly sites: readonly ResolvedHostSite[];
}
