// The flags of the command line, as data: the parser (program.ts), its help and the tables of the documentation
// are all made from this list. Ranges and defaults belong to options/schema/schema.ts.
import { DEFAULTS } from "../../options/defaults.ts";
import type { ServerOptions } from "../../options/server-options.ts";
import type { CommandName } from "./usage.ts";

export interface Flag {
  /** As commander and the help text have it: "--port <n>". */
  readonly term: string;
  /** The option that the flag sets; undefined for a flag that only the command line has. */
  readonly field?: keyof ServerOptions;
  /** What the flag sets in the option's object: `--tls-cert` sets `tls.cert`, `--domain` sets `tls.acme.domains`. */
  readonly part?: string;
  /**
   * A variable that other programs use too, in addition to the one that begins with HEDDLE_. HOST has to be an address;
   * LISTEN_FDS is read by listen-fds.ts.
   */
  readonly environment?: string;
  /** Written in seconds, with up to three decimals, while the field counts milliseconds. */
  readonly isSeconds?: true;
  /** Written in octal digits, as for chmod. */
  readonly isOctal?: true;
  /** Written in bytes, or with K, M or G behind the number: 100M. */
  readonly isSize?: true;
  /** May be given more than once. */
  readonly isRepeatable?: true;
  readonly meaning: string;
}

/** The folder, the only argument that is not a flag. */
export const ROOT: Flag = { term: "[root]", field: "root", meaning: "folder to serve" };

/** The sandbox is about the whole process, so only the command has it. */
const SANDBOX: Flag = {
  term: "--sandbox <auto|strict|off>",
  meaning: "what the process may open (Linux); auto lets sites be replaced, strict does not",
};

/** Only the command prints. */
const SERVER_LOG: Flag = {
  term: "--server-log <words|json>",
  meaning: "how to print what happens to the server: for people, or for programs",
};

export type ServerLogForm = "words" | "json";

export const SERVER_LOG_VARIABLE = "HEDDLE_SERVER_LOG";

export type SandboxMode = "auto" | "strict" | "off";

export const SANDBOX_VARIABLE = "HEDDLE_SANDBOX";

/** In the order and under the headings of the help text. */
export const FLAG_GROUPS: Readonly<Record<string, readonly Flag[]>> = {
  "Where to listen": [
    {
      term: "--listen <place>",
      field: "listen",
      isRepeatable: true,
      meaning: "host:port, :port, unix:/path, unix:@name or fd:3; several together",
    },
    {
      term: "--host [name]",
      field: "host",
      environment: "HOST",
      meaning: "name or address; none, 0.0.0.0 or :: opens the server to the network",
    },
    {
      term: "-p, --port <n>",
      field: "port",
      environment: "PORT",
      meaning: "TCP port; 0 takes any free one; the default moves on when it is in use",
    },
    { term: "--socket <path>", field: "socket", meaning: "Unix socket, instead of host and port (kernel transport)" },
    {
      term: "--fd <n>",
      field: "fd",
      environment: "LISTEN_FDS",
      isRepeatable: true,
      meaning: "listening socket that the process was started with, by its descriptor",
    },
    { term: "--socket-mode <octal>", field: "socketMode", isOctal: true, meaning: "who may connect to the socket" },
    {
      term: "--tls <acme|dev>",
      field: "tls",
      part: "by",
      meaning: "HTTPS by itself: from Let's Encrypt, or for development",
    },
    {
      term: "--domain <name>",
      field: "tls",
      part: "acme.domains",
      isRepeatable: true,
      meaning: "name, or address, of the certificate (with --tls acme)",
    },
    { term: "--email <address>", field: "tls", part: "acme.email", meaning: "where the authority may write to" },
    {
      term: "--acme-directory <url>",
      field: "tls",
      part: "acme.directory",
      meaning: "another authority than Let's Encrypt",
    },
    { term: "--acme-profile <name>", field: "tls", part: "acme.profile", meaning: "kind of certificate: shortlived" },
    {
      term: "--acme-challenge <kind>",
      field: "tls",
      part: "acme.challenge",
      meaning: "proof on port 80: http-01; on 443: tls-alpn-01",
    },
    {
      term: "--acme-staging",
      field: "tls",
      part: "acme.staging",
      meaning: "trial run, with certificates that nobody trusts",
    },
    { term: "--tls-cert <file>", field: "tls", part: "cert", meaning: "HTTPS with this certificate (PEM, full chain)" },
    { term: "--tls-key <file>", field: "tls", part: "key", meaning: "private key of the certificate (PEM)" },
    { term: "--tls-pfx <file>", field: "tls", part: "pfx", meaning: "certificate and key in one file (PKCS#12)" },
    {
      term: "--tls-passphrase-file <file>",
      field: "tls",
      part: "passphraseFile",
      meaning: "file whose first line is the key's password",
    },
    {
      term: "--tls-client-ca <file>",
      field: "tls",
      part: "clientCa",
      meaning: "authorities of clients (PEM): only they get in",
    },
    {
      term: "--tls-client-certificate <need>",
      field: "tls",
      part: "clientCertificate",
      meaning: '"required", or "optional" for those without',
    },
    {
      term: "--tls-redirect <port|false>",
      field: "tlsRedirect",
      meaning: "port that redirects HTTP to HTTPS; 80 with --tls acme",
    },
    {
      term: "--tls-redirect-fd <n>",
      field: "tlsRedirectFd",
      meaning: "the same on an inherited socket, by its descriptor",
    },
    {
      term: "--trusted-proxies <list>",
      field: "trustedProxies",
      meaning: "proxies that say who the client is: 10.0.0.0/8,unix",
    },
    {
      term: "--forwarded-fields <list>",
      field: "forwardedFields",
      meaning: "fields by which they say it: x-forwarded-for, …, or forwarded",
    },
    {
      term: "--proxy-protocol",
      field: "proxyProtocol",
      meaning: "each connection begins with a PROXY header of these proxies",
    },
    { term: "--no-http2", field: "http2", meaning: "answer HTTPS by HTTP/1.1 only" },
    { term: "--h2c", field: "h2c", meaning: "also answer HTTP/2 without TLS, by prior knowledge" },
  ],
  "What to answer": [
    {
      term: "--spa [page]",
      field: "fallback",
      meaning: "page for navigations to unknown paths; /index.html if not named",
    },
    { term: "--clean-urls", field: "cleanUrls", meaning: "serve about.html at /about, and redirect /about.html there" },
    {
      term: "--trailing-slash <where>",
      field: "trailingSlash",
      meaning: "folders: add it to folders; never: remove it; ignore: leave it",
    },
    {
      term: "--encoded-slashes <how>",
      field: "encodedSlashes",
      meaning: "%2F in a path: refuse: answer 400; decode: as a slash",
    },
    {
      term: "--markdown <how>",
      field: "markdown",
      meaning: "negotiate: page.md for clients that like it better than page.html",
    },
    {
      term: "--early-hints <to>",
      field: "earlyHints",
      meaning: "send Link fields ahead of pages, as 103: http2, or all",
    },
    {
      term: "--images <how>",
      field: "images",
      meaning: "negotiate: photo.avif or photo.webp for clients that name it, in place of photo.jpg or .png",
    },
    { term: "--listing", field: "listing", meaning: "list folders that have no index page" },
    { term: "--zip", field: "zip", meaning: "offer listed folders as zip files (with --listing)" },
    { term: "--cors", field: "cors", meaning: "let scripts of other origins read the site" },
    { term: "--hsts", field: "hsts", meaning: "tell browsers to use HTTPS only, for a year" },
    { term: "--security-headers", field: "securityHeaders", meaning: "send a set of protective headers" },
    {
      term: "--auth <user:hash>",
      field: "auth",
      isRepeatable: true,
      meaning: "ask for a password; heddle hash-password makes the hash",
    },
    { term: "--maintenance", field: "maintenance", meaning: "answer 503 to everything" },
    {
      term: "--rate-limit <n>",
      field: "rateLimit",
      meaning: "requests a second of each client; others get 429",
    },
    {
      term: "--concurrency <n>",
      field: "concurrencyLimit",
      meaning: "requests that are answered at the same time; others get 503",
    },
    {
      term: "--bandwidth <size>",
      field: "bandwidth",
      isSize: true,
      meaning: "bytes a second to each client, such as 1M",
    },
    {
      term: "--etag <auto|content>",
      field: "etag",
      meaning: "content: hash every file, for trees with unreliable times",
    },
    {
      term: "--no-compress",
      field: "compress",
      meaning: "compress nothing; precompressed files (.br, .zst, .gz) are still used",
    },
    {
      term: "--digests",
      field: "digests",
      meaning: "send SHA-256 digests to clients that ask for them (Want-Repr-Digest)",
    },
    {
      term: "--dictionaries",
      field: "dictionaries",
      meaning: "send new versions of scripts as differences (with --keep-previous)",
    },
    {
      term: "--keep-previous <seconds>",
      field: "keepPreviousSeconds",
      meaning: "keep serving the previous release's fingerprinted files",
    },
    {
      term: "--revalidate <seconds>",
      field: "revalidateMs",
      isSeconds: true,
      meaning: "check a file for changes at most this often; 0: at every request",
    },
  ],
  Threads: [
    {
      term: "--threads <n|auto|per-connection>",
      field: "threads",
      meaning: "number; auto: one per core; per-connection: one per connection",
    },
    { term: "--max-threads <n>", field: "maxThreads", meaning: "most threads at once, with per-connection" },
    {
      term: "--transport <auto|kernel|portable>",
      field: "transport",
      meaning: "how sockets are used: by system calls, or through node:net",
    },
    {
      term: "--accept <auto|reuse-port|transfer>",
      field: "accept",
      meaning: "connections are handed out by the kernel, or by the main thread",
    },
    {
      term: "--mptcp <auto|off>",
      field: "mptcp",
      meaning: "Multipath TCP, where the system has it",
    },
    {
      term: "--client-connections <n>",
      field: "clientConnectionLimitCount",
      meaning: "open connections of each client",
    },
    {
      term: "--over-limit <wait|refuse>",
      field: "overLimit",
      meaning: "connections over the limit wait, or get 503",
    },
    {
      term: "--grace <seconds>",
      field: "graceMs",
      isSeconds: true,
      meaning: "time for requests in flight to finish after Ctrl+C",
    },
    {
      term: "--drain-delay <seconds>",
      field: "drainDelayMs",
      isSeconds: true,
      meaning: "before that: serve on, and say that the server is not ready",
    },
  ],
  Configuration: [
    { term: "--config <file>", meaning: "read options from this file, not from ./heddle.config.*" },
    { term: "--no-config", meaning: "read no configuration file" },
    SANDBOX,
  ],
  Output: [
    {
      term: "--admin <address>",
      field: "admin",
      meaning: "metrics and health on a port of localhost, address or socket",
    },
    {
      term: "--console [address]",
      field: "console",
      meaning: "live page of the threads at work, there too (port 9180)",
    },
    { term: "--health-path <path>", field: "healthPath", meaning: "path of the site that says whether it is ready" },
    { term: "--pid-file <path>", field: "pidFile", meaning: "file with the number of the process, while it serves" },
    { term: "--trace", field: "trace", meaning: "print connections, requests and responses" },
    { term: "--trace-secrets", field: "traceSecrets", meaning: "the same, with passwords, cookies and tokens" },
    {
      term: "--log <format>",
      field: "log",
      meaning: "a line for each reply: common, combined, json, or a pattern",
    },
    { term: "--log-file <path>", field: "logFile", meaning: "append these lines to a file; SIGUSR1 opens it again" },
    { term: "--log-mask <parts>", field: "logMask", meaning: "leave out of these lines: query, address" },
    {
      term: "--log-rotate <size>",
      field: "logRotateBytes",
      isSize: true,
      meaning: "begin a new file at this size, such as 100M",
    },
    { term: "--log-keep <n>", field: "logKeepCount", meaning: "how many older files to keep" },
    SERVER_LOG,
    { term: "--quiet", meaning: "print only errors, warnings and the trace" },
    { term: "-v, --version", meaning: "print the version" },
    { term: "-h, --help", meaning: "print this help" },
  ],
};

/** A command that takes the options of serving, and an argument and flags that only it has. */
export interface CommandSyntax {
  readonly name: CommandName;
  /** The first lines of its help. */
  readonly description: string;
  readonly argument: Flag;
  readonly flags: readonly Flag[];
}

export const EXPLAIN_SYNTAX: CommandSyntax = {
  name: "explain",
  description:
    "Shows which rule, file and headers answer a request, and why. Opens no port. Takes the options of serving.",
  argument: { term: "<url>", meaning: "address (its host selects the site), or only a path" },
  flags: [
    { term: "-H, --header <line>", isRepeatable: true, meaning: 'request header, such as "Accept-Encoding: br"' },
    { term: "-X, --method <name>", meaning: "request method (default GET)" },
    { term: "--from <address>", meaning: "address of the other end, such as that of a proxy" },
    { term: "--client <subject>", meaning: 'subject of its certificate, such as "CN=ada,O=Example"' },
  ],
};

/** The flag of an option, if it has one that sets the whole of it. */
export function flagOf(field: keyof ServerOptions): Flag | undefined {
  return allFlags().find((flag) => flag.field === field && flag.part === undefined);
}

/** The flags that each set a part of an option. */
export function partFlagsOf(field: keyof ServerOptions): Flag[] {
  return allFlags().filter((flag) => flag.field === field && flag.part !== undefined);
}

function allFlags(): Flag[] {
  return [ROOT, ...Object.values(FLAG_GROUPS).flat()];
}

/** "--no-compress" -> "compress": the flag without its dashes, its "no" and its value. */
function bareName(flag: Flag): string {
  return /--(?:no-)?([a-z0-9-]+)/.exec(flag.term)?.[1] ?? "root";
}

/** The variable of an option: named after its flag, `HEDDLE_KEEP_PREVIOUS`, else after itself, `HEDDLE_CACHE_LIMIT_BYTES`. */
export function variableOf(field: keyof ServerOptions): string {
  const flag = flagOf(field);
  if (flag !== undefined) return variableOfFlag(flag);
  return `HEDDLE_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** `--tls-cert` -> `HEDDLE_TLS_CERT`. */
export function variableOfFlag(flag: Flag): string {
  return `HEDDLE_${bareName(flag).replaceAll("-", "_").toUpperCase()}`;
}

/** The variable that other programs use too, with what it has to hold. */
export function otherVariableOf({ environment }: Flag): string | undefined {
  if (environment === "LISTEN_FDS") return "LISTEN_FDS of systemd";
  return environment === "HOST" ? "HOST if it is an address" : environment;
}

/** The default in the unit of the flag, for people to read; undefined when the flag is simply off. */
export function shownDefault(flag: Flag): string | undefined {
  if (flag === ROOT) return "./public if it exists, else .";
  if (flag === SANDBOX) return "auto";
  if (flag === SERVER_LOG) return "words";
  const value: unknown = flag.field === undefined ? undefined : Reflect.get(DEFAULTS, flag.field);
  if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) return undefined;
  if (flag.isSize && value === 0) return undefined;
  if (flag.isOctal) return Number(value).toString(8);
  return String(flag.isSeconds ? Number(value) / 1000 : value);
}
