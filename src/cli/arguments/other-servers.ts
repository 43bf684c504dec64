// Flags of serve, http-server, sirv, static-web-server, Caddy and nginx, and what to write here instead, or why there is
// no such flag: data for the messages about unknown options (misuse.ts). Flags that are the same here are left out.

export interface OtherFlag {
  /** The flags as other servers have them. */
  readonly flags: readonly string[];
  /** The row applies only before such a value, since one letter has several meanings. @default any value, or none */
  readonly value?: RegExp;
  /**
   * What the whole line becomes (foreign-line.ts): flags of ours with `{}` for the value; "root", "page" or "address" for a value that
   * is one; "" for nothing, as it is so without a flag. Left out where no flag does the same.
   */
  readonly to?: string;
  /** Whether a value follows that `to` has no use for. */
  readonly takesValue?: true;
  /** Ends the sentence "unknown option -l: …". `{<n>}` stands for the typed value, or for <n> without one. */
  readonly hint: string;
}

const IN_FILE = "in heddle.config.ts";
const TLS = "write --tls-cert <file> and --tls-key <file>, or --tls dev for this machine only";
const CODINGS = "compression is always on: .br, .zst and .gz files are used, and other files are compressed on demand";
const CACHING = "leave it out. Browsers check each file again; only fingerprinted files are kept for a year";
const LINKS = "links inside the folder are always followed, links out of it never";
const FOLDER = "write the folder without a flag: heddle {<folder>}";
const MAX_AGE = `write headers: [{ for: "/*", set: { "Cache-Control": "max-age={<seconds>}" } }] ${IN_FILE}`;
const LOG = "--log combined writes a line for each reply";

const NUMBER = /^\d+$/;
const ANYTHING = /./;

/** The first row that fits counts. */
export const OTHER_FLAGS: readonly OtherFlag[] = [
  // Where to listen
  { flags: ["-l"], value: NUMBER, to: "address", hint: "write --port {<n>}" },
  { flags: ["-l"], value: /^unix:/, to: "address", hint: "write --socket <path>" },
  { flags: ["-l"], to: "address", hint: "write --port <n> and --host <name>" },
  { flags: ["--unix-socket"], to: "--socket {}", hint: "write --socket {<path>}" },
  { flags: ["--unix-socket-mode"], to: "--socket-mode {}", hint: "write --socket-mode {<octal>}" },
  { flags: ["--unix-socket-force"], to: "", hint: "heddle always replaces the socket of a killed server" },
  { flags: ["-a", "--address", "--addr", "--bind", "--hostname"], to: "address", hint: "write --host {<name>}" },
  { flags: ["-f"], takesValue: true, hint: "write --fd for a socket that is open already" },
  {
    flags: ["--no-port-switching"],
    to: "",
    hint: "only the default port switches to another; a port that you give never does",
  },
  { flags: ["-t"], value: /^true$/, takesValue: true, hint: TLS },
  { flags: ["-S"], hint: `${LINKS}; ${TLS}` },
  { flags: ["-C"], value: /\.(pem|crt|key)$/, to: "--tls-cert {}", hint: "write --tls-cert {<file>}" },
  { flags: ["--ssl", "--https"], hint: TLS },
  { flags: ["--acme", "--letsencrypt"], hint: "write --tls acme --domain <name>" },
  { flags: ["--mtls", "--client-ca", "--ca"], hint: "write --tls-client-ca <file>" },
  { flags: ["--cert", "--ssl-cert", "--http2-tls-cert"], to: "--tls-cert {}", hint: "write --tls-cert {<file>}" },
  {
    flags: ["--key", "--ssl-key", "--http2-tls-key", "-k", "-K"],
    to: "--tls-key {}",
    hint: "write --tls-key {<file>}",
  },
  {
    flags: ["--pass", "--ssl-pass"],
    takesValue: true,
    hint: "write the password into a file, and --tls-passphrase-file <file>",
  },
  { flags: ["--http2"], to: "", hint: `leave it out: HTTPS speaks HTTP/2; ${TLS}` },
  { flags: ["--https-redirect"], to: "--tls-redirect 80", hint: "write --tls-redirect 80" },

  // Which folder, and what in it
  { flags: ["-d", "-r"], value: ANYTHING, to: "root", hint: FOLDER },
  { flags: ["--root", "--directory", "--dir", "--public"], to: "root", hint: FOLDER },
  { flags: ["-d"], hint: "--listing lists folders, --trace prints requests" },
  { flags: ["--base-dir"], takesValue: true, hint: `write mounts: { "{</path>}": "dist" } ${IN_FILE}` },
  { flags: ["-r", "--robots"], to: "", hint: "put a robots.txt into the folder" },
  { flags: ["--symlinks", "--follow-symlinks", "--disable-symlinks", "--reveal-symlinks"], to: "", hint: LINKS },
  { flags: ["--use-relative-root"], to: "", hint: "the root may always be a link that changes" },
  {
    flags: ["--dotfiles", "--no-dotfiles", "--include-hidden", "--ignore-hidden-files"],
    to: "",
    hint: "names that begin with a dot are never served, except /.well-known",
  },
  {
    flags: ["--index", "--index-files"],
    takesValue: true,
    hint: `the page of a folder is index.html; for another, write rewrites: [{ from: "/", to: "/home.html" }] ${IN_FILE}`,
  },
  {
    flags: ["-z", "--directory-listing", "--browse", "--autoindex", "--dir-listing"],
    to: "--listing",
    hint: "write --listing",
  },
  { flags: ["--directory-listing-download"], to: "--listing --zip", takesValue: true, hint: "write --listing --zip" },
  {
    flags: ["--directory-listing-format", "--directory-listing-order"],
    to: "--listing",
    takesValue: true,
    hint: "write --listing; a request selects the format by Accept and the order by ?sort=",
  },
  {
    flags: ["--text-charset"],
    takesValue: true,
    hint: `text is sent as UTF-8; for another charset, write headers: [{ for: "/*.x", set: { "Content-Type": "…" } }] ${IN_FILE}`,
  },
  {
    flags: ["--mimetypes", "--mime-types", "--content-type"],
    takesValue: true,
    hint: `all registered types are known; for another, write headers: [{ for: "/*.x", set: { "Content-Type": "…" } }] ${IN_FILE}`,
  },

  // What to answer
  { flags: ["-s"], value: /^(reload|reopen)$/, takesValue: true, hint: "send SIGHUP to reload the configuration" },
  {
    flags: ["-s"],
    value: /^(stop|quit)$/,
    takesValue: true,
    hint: "send SIGTERM to stop after the requests in flight",
  },
  {
    flags: ["-s", "--single"],
    value: ANYTHING,
    to: "--spa",
    hint: "write --spa after the folder: heddle {<folder>} --spa",
  },
  { flags: ["-s"], to: "--spa", hint: "write --spa for a single-page application, or --quiet for silence" },
  { flags: ["--single"], to: "--spa", hint: "write --spa" },
  {
    flags: ["--page-fallback", "--fallback"],
    to: "page",
    hint: "write --spa and a path of the site: --spa /index.html",
  },
  {
    flags: ["-I", "--ignores"],
    to: "",
    takesValue: true,
    hint: "only navigations get the page of --spa; other paths that do not exist are always 404",
  },
  {
    flags: ["--page404"],
    takesValue: true,
    hint: `404.html is the default; for another page, write errorPages: { 404: "/other.html" } ${IN_FILE}`,
  },
  {
    flags: ["--page50x"],
    takesValue: true,
    hint: `write errorPages: { 500: "/50x.html", 503: "/50x.html" } ${IN_FILE}`,
  },
  { flags: ["-e"], value: /^\.?html?$/, to: "--clean-urls", takesValue: true, hint: "write --clean-urls" },
  {
    flags: ["--ext", "--extensions"],
    to: "--clean-urls",
    takesValue: true,
    hint: "write --clean-urls, which covers .html",
  },
  { flags: ["-e"], to: "", hint: "ETag and Cache-Control are always sent" },
  {
    flags: ["--redirect-trailing-slash"],
    to: "",
    hint: "folders get a slash by default; --trailing-slash changes that",
  },
  { flags: ["-c"], value: /^-1$|^0$/, to: "", takesValue: true, hint: CACHING },
  { flags: ["-c", "--cache", "-m", "--maxage", "--max-age"], value: NUMBER, takesValue: true, hint: MAX_AGE },
  { flags: ["-m", "--maxage", "--max-age", "--cache"], hint: MAX_AGE },
  { flags: ["-i", "--immutable", "--cache-control-headers"], to: "", hint: CACHING },
  {
    flags: ["-c", "-w", "--config-file"],
    value: /serve\.json$/,
    to: "",
    takesValue: true,
    hint: "serve.json in the folder is always read",
  },
  {
    flags: ["-c", "-w", "--config-file"],
    value: /\.(json|toml|conf|m?[jt]s)$|Caddyfile$/,
    takesValue: true,
    hint: "write --config <file> with a heddle.config.ts, .js, .mjs or .json",
  },
  { flags: ["--config-file"], takesValue: true, hint: "write --config <file>" },
  {
    flags: ["-c", "--cors-allow-origins"],
    value: /^https?:/,
    takesValue: true,
    hint: `write cors: { origins: ["{<origin>}"] } ${IN_FILE}`,
  },
  { flags: ["-c", "-C", "--cors-allow-origins"], to: "--cors", hint: "write --cors" },
  {
    flags: ["--cors-allow-headers"],
    takesValue: true,
    hint: `write cors: { origins: "*", requestHeaders: ["…"] } ${IN_FILE}`,
  },
  {
    flags: ["--cors-expose-headers"],
    takesValue: true,
    hint: `write cors: { origins: "*", exposedHeaders: ["…"] } ${IN_FILE}`,
  },
  {
    flags: ["-H", "--header"],
    value: /:/,
    takesValue: true,
    hint: `write headers: [{ for: "/*", set: { "X-A": "b" } }] ${IN_FILE}`,
  },
  { flags: ["-H"], to: "address", hint: "write --host {<name>}" },
  {
    flags: ["--header", "--headers"],
    takesValue: true,
    hint: `write headers: [{ for: "/*", set: { "X-A": "b" } }] ${IN_FILE}`,
  },
  {
    flags: ["--coop"],
    to: "--security-headers",
    hint: "write --security-headers, which includes Cross-Origin-Opener-Policy",
  },
  {
    flags: ["--username", "--password", "--basic-auth"],
    takesValue: true,
    hint: "write --auth <user:hash>; heddle hash-password makes the hash",
  },
  { flags: ["--maintenance-mode"], to: "--maintenance", hint: "write --maintenance" },
  {
    flags: ["--maintenance-mode-file", "--maintenance-mode-status"],
    takesValue: true,
    hint: `write maintenance: { page: "/closed.html" } ${IN_FILE}; the status is 503`,
  },
  { flags: ["--health"], hint: "there is no path for health checks; request any file" },
  { flags: ["--no-etag"], hint: `write headers: [{ for: "/*", set: { ETag: null } }] ${IN_FILE}` },
  { flags: ["-D", "--dev"], to: "--revalidate 0", hint: "write --revalidate 0, which checks files at every request" },

  // Codings
  { flags: ["-u", "--no-compression", "--no-gzip", "--no-brotli"], to: "--no-compress", hint: "write --no-compress" },
  {
    flags: ["--compression", "-x"],
    value: /^false$/,
    to: "--no-compress",
    takesValue: true,
    hint: "write --no-compress",
  },
  { flags: ["-g", "-b", "-G", "-B", "--gzip", "--brotli"], to: "", hint: CODINGS },
  { flags: ["-x", "--compression", "--compression-static", "--precompressed"], to: "", hint: CODINGS },
  {
    flags: ["--compression-level"],
    to: "",
    takesValue: true,
    hint: "the size of a file decides its level; heddle precompress writes the smallest files in advance",
  },

  // Running
  { flags: ["-q"], value: NUMBER, to: "--grace {}", hint: "write --grace {<seconds>}, or --quiet" },
  { flags: ["--grace-period"], to: "--grace {}", hint: "write --grace {<seconds>}" },
  { flags: ["-q", "--silent"], to: "--quiet", hint: "write --quiet" },
  {
    flags: ["-L", "--no-request-logging", "--no-logs"],
    to: "",
    hint: "heddle prints requests only with --log or --trace",
  },
  { flags: ["-U", "--utc", "--log-ip", "--logs", "--access-log", "--log-level"], to: "", hint: LOG },
  { flags: ["--log-format", "--log-with-ansi"], to: "", takesValue: true, hint: LOG },
  {
    flags: ["--log-remote-address", "--log-x-real-ip", "--log-forwarded-for", "--debug", "--verbose"],
    to: "",
    hint: LOG,
  },
  { flags: ["-o", "--open"], to: "", hint: "heddle opens no browser; it prints the address" },
  { flags: ["-n", "--no-clipboard"], to: "", hint: "heddle copies nothing to the clipboard" },
  {
    flags: ["--threads-multiplier", "--max-blocking-threads", "--workers"],
    to: "",
    takesValue: true,
    hint: "write --threads <n>; the default is one per core",
  },
  {
    flags: ["-t", "--timeout"],
    value: NUMBER,
    takesValue: true,
    hint: `write limits: { idleTimeoutMs: {<seconds>}000 } ${IN_FILE}`,
  },
  { flags: ["-t"], hint: "write heddle check to check a configuration" },
  {
    flags: ["--watch"],
    to: "",
    hint: "changed files are always served within a second; heddle does not reload pages in the browser",
  },
  {
    flags: ["-P", "--proxy", "--proxy-options", "--websocket"],
    takesValue: true,
    hint: "heddle serves files and is not a proxy",
  },
  { flags: ["--templates"], hint: "heddle sends files as they are" },
  { flags: ["--accept-markdown"], to: "--markdown negotiate", hint: "write --markdown negotiate" },
  { flags: ["--metrics", "--experimental-metrics"], hint: "--admin serves metrics on another port" },
  // live-server, Vite and browser-sync
  {
    flags: [
      "--no-browser",
      "--no-css-inject",
      "--strictPort",
      "--no-open",
      "--no-clear",
      "--no-ui",
      "--daemon",
      "--clearScreen",
    ],
    to: "",
    hint: "leave it out",
  },
  {
    flags: ["--browser", "--wait", "--ignore", "--ignorePattern", "--mode", "--logLevel"],
    to: "",
    takesValue: true,
    hint: "leave it out",
  },
  { flags: ["--entry-file", "--historyApiFallback"], to: "page", hint: "write --spa /index.html" },
  { flags: ["--outDir", "--baseDir", "--server"], to: "root", hint: FOLDER },
  {
    flags: ["--mount", "--htpasswd", "--middleware", "--base", "--protocol"],
    takesValue: true,
    hint: "there is no such flag: heddle help options lists the options",
  },
  { flags: ["--windows-service"], hint: "set up a service with the tools of the system" },
  { flags: ["-V"], hint: "write -v" },
];

/** Commands of other servers that start them; heddle serves without a command. */
export const OTHER_COMMANDS: ReadonlySet<string> = new Set([
  ...["serve", "start", "run", "server", "file-server", "dev", "preview"],
  ...["http-server", "sirv", "live-server", "static-web-server", "sws", "caddy", "nginx", "python3", "npx", "vite"],
]);

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
