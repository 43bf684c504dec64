// Names that other servers, or other configurations, have for our options, and what to write in their place, or why
// there is none: data for the messages about names that are not known (schema.ts). What begins like a name of ours, or
// is one with a slip of the finger, needs no row here.

interface OtherName {
  readonly names: readonly string[];
  /** A name that is known where the row is meant: "source" is another word beside `for` than beside `from`. */
  readonly beside: string;
  /** Ends the sentence "found …, wanted …". */
  readonly wanted: string;
}

const NOT_YET = "nothing by this name: TLS and HTTP/2 are not here yet";

const OTHER_NAMES: readonly OtherName[] = [
  // The server
  {
    names: ["listen", "address", "bind", "hostname"],
    beside: "port",
    wanted: 'host and port: host: "0.0.0.0", port: 80',
  },
  { names: ["workers", "worker_processes", "concurrency", "cluster"], beside: "threads", wanted: "the name threads" },
  { names: ["timeout", "timeouts", "keepAliveTimeout"], beside: "limits", wanted: "limits: { idleTimeoutMs: 5000 }" },
  { names: ["virtualHosts", "hosts", "servers", "server"], beside: "sites", wanted: 'sites: { "example.com": { … } }' },
  {
    names: ["log", "logs", "accessLog", "logLevel", "logging"],
    beside: "trace",
    wanted: "trace: true, or none: there is no access log yet",
  },
  { names: ["tls", "ssl", "https", "http2", "cert", "key"], beside: "port", wanted: NOT_YET },
  {
    names: ["proxy", "proxies", "upstream"],
    beside: "root",
    wanted: "nothing by this name: it serves files, and is no proxy",
  },

  // A site
  { names: ["public", "publicDir", "dir", "directory", "folder"], beside: "root", wanted: "the name root" },
  {
    names: ["alias", "aliases", "locations", "routes"],
    beside: "mounts",
    wanted: 'mounts: { "/docs": "../docs" }, redirects or rewrites',
  },
  {
    names: ["spa", "single", "renderSingle", "pageFallback", "historyApiFallback", "tryFiles"],
    beside: "fallback",
    wanted: 'fallback: "/index.html"',
  },
  {
    names: ["gzip", "brotli", "br", "encode", "precompressed"],
    beside: "compress",
    wanted: "compress, which is true anyway",
  },
  {
    names: ["index", "indexFiles", "directoryIndex"],
    beside: "rewrites",
    wanted: 'rewrites: [{ from: "/", to: "/home.html" }], or none: index.html is the page of a folder anyway',
  },
  { names: ["basicAuth", "users", "password", "passwords"], beside: "auth", wanted: 'auth: { users: { ada: "…" } }' },
  { names: ["directoryListing", "autoindex", "browse", "dirListing"], beside: "listing", wanted: "the name listing" },
  {
    names: ["page404", "notFound", "page50x", "errors"],
    beside: "errorPages",
    wanted: 'errorPages: { "404": "/404.html" }',
  },
  {
    names: ["cacheControl", "cache", "maxAge", "expires"],
    beside: "headers",
    wanted: 'headers: [{ for: "/*", set: { "Cache-Control": "max-age=3600" } }]',
  },
  {
    names: ["mimeTypes", "mimetypes", "types", "contentTypes"],
    beside: "headers",
    wanted: 'headers: [{ for: "/*.x", set: { "Content-Type": "text/x" } }]',
  },
  {
    names: ["dotfiles", "hidden"],
    beside: "root",
    wanted: "nothing by this name: names that begin with a dot are never served",
  },
  {
    names: ["symlinks", "followSymlinks"],
    beside: "root",
    wanted: "nothing by this name: links within root are followed, others never",
  },
  { names: ["unlisted"], beside: "listing", wanted: "nothing by this name: what is served is listed" },
  { names: ["hsts"], beside: "headers", wanted: 'headers: [{ for: "/*", set: { "Strict-Transport-Security": "…" } }]' },

  // Its rules
  { names: ["source", "path", "match", "url", "pattern"], beside: "from", wanted: "the name from" },
  { names: ["destination", "target", "location"], beside: "to", wanted: "the name to" },
  { names: ["type", "code", "statusCode", "permanent"], beside: "status", wanted: "status: 301, or another" },
  { names: ["source", "path", "match", "url", "pattern"], beside: "set", wanted: "the name for" },
  { names: ["headers", "values", "fields"], beside: "set", wanted: 'set: { "X-Name": "value" }' },
  { names: ["origin", "allowOrigins", "allowedOrigins"], beside: "origins", wanted: "the name origins" },
  { names: ["headers", "allowHeaders", "allowedHeaders"], beside: "requestHeaders", wanted: "the name requestHeaders" },
  { names: ["exposeHeaders"], beside: "exposedHeaders", wanted: "the name exposedHeaders" },
  {
    names: ["methods", "allowMethods"],
    beside: "origins",
    wanted: "nothing by this name: files have GET, HEAD and OPTIONS",
  },
  { names: ["paths", "path"], beside: "realm", wanted: 'for: ["/private/*"]' },
];

/** @param known the names that can stand in its place; @returns undefined where nobody says so */
export function otherName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.replace(/[-_]/g, "").toLowerCase();
  const row = OTHER_NAMES.find(
    ({ names, beside }) => known.includes(beside) && names.some((other) => plain(other) === plain(name)),
  );
  return row?.wanted;
}
