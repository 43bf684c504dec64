// Flags of serve, http-server, sirv, static-web-server, Caddy and nginx, and what to write here instead, or why there is
// no such flag: data for the messages about unknown options (misuse.ts). Flags that are the same here are left out.

export interface OtherFlag {
  /** The flags as other servers have them. */
  readonly flags: readonly string[];
  /** The row applies only before such a value, since one letter has several meanings. @default any value, or none */
  readonly value?: RegExp;
  /** Ends the sentence "unknown option -l: …". `{<n>}` stands for the typed value, or for <n> without one. */
  readonly hint: string;
}

const IN_FILE = "in heddle.config.ts";
const TLS = "write --tls-cert <file> and --tls-key <file>";
const NO_HTTP2 = "HTTP/2 is not supported yet";
const CODINGS = "compression is always on: .br, .zst and .gz files are used, and other files are compressed on demand";
const CACHING = "leave it out. Browsers check each file again; only fingerprinted files are kept for a year";
const LINKS = "links inside the folder are always followed, links out of it never";
const FOLDER = "write the folder without a flag: heddle {<folder>}";
const MAX_AGE = `write headers: [{ for: "/*", set: { "Cache-Control": "max-age={<seconds>}" } }] ${IN_FILE}`;
const LOG = "--trace prints requests; there is no access log yet";

const NUMBER = /^\d+$/;
const ANYTHING = /./;

/** The first row that fits counts. */
export const OTHER_FLAGS: readonly OtherFlag[] = [
  // Where to listen
  { flags: ["-l", "--listen"], value: NUMBER, hint: "write --port {<n>}" },
  { flags: ["-l", "--listen"], value: /^unix:/, hint: "write --socket <path>" },
  { flags: ["-l", "--listen"], hint: "write --port <n> and --host <name>" },
  { flags: ["--unix-socket"], hint: "write --socket {<path>}" },
  { flags: ["--unix-socket-mode"], hint: "write --socket-mode {<octal>}" },
  { flags: ["--unix-socket-force"], hint: "heddle always replaces the socket of a killed server" },
  { flags: ["-a", "--address", "--addr", "--bind", "--hostname"], hint: "write --host {<name>}" },
  { flags: ["-f", "--fd"], hint: "heddle cannot take over an open socket" },
  {
    flags: ["--no-port-switching"],
    hint: "only the default port switches to another; a port that you give never does",
  },
  { flags: ["-t"], value: /^true$/, hint: TLS },
  { flags: ["-S"], hint: `${LINKS}; ${TLS}` },
  { flags: ["-C"], value: /\.(pem|crt|key)$/, hint: "write --tls-cert {<file>}" },
  { flags: ["--ssl", "--https"], hint: TLS },
  { flags: ["--cert", "--ssl-cert", "--http2-tls-cert"], hint: "write --tls-cert {<file>}" },
  { flags: ["--key", "--ssl-key", "--http2-tls-key", "-k", "-K"], hint: "write --tls-key {<file>}" },
  {
    flags: ["--pass", "--ssl-pass"],
    hint: "write the password into a file, and --tls-passphrase-file <file>",
  },
  { flags: ["--http2"], hint: `${NO_HTTP2}; for HTTPS, ${TLS}` },
  { flags: ["--https-redirect"], hint: "write --tls-redirect 80" },

  // Which folder, and what in it
  { flags: ["-d", "-r"], value: ANYTHING, hint: FOLDER },
  { flags: ["--root", "--directory", "--dir", "--public"], hint: FOLDER },
  { flags: ["-d"], hint: "--listing lists folders, --trace prints requests" },
  { flags: ["--base-dir"], hint: `write mounts: { "{</path>}": "dist" } ${IN_FILE}` },
  { flags: ["-r", "--robots"], hint: "put a robots.txt into the folder" },
  { flags: ["--symlinks", "--follow-symlinks", "--disable-symlinks", "--reveal-symlinks"], hint: LINKS },
  { flags: ["--use-relative-root"], hint: "the root may always be a link that changes" },
  {
    flags: ["--dotfiles", "--no-dotfiles", "--include-hidden", "--ignore-hidden-files"],
    hint: "names that begin with a dot are never served, except /.well-known",
  },
  {
    flags: ["--index", "--index-files"],
    hint: `the page of a folder is index.html; for another, write rewrites: [{ from: "/", to: "/home.html" }] ${IN_FILE}`,
  },
  { flags: ["-z", "--directory-listing", "--browse", "--autoindex", "--dir-listing"], hint: "write --listing" },
  { flags: ["--directory-listing-download"], hint: "write --listing --zip" },
  {
    flags: ["--directory-listing-format", "--directory-listing-order"],
    hint: "write --listing; a request selects the format by Accept and the order by ?sort=",
  },
  {
    flags: ["--text-charset"],
    hint: `text is sent as UTF-8; for another charset, write headers: [{ for: "/*.x", set: { "Content-Type": "…" } }] ${IN_FILE}`,
  },
  {
    flags: ["--mimetypes", "--mime-types", "--content-type"],
    hint: `all registered types are known; for another, write headers: [{ for: "/*.x", set: { "Content-Type": "…" } }] ${IN_FILE}`,
  },

  // What to answer
  { flags: ["-s"], value: /^(reload|reopen)$/, hint: "send SIGHUP to reload the configuration" },
  { flags: ["-s"], value: /^(stop|quit)$/, hint: "send SIGTERM to stop after the requests in flight" },
  { flags: ["-s", "--single"], value: ANYTHING, hint: "write --spa after the folder: heddle {<folder>} --spa" },
  { flags: ["-s"], hint: "write --spa for a single-page application, or --quiet for silence" },
  { flags: ["--single"], hint: "write --spa" },
  { flags: ["--page-fallback", "--fallback"], hint: "write --spa and a path of the site: --spa /index.html" },
  {
    flags: ["-I", "--ignores"],
    hint: "only navigations get the page of --spa; other paths that do not exist are always 404",
  },
  {
    flags: ["--page404"],
    hint: `404.html is the default; for another page, write errorPages: { 404: "/other.html" } ${IN_FILE}`,
  },
  { flags: ["--page50x"], hint: `write errorPages: { 500: "/50x.html", 503: "/50x.html" } ${IN_FILE}` },
  { flags: ["-e"], value: /^\.?html?$/, hint: "write --clean-urls" },
  { flags: ["--ext", "--extensions"], hint: "write --clean-urls, which covers .html" },
  { flags: ["-e"], hint: "ETag and Cache-Control are always sent" },
  {
    flags: ["--redirect-trailing-slash"],
    hint: "folders get a slash by default; --trailing-slash changes that",
  },
  { flags: ["-c"], value: /^-1$|^0$/, hint: CACHING },
  { flags: ["-c", "--cache", "-m", "--maxage", "--max-age"], value: NUMBER, hint: MAX_AGE },
  { flags: ["-m", "--maxage", "--max-age", "--cache"], hint: MAX_AGE },
  { flags: ["-i", "--immutable", "--cache-control-headers"], hint: CACHING },
  {
    flags: ["-c", "-w", "--config-file"],
    value: /serve\.json$/,
    hint: "serve.json in the folder is always read",
  },
  {
    flags: ["-c", "-w", "--config-file"],
    value: /\.(json|toml|conf|m?[jt]s)$|Caddyfile$/,
    hint: "write --config <file> with a heddle.config.ts, .js, .mjs or .json",
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
  { flags: ["--coop"], hint: "write --security-headers, which includes Cross-Origin-Opener-Policy" },
  {
    flags: ["--username", "--password", "--basic-auth"],
    hint: "write --auth <user:hash>; heddle hash-password makes the hash",
  },
  { flags: ["--maintenance-mode"], hint: "write --maintenance" },
  {
    flags: ["--maintenance-mode-file", "--maintenance-mode-status"],
    hint: `write maintenance: { page: "/closed.html" } ${IN_FILE}; the status is 503`,
  },
  { flags: ["--health"], hint: "there is no path for health checks; request any file" },
  { flags: ["--no-etag"], hint: `write headers: [{ for: "/*", set: { ETag: null } }] ${IN_FILE}` },
  { flags: ["-D", "--dev"], hint: "write --revalidate 0, which checks files at every request" },

  // Codings
  { flags: ["-u", "--no-compression", "--no-gzip", "--no-brotli"], hint: "write --no-compress" },
  { flags: ["--compression", "-x"], value: /^false$/, hint: "write --no-compress" },
  { flags: ["-g", "-b", "-G", "-B", "--gzip", "--brotli"], hint: CODINGS },
  { flags: ["-x", "--compression", "--compression-static", "--precompressed"], hint: CODINGS },
  {
    flags: ["--compression-level"],
    hint: "the size of a file decides its level; heddle precompress writes the smallest files in advance",
  },

  // Running
  { flags: ["-q"], value: NUMBER, hint: "write --grace {<seconds>}, or --quiet" },
  { flags: ["--grace-period"], hint: "write --grace {<seconds>}" },
  { flags: ["-q", "--silent"], hint: "write --quiet" },
  { flags: ["-L", "--no-request-logging", "--no-logs"], hint: "heddle prints requests only with --trace" },
  { flags: ["-U", "--utc", "--log-ip", "--logs", "--access-log", "--log-level"], hint: LOG },
  { flags: ["--log-format", "--log-file", "--log-with-ansi"], hint: LOG },
  { flags: ["--log-remote-address", "--log-x-real-ip", "--log-forwarded-for", "--debug", "--verbose"], hint: LOG },
  { flags: ["-o", "--open"], hint: "heddle opens no browser; it prints the address" },
  { flags: ["-n", "--no-clipboard"], hint: "heddle copies nothing to the clipboard" },
  {
    flags: ["--threads-multiplier", "--max-blocking-threads", "--workers"],
    hint: "write --threads <n>; the default is one per core",
  },
  { flags: ["-t", "--timeout"], value: NUMBER, hint: `write limits: { idleTimeoutMs: {<seconds>}000 } ${IN_FILE}` },
  { flags: ["-t"], hint: "write heddle check to check a configuration" },
  {
    flags: ["--watch"],
    hint: "changed files are always served within a second; heddle does not reload pages in the browser",
  },
  { flags: ["-P", "--proxy", "--proxy-options", "--websocket"], hint: "heddle serves files and is not a proxy" },
  { flags: ["--templates", "--accept-markdown"], hint: "heddle sends files as they are" },
  { flags: ["--trusted-proxies"], hint: "heddle does not read X-Forwarded-For yet" },
  { flags: ["--metrics", "--experimental-metrics"], hint: "there are no metrics yet" },
  { flags: ["--windows-service"], hint: "set up a service with the tools of the system" },
  { flags: ["-V"], hint: "write -v" },
];

/** Commands of other servers that start them; heddle serves without a command. */
export const OTHER_COMMANDS: ReadonlySet<string> = new Set(["serve", "start", "run", "server", "file-server", "dev"]);

/** Variables of static-web-server and http-server, and our variable for each. */
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
