// Names of other servers for our options, and what to write instead, or why there is nothing: data for the messages
// about unknown names (schema/messages.ts). Mistyped names, and names that begin like one of ours, need no row here.

interface OtherName {
  readonly names: readonly string[];
  /** A known name at the place that the row is about: "source" means `from` in a redirect, and `for` in a header rule. */
  readonly sibling: string;
  /** Ends the sentence "found …, wanted …". */
  readonly wanted: string;
}

const OTHER_NAMES: readonly OtherName[] = [
  // The server
  {
    names: ["address", "bind", "hostname"],
    sibling: "port",
    wanted: 'host and port: host: "0.0.0.0", port: 80',
  },
  {
    names: ["workers", "worker_processes", "concurrency", "cluster"],
    sibling: "threads",
    wanted: "the option threads",
  },
  {
    names: ["timeout", "timeouts", "keepAliveTimeout"],
    sibling: "limits",
    wanted: "the option limits, such as limits: { idleTimeoutMs: 5000 }",
  },
  {
    names: ["virtualHosts", "hosts", "servers", "server"],
    sibling: "sites",
    wanted: 'the option sites, such as sites: { "example.com": { … } }',
  },
  {
    names: ["rateLimits", "rate", "limitReq", "limit_req", "throttle", "ratelimit", "rate_limit"],
    sibling: "root",
    wanted: "the option rateLimit, such as rateLimit: { clientRequestsPerSecond: 10 }",
  },
  {
    names: ["limitRate", "limit_rate", "speedLimit", "bytesPerSecond"],
    sibling: "root",
    wanted: "the option bandwidth, such as bandwidth: { clientBytesPerSecond: 1000000 }",
  },
  {
    names: ["limitConn", "limit_conn", "maxConnections", "connectionsPerClient", "connectionsPerIp"],
    sibling: "port",
    wanted: "the option clientConnectionLimitCount, or connectionLimitCount for all clients together",
  },
  {
    names: ["logs", "accessLog", "logLevel", "logging"],
    sibling: "log",
    wanted: 'the option log, such as log: "combined"',
  },
  {
    names: ["ssl", "https", "cert", "key", "certificate", "certificates"],
    sibling: "port",
    wanted: 'the option tls, such as tls: { cert: "cert.pem", key: "key.pem" }',
  },
  {
    names: [
      "fetch",
      "handler",
      "handlers",
      "handle",
      "onRequest",
      "request",
      "middleware",
      "middlewares",
      "app",
      "plugins",
    ],
    sibling: "port",
    wanted: "nothing: heddle serves files, and handlers do not exist yet",
  },
  {
    names: ["acme", "letsEncrypt", "autoHttps", "automaticHttps"],
    sibling: "port",
    wanted: 'the option tls, such as tls: { acme: { domains: ["example.com"] } }',
  },
  {
    names: ["httpsRedirect", "redirectHttps", "redirectToHttps", "forceHttps"],
    sibling: "port",
    wanted: "the option tlsRedirect, such as tlsRedirect: 80",
  },
  { names: ["strictTransportSecurity", "sts"], sibling: "securityHeaders", wanted: "the option hsts" },
  {
    names: ["http2Cleartext", "allowHTTP1", "priorKnowledge"],
    sibling: "port",
    wanted: "the option h2c, for HTTP/2 without TLS, or http2: false, for HTTPS without it",
  },
  {
    names: ["proxy", "proxies", "upstream"],
    sibling: "root",
    wanted: "nothing: heddle serves files and is not a proxy",
  },

  // A site
  { names: ["public", "publicDir", "dir", "directory", "folder"], sibling: "root", wanted: "the option root" },
  {
    names: ["alias", "aliases", "locations", "routes"],
    sibling: "mounts",
    wanted: 'mounts: { "/docs": "../docs" }, redirects or rewrites',
  },
  {
    names: ["spa", "single", "renderSingle", "pageFallback", "historyApiFallback", "tryFiles"],
    sibling: "fallback",
    wanted: 'the option fallback, such as fallback: "/index.html"',
  },
  {
    names: ["gzip", "brotli", "br", "encode", "precompressed"],
    sibling: "compress",
    wanted: "the option compress, which is true by default",
  },
  {
    names: ["index", "indexFiles", "directoryIndex"],
    sibling: "rewrites",
    wanted: 'rewrites: [{ from: "/", to: "/home.html" }], or nothing: the page of a folder is index.html',
  },
  {
    names: ["basicAuth", "users", "password", "passwords"],
    sibling: "auth",
    wanted: 'the option auth, such as auth: { users: { ada: "…" } }',
  },
  {
    names: ["directoryListing", "autoindex", "browse", "dirListing"],
    sibling: "listing",
    wanted: "the option listing",
  },
  {
    names: ["page404", "notFound", "page50x", "errors"],
    sibling: "errorPages",
    wanted: 'the option errorPages, such as errorPages: { "404": "/404.html" }',
  },
  {
    names: ["cacheControl", "cache", "maxAge", "expires"],
    sibling: "headers",
    wanted: 'the option headers, such as headers: [{ for: "/*", set: { "Cache-Control": "max-age=3600" } }]',
  },
  {
    names: ["mimeTypes", "mimetypes", "types", "contentTypes"],
    sibling: "headers",
    wanted: 'the option headers, such as headers: [{ for: "/*.x", set: { "Content-Type": "text/x" } }]',
  },
  {
    names: ["dotfiles", "hidden"],
    sibling: "root",
    wanted: "nothing: names that begin with a dot are never served",
  },
  {
    names: ["symlinks", "followSymlinks"],
    sibling: "root",
    wanted: "nothing: links inside root are always followed, links out of it never",
  },
  { names: ["unlisted"], sibling: "listing", wanted: "nothing: listings show every served file" },

  // Its rules
  { names: ["source", "path", "match", "url", "pattern"], sibling: "from", wanted: "the key from" },
  { names: ["destination", "target", "location"], sibling: "to", wanted: "the key to" },
  {
    names: ["type", "code", "statusCode", "permanent"],
    sibling: "status",
    wanted: "status: 301, or another redirect status",
  },
  { names: ["source", "path", "match", "url", "pattern"], sibling: "set", wanted: "the key for" },
  { names: ["headers", "values", "fields"], sibling: "set", wanted: 'set: { "X-Name": "value" }' },
  { names: ["origin", "allowOrigins", "allowedOrigins"], sibling: "origins", wanted: "the key origins" },
  { names: ["headers", "allowHeaders", "allowedHeaders"], sibling: "requestHeaders", wanted: "the key requestHeaders" },
  { names: ["exposeHeaders"], sibling: "exposedHeaders", wanted: "the key exposedHeaders" },
  {
    names: ["methods", "allowMethods"],
    sibling: "origins",
    wanted: "nothing: files are served for GET, HEAD and OPTIONS",
  },
  { names: ["paths", "path"], sibling: "realm", wanted: 'for: ["/private/*"]' },
];

/** @param known the names that are possible at this place; @returns undefined for a name without a row */
export function otherName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.replace(/[-_]/g, "").toLowerCase();
  const row = OTHER_NAMES.find(
    ({ names, sibling }) => known.includes(sibling) && names.some((other) => plain(other) === plain(name)),
  );
  return row?.wanted;
}
