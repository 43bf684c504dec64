// What can be said about a server: the one shape that programs, the command line, the environment and the configuration
// file fill in. The schema (schema/schema.ts) says what each field may hold, defaults.ts what it holds by default.
import type { BandwidthOptions, RateLimitOptions } from "../features/access/limit-options.ts";
import type { AcmeTls } from "./acme-options.ts";
import type { Limits } from "./limits.ts";
import type { ListenPlace } from "./listen-options.ts";
import type { SiteOptions } from "./site-options.ts";
import type { TlsOptions } from "./tls-options.ts";

/** What can be said about a server, and the site that it serves. */
export interface ServerOptions extends Partial<SiteOptions> {
  /** Folder to serve. @default "./public" if it exists, else "." */
  root?: string;
  /**
   * Where to listen, instead of host, port, socket or fd: one place or several, each as a text or an object. "localhost:8080",
   * ":80" for all addresses, "unix:/run/heddle.sock", "unix:@name" in the abstract namespace, "fd:3" or "fd:web" for a
   * socket that the process was started with. ":80,no-tls" speaks plain HTTP there, ":80,proxy-protocol" wants PROXY headers there.
   * @default host and port
   */
  listen?: string | ListenPlace | readonly (string | ListenPlace)[];
  /** Name or address to listen on. "0.0.0.0" or "::" opens the server to the network. @default "localhost" */
  host?: string;
  /** TCP port, 0 to 65535; 0 takes any free port. @default 8080, or the next free port when 8080 is in use */
  port?: number;
  /**
   * Path of a Unix socket to listen on, instead of host and port (Linux, kernel transport). A socket that a killed server
   * left behind is replaced; any other file is an error. The socket is removed when the server stops. "@" and a name is a
   * socket in the abstract namespace, without a file. @default none
   */
  socket?: string;
  /**
   * Listening sockets that the process was started with, by their descriptors, instead of host and port: one, or a list.
   * With the sockets of systemd (`LISTEN_FDS`), the command sets it by itself. The sockets stay open for the next server
   * when this one stops. @default none
   */
  fd?: number | readonly number[];
  /** Permissions of the Unix socket: who may connect, 0 to 0o777. @default 0o660, its owner and group */
  socketMode?: number;
  /**
   * HTTPS instead of HTTP: a certificate and its private key, or a list of such pairs, of which the name that the client
   * asks for selects one. The files are read again when they change. Or `{ acme }`, for a certificate that the server gets
   * and renews by itself, or "dev", for one for this machine only (docs/https.md). @default none
   */
  tls?: TlsOptions | readonly TlsOptions[] | AcmeTls | "dev";
  /**
   * Second port, for plain HTTP, on the same host. It answers the authority's questions about `tls.acme`, and
   * redirects everything else to HTTPS; false opens none. @default 80 with `tls.acme`, else false
   */
  tlsRedirect?: number | false;
  /** HTTP/2 for clients that ask for it in the TLS handshake (ALPN); false answers them by HTTP/1.1. @default true */
  http2?: boolean;
  /**
   * HTTP/2 without TLS, for clients that begin with it (prior knowledge): load balancers, gRPC tools. HTTP/1.1 is answered
   * at the same port. Browsers never ask for it. @default false
   */
  h2c?: boolean;
  /**
   * The same on a listening socket that the process was started with, by its descriptor. With the sockets of systemd, the
   * one with `FileDescriptorName=redirect`. @default none
   */
  tlsRedirectFd?: number;
  /**
   * Proxies that are believed when they say who the client is: addresses, networks, and "unix" for the programs that may connect
   * to the Unix socket. Rules and logs see that client then (docs/proxies.md). @default none
   */
  trustedProxies?: readonly string[];
  /**
   * The fields by which these proxies say it. Write only those that they set or remove in each request: clients could send the
   * others. "forwarded" stands alone. @default x-forwarded-for, x-forwarded-proto
   */
  forwardedFields?: readonly ("forwarded" | "x-forwarded-for" | "x-forwarded-proto" | "x-forwarded-host")[];
  /**
   * Each connection begins with a header of the PROXY protocol, version 1 or 2, from one of `trustedProxies`. A connection
   * without one is closed. @default false
   */
  proxyProtocol?: boolean;
  /**
   * Threads that serve: a number from 1 to 512, "auto" for one per available core, or "per-connection" for one thread per
   * connection (to learn from, or to isolate connections; docs/threads.md compares). @default "auto"
   */
  threads?: number | "auto" | "per-connection";
  /** With threads "per-connection": the most threads at once; further connections wait in the listen queue. @default 128 */
  maxThreads?: number;
  /**
   * How bytes reach the sockets: "kernel" makes system calls itself (Linux, with node:ffi), "portable" uses node:net.
   * @default "auto": kernel where it works, unless `accept` is given
   */
  transport?: "auto" | "kernel" | "portable";
  /**
   * How a pool of threads shares the port; implies the portable transport. "reuse-port" lets the kernel spread connections
   * over one listening socket per thread, "transfer" accepts on the main thread and hands each connection to a thread.
   * @default "auto": reuse-port where the platform has it
   */
  accept?: "auto" | "reuse-port" | "transfer";
  /**
   * Multipath TCP (RFC 8684): a phone that moves between Wi-Fi and mobile network keeps its connections. "auto" listens for it
   * at addresses, where the system has it (Linux, with node:ffi), and says at the start where it has not. Other clients connect
   * as before (docs/deployment.md). @default "off"
   */
  mptcp?: "auto" | "off";
  /** A served file is checked for changes at most once in this time, in ms; 0 checks at every request. @default 1000 */
  revalidateMs?: number;
  /** How long requests in flight may take to finish when the server stops, in ms. @default 10000 */
  graceMs?: number;
  /**
   * How long a server that is told to stop still serves everything, in ms, while it says that it is not ready (`/readyz`
   * of `admin`, `healthPath`): balancers have this time to send nobody any more. Then `graceMs` begins. @default 0
   */
  drainDelayMs?: number;
  /** Memory for the contents of small files, in bytes, for the whole process. 0 keeps none. @default 64 MiB */
  cacheLimitBytes?: number;
  /**
   * Memory for files that were compressed on demand, in bytes, for the whole process. Precompressed files do not count. 0
   * compresses nothing on demand. @default as much as `cacheLimitBytes`
   */
  encodedLimitBytes?: number;
  /**
   * Open connections, for the whole process; `overLimit` says what happens to further ones. Fewer where the descriptors of the process
   * (`ulimit -n`) do not allow so many; then those that have waited longest for a request make room. @default 16384
   */
  connectionLimitCount?: number;
  /**
   * Open connections of one client: an IPv4 address, or an IPv6 network of 64 bits. Further ones get 503 and are closed.
   * Many people may share an address; a browser opens six connections. @default unlimited
   */
  clientConnectionLimitCount?: number;
  /**
   * What happens to connections over `connectionLimitCount`: "wait" leaves them in the listen queue until others have closed,
   * "refuse" answers 503 with `Retry-After` and closes them. @default "wait"
   */
  overLimit?: "wait" | "refuse";
  /** As `rateLimit`, for all sites of the server together. @default unlimited */
  serverRateLimit?: RateLimitOptions;
  /** As `bandwidth`, for all sites of the server together. @default unlimited */
  serverBandwidth?: BandwidthOptions;
  /** A thread that is unresponsive for this long, in ms, is replaced. @default 10000 */
  stallTimeoutMs?: number;
  /**
   * A second listener, for operators: `/metrics`, `/healthz` and `/readyz` (docs/metrics.md). A port of localhost, an address
   * with a port, like "0.0.0.0:9180", or the path of a Unix socket with a slash in it. @default none
   */
  admin?: number | string;
  /**
   * The live page: the threads at work, at `/console` of the admin listener (docs/console.md). `true` opens that listener at
   * the place of `admin`, or at port 9180 of localhost; a place is written as for `admin`. @default false
   */
  console?: boolean | number | string;
  /**
   * Path at which the site's own port says whether the server is ready: 200, or 503 once it stops. Answered before the rules
   * of every site, to everybody. @default none
   */
  healthPath?: string;
  /**
   * File that gets the number of this process once it serves, and that is removed when it ends. After an upgrade it has the
   * number of the new process. @default none
   */
  pidFile?: string;
  /** Prints each request head and response head as it happens; in a program, as a "trace" event. @default false */
  trace?: boolean;
  /** As `trace`, and shows passwords, cookies and tokens in it; otherwise stars stand for them. @default false */
  traceSecrets?: boolean;
  /**
   * Access log, a line for each reply: "common", "combined" or "json", or a pattern of names in braces, like
   * "{time} {request} {status}" (docs/logging.md). @default "off", or "combined" with logFile
   */
  log?: string;
  /** File that the lines of the access log are appended to; SIGUSR1 opens it again. @default standard output */
  logFile?: string;
  /**
   * What the access log leaves out: "query" of targets, and of an "address" what tells a client from its neighbours (all but
   * /24 of IPv4, /48 of IPv6). @default none
   */
  logMask?: readonly ("query" | "address")[];
  /** Size in bytes at which the file of the access log is renamed and a new one begins; 0 for never. @default 0 */
  logRotateBytes?: number;
  /** How many renamed files of the access log are kept, as access.log.1 (the youngest) and so on. @default 10 */
  logKeepCount?: number;
  /** Limits of the HTTP engines, each with its reason in `Http1Limits` and `Http2Limits`. */
  limits?: Partial<Limits>;
  /** Further sites, by the host name that a request asks for: "example.com", or "*.example.com" for all below it. @default none */
  sites?: Readonly<Record<string, SiteOptions>>;
}

/** Typed options of a `heddle.config.ts`: `export default defineConfig({ … })`. */
export function defineConfig(options: ServerOptions): ServerOptions {
  return options;
}
