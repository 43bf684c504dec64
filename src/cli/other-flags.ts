// What people type who know `serve`, http-server, sirv, static-web-server, Caddy or nginx, and what that is here, or why
// it is not: data for the messages about unknown options (misuse.ts). Flags that are the same here are not in it.

export interface OtherFlag {
  /** As they are typed elsewhere. */
  readonly flags: readonly string[];
  /** Only where such a value follows; servers mean different things by one letter. @default any, or none */
  readonly value?: RegExp;
  /** Ends the sentence "there is no -l: …". `{<n>}` is the value that was typed, or <n> where none was. */
  readonly hint: string;
}

const IN_FILE = "in heddle.config.ts";
const TLS = "TLS and HTTP/2 are not here yet; a proxy in front of it can have them";
const CODINGS = "there is nothing to switch on, .br, .zst and .gz files are used and the rest is encoded on demand";
const CACHING = "names with a fingerprint are kept for a year and all others asked about again, without any flag";
const LINKS = "links that stay within the folder are followed, others never";
const FOLDER = "the folder is written without a flag: heddle {<folder>}";
const MAX_AGE = `write headers: [{ for: "/*", set: { "Cache-Control": "max-age={<seconds>}" } }] ${IN_FILE}`;
const LOG = "--trace prints requests; there is no access log yet";

const NUMBER = /^\d+$/;
const ANYTHING = /./;

/** The first that fits counts. */
export const OTHER_FLAGS: readonly OtherFlag[] = [
  // Where to listen
  { flags: ["-l", "--listen"], value: NUMBER, hint: "write --port {<n>}" },
  { flags: ["-l", "--listen"], value: /^unix:/, hint: "write --socket <path>" },
  { flags: ["-l", "--listen"], hint: "write --port <n> and --host <name>" },
  { flags: ["--unix-socket"], hint: "write --socket {<path>}" },
  { flags: ["--unix-socket-mode"], hint: "write --socket-mode {<octal>}" },
  { flags: ["--unix-socket-force"], hint: "a socket that a killed server left is replaced without any flag" },
  { flags: ["-a", "--address", "--addr", "--bind", "--hostname"], hint: "write --host {<name>}" },
  { flags: ["-f", "--fd"], hint: "it opens its sockets itself" },
  { flags: ["--no-port-switching"], hint: "only the default port moves on; one that is asked for never does" },
  { flags: ["-t"], value: /^true$/, hint: TLS },
  { flags: ["-S"], hint: `${LINKS}; ${TLS}` },
  { flags: ["-C"], value: /\.(pem|crt|key)$/, hint: TLS },
  {
    flags: ["--tls", "--ssl", "--https", "--http2", "--http2-tls-cert", "--http2-tls-key", "--https-redirect"],
    hint: TLS,
  },
  { flags: ["--cert", "--key", "--pass", "--ssl-cert", "--ssl-key", "--ssl-pass", "-k", "-K"], hint: TLS },
  { flags: ["--tls-cert", "--tls-key"], hint: TLS },
  { flags: ["--domain"], hint: `write sites: { "example.com": { root: "dist" } } ${IN_FILE}` },

  // Which folder, and what in it
  { flags: ["-d", "-r"], value: ANYTHING, hint: FOLDER },
  { flags: ["--root", "--directory", "--dir", "--public"], hint: FOLDER },
  { flags: ["-d"], hint: "--listing lists folders, --trace prints requests" },
  { flags: ["--base-dir"], hint: `write mounts: { "{</path>}": "dist" } ${IN_FILE}` },
  { flags: ["-r", "--robots"], hint: "put a robots.txt into the folder" },
  { flags: ["--symlinks", "--follow-symlinks", "--disable-symlinks", "--reveal-symlinks"], hint: LINKS },
  { flags: ["--use-relative-root"], hint: "a root that is a link may be swapped at any time, without any flag" },
  {
    flags: ["--dotfiles", "--no-dotfiles", "--include-hidden", "--ignore-hidden-files"],
    hint: "names that begin with a dot are never served, but for /.well-known",
  },
  {
    flags: ["--index", "--index-files"],
    hint: `the page of a folder is index.html; for another write rewrites: [{ from: "/", to: "/home.html" }] ${IN_FILE}`,
  },
  { flags: ["-z", "--directory-listing", "--browse", "--autoindex", "--dir-listing"], hint: "write --listing" },
  { flags: ["--directory-listing-download"], hint: "write --listing --zip" },
  {
    flags: ["--directory-listing-format", "--directory-listing-order"],
    hint: "write --listing: who asks says by Accept and ?sort= which form and order it has",
  },
  {
    flags: ["--text-charset"],
    hint: `text is UTF-8; for another charset write headers: [{ for: "/*.x", set: { "Content-Type": "…" } }] ${IN_FILE}`,
  },
  {
    flags: ["--mimetypes", "--mime-types", "--content-type"],
    hint: `all registered types are known; for another write headers: [{ for: "/*.x", set: { "Content-Type": "…" } }] ${IN_FILE}`,
  },

  // What to answer
  { flags: ["-s"], value: /^(reload|reopen)$/, hint: "SIGHUP makes it read its configuration again" },
  { flags: ["-s"], value: /^(stop|quit)$/, hint: "SIGTERM makes it stop, after the requests in flight" },
  { flags: ["-s", "--single"], value: ANYTHING, hint: "write --spa behind the folder: heddle {<folder>} --spa" },
  { flags: ["-s"], hint: "write --spa for an application, or --quiet" },
  { flags: ["--single"], hint: "write --spa" },
  { flags: ["--page-fallback", "--fallback"], hint: "write --spa with a path of the site: --spa /index.html" },
  {
    flags: ["-I", "--ignores"],
    hint: "only navigations get the page of --spa, missing files stay 404 without any flag",
  },
  { flags: ["--page404"], hint: `404.html is sent without any flag; for another write errorPages ${IN_FILE}` },
  { flags: ["--page50x"], hint: `write errorPages: { 500: "/50x.html", 503: "/50x.html" } ${IN_FILE}` },
  { flags: ["-e"], value: /^\.?html?$/, hint: "write --clean-urls" },
  { flags: ["--ext", "--extensions"], hint: "write --clean-urls, which is for .html" },
  { flags: ["-e"], hint: "entity tags and Cache-Control are sent without any flag" },
  {
    flags: ["--redirect-trailing-slash"],
    hint: "folders get their slash without any flag; --trailing-slash changes that",
  },
  { flags: ["-c"], value: /^-1$|^0$/, hint: CACHING },
  { flags: ["-c", "--cache", "-m", "--maxage", "--max-age"], value: NUMBER, hint: MAX_AGE },
  { flags: ["-m", "--maxage", "--max-age", "--cache"], hint: MAX_AGE },
  { flags: ["-i", "--immutable", "--cache-control-headers"], hint: CACHING },
  {
    flags: ["-c", "-w", "--config-file"],
    value: /serve\.json$/,
    hint: "serve.json in the folder is read without any flag",
  },
  {
    flags: ["-c", "-w", "--config-file"],
    value: /\.(json|toml|conf|m?[jt]s)$|Caddyfile$/,
    hint: "write --config <file>, which is a heddle.config.ts, .js, .mjs or .json",
  },
  { flags: ["--config-file"], hint: "write --config <file>" },
  {
    flags: ["-c", "--cors-allow-origins"],
    value: /^https?:/,
    hint: `write cors: { origins: ["{<origin>}"] } ${IN_FILE}`,
  },
  { flags: ["-c", "-C", "--cors-allow-origins"], hint: "write --cors" },
  { flags: ["--cors-allow-headers"], hint: `write cors: { origins: "*", requestHeaders: ["…"] } ${IN_FILE}` },
  { flags: ["--cors-expose-headers"], hint: `write cors: { origins: "*", exposedHeaders: ["…"] } ${IN_FILE}` },
  { flags: ["-H", "--header"], value: /:/, hint: `write headers: [{ for: "/*", set: { "X-A": "b" } }] ${IN_FILE}` },
  { flags: ["-H"], hint: "write --host {<name>}" },
  { flags: ["--header", "--headers"], hint: `write headers: [{ for: "/*", set: { "X-A": "b" } }] ${IN_FILE}` },
  { flags: ["--coop"], hint: "write --security-headers, which sends Cross-Origin-Opener-Policy among others" },
  {
    flags: ["--username", "--password", "--basic-auth"],
    hint: "write --auth <user:hash>; heddle hash-password makes the hash",
  },
  { flags: ["--maintenance-mode"], hint: "write --maintenance" },
  {
    flags: ["--maintenance-mode-file", "--maintenance-mode-status"],
    hint: `write maintenance: { page: "/closed.html" } ${IN_FILE}; its status is 503`,
  },
  { flags: ["--health"], hint: "there is no path for it, any file can be asked for" },
  { flags: ["--no-etag"], hint: `write headers: [{ for: "/*", set: { ETag: null } }] ${IN_FILE}` },
  { flags: ["-D", "--dev"], hint: "write --revalidate 0, which looks at files for every request" },

  // Codings
  { flags: ["-u", "--no-compression", "--no-gzip", "--no-brotli"], hint: "write --no-compress" },
  { flags: ["--compression", "-x"], value: /^false$/, hint: "write --no-compress" },
  { flags: ["-g", "-b", "-G", "-B", "--gzip", "--brotli"], hint: CODINGS },
  { flags: ["-x", "--compression", "--compression-static", "--precompressed"], hint: CODINGS },
  {
    flags: ["--compression-level"],
    hint: "the level is chosen by the size; heddle precompress writes the smallest files beforehand",
  },

  // Running
  { flags: ["-q"], value: NUMBER, hint: "write --grace {<seconds>}, or --quiet" },
  { flags: ["--grace-period"], hint: "write --grace {<seconds>}" },
  { flags: ["-q", "--silent"], hint: "write --quiet" },
  { flags: ["-L", "--no-request-logging", "--no-logs"], hint: "requests are only printed with --trace" },
  { flags: ["-U", "--utc", "--log-ip", "--logs", "--access-log", "--log-level"], hint: LOG },
  { flags: ["--log-format", "--log-file", "--log-with-ansi"], hint: LOG },
  { flags: ["--log-remote-address", "--log-x-real-ip", "--log-forwarded-for", "--debug", "--verbose"], hint: LOG },
  { flags: ["-o", "--open"], hint: "no browser is opened, the address is printed" },
  { flags: ["-n", "--no-clipboard"], hint: "nothing is copied to the clipboard" },
  {
    flags: ["--threads-multiplier", "--max-blocking-threads", "--workers"],
    hint: "write --threads <n>; one per core is the default",
  },
  { flags: ["-t", "--timeout"], value: NUMBER, hint: `write limits: { idleTimeoutMs: {<seconds>}000 } ${IN_FILE}` },
  { flags: ["-t"], hint: "heddle check checks a configuration" },
  { flags: ["--watch"], hint: "files that change are seen within a second without any flag; pages are not reloaded" },
  { flags: ["-P", "--proxy", "--proxy-options", "--websocket"], hint: "it serves files, and is no proxy" },
  { flags: ["--templates", "--accept-markdown"], hint: "files are sent as they are" },
  { flags: ["--trusted-proxies"], hint: "addresses in fields of a request are not looked at yet" },
  { flags: ["--metrics", "--experimental-metrics"], hint: "there are no metrics yet" },
  { flags: ["--windows-service"], hint: "a service is set up with the system's own means" },
  { flags: ["-V"], hint: "write -v" },
];

/** First words that are commands elsewhere; here to serve is what is done without one. */
export const OTHER_COMMANDS: ReadonlySet<string> = new Set(["serve", "start", "run", "server", "file-server", "dev"]);

/** Variables of static-web-server and http-server, and ours that does the same. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  SERVER_HOST: "HEDDLE_HOST",
  SERVER_PORT: "HEDDLE_PORT",
  SERVER_ROOT: "HEDDLE_ROOT",
  SERVER_CONFIG_FILE: "HEDDLE_CONFIG",
  SERVER_THREADS_MULTIPLIER: "HEDDLE_THREADS",
  SERVER_GRACE_PERIOD: "HEDDLE_GRACE",
  SERVER_FALLBACK_PAGE: "HEDDLE_SPA",
  SERVER_ERROR_PAGE_404: "HEDDLE_ERROR_PAGES",
  SERVER_ERROR_PAGE_50X: "HEDDLE_ERROR_PAGES",
  SERVER_REDIRECT_TRAILING_SLASH: "HEDDLE_TRAILING_SLASH",
  SERVER_DIRECTORY_LISTING: "HEDDLE_LISTING",
  SERVER_CORS_ALLOW_ORIGINS: "HEDDLE_CORS",
  SERVER_SECURITY_HEADERS: "HEDDLE_SECURITY_HEADERS",
  SERVER_BASIC_AUTH: "HEDDLE_AUTH",
  SERVER_COMPRESSION: "HEDDLE_COMPRESS",
  SERVER_MAINTENANCE_MODE: "HEDDLE_MAINTENANCE",
  NODE_HTTP_SERVER_USERNAME: "HEDDLE_AUTH",
};
