// What resolveOptions() takes, refuses and fills in.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "../http1/limits.ts";
import { DEFAULT_HTTP2_LIMITS } from "../http2/limits.ts";
import { DEFAULTS, RANGES } from "./defaults.ts";
import { OptionError } from "./mistakes.ts";
import { resolveFinal, resolveOptions } from "./resolve.ts";
import type { ServerOptions } from "./server-options.ts";
import type { SiteOptions } from "./site-options.ts";

test("resolveOptions() fills in every default", () => {
  const { accept, root, site, ...others } = resolveOptions();
  assert.deepEqual(others, {
    host: "localhost",
    port: 8080,
    isPortFixed: false,
    listen: [
      {
        kind: "address",
        name: "localhost:8080",
        option: "port",
        host: "localhost",
        port: 8080,
        isPortFixed: false,
        isSecure: false,
        hasProxyHeader: false,
      },
    ],
    socket: undefined,
    socketMode: 0o660,
    fd: [],
    tls: undefined,
    acme: undefined,
    localAuthority: undefined,
    tlsRedirect: undefined,
    isTlsRedirectFixed: false,
    tlsRedirectFd: undefined,
    mode: "pool",
    threads: availableParallelism(),
    maxThreads: 128,
    transport: "auto",
    isAcceptFixed: false,
    revalidateMs: 1000,
    graceMs: 10_000,
    drainDelayMs: 0,
    cacheLimitBytes: 64 * 1024 * 1024,
    encodedLimitBytes: 64 * 1024 * 1024,
    connectionLimitCount: 16_384,
    clientConnectionLimitCount: undefined,
    mptcp: "off",
    overLimit: "wait",
    serverRateLimit: undefined,
    serverBandwidth: undefined,
    stallTimeoutMs: 10_000,
    trustedProxies: [],
    forwardedFields: ["x-forwarded-for", "x-forwarded-proto"],
    proxyProtocol: false,
    http2: true,
    h2c: false,
    admin: undefined,
    console: false,
    healthPath: undefined,
    pidFile: undefined,
    trace: false,
    traceSecrets: false,
    log: "off",
    logFile: undefined,
    logMask: [],
    logRotateBytes: 0,
    logKeepCount: 10,
    limits: { ...DEFAULT_LIMITS, ...DEFAULT_HTTP2_LIMITS },
    given: [],
    sites: [],
  });
  assert.deepEqual(site, {
    root,
    mounts: {},
    redirects: [],
    rewrites: [],
    headers: [],
    errorPages: { "404": "/404.html" },
    cleanUrls: false,
    trailingSlash: "folders",
    encodedSlashes: "refuse",
    markdown: "off",
    earlyHints: "off",
    images: "off",
    fallback: undefined,
    listing: false,
    zip: false,
    cors: undefined,
    securityHeaders: false,
    hsts: undefined,
    auth: undefined,
    allow: [],
    deny: [],
    allowClients: [],
    maintenance: undefined,
    rateLimit: undefined,
    concurrencyLimit: undefined,
    bandwidth: undefined,
    speculationRules: [],
    noVarySearch: undefined,
    clearSiteData: [],
    immutable: true,
    dictionaries: undefined,
    etag: "auto",
    digests: false,
    compress: true,
    siteFiles: "netlify",
    keepPreviousSeconds: 0,
  });
  assert.equal(root, resolve(existsSync("public") ? "public" : "."));
  assert.equal(accept, ["darwin", "win32"].includes(process.platform) ? "transfer" : "reuse-port");
});

test("resolveOptions() takes an explicit undefined for an option that is not there", () => {
  const nothing = Object.fromEntries(
    ["root", "socket", "limits", ...Object.keys(DEFAULTS)].map((name) => [name, undefined]),
  );
  assert.deepEqual(resolveOptions(nothing as ServerOptions), resolveOptions({}));
});

test("resolveOptions() makes the root absolute", () => {
  assert.equal(resolveOptions({ root: "docs/../src" }).root, resolve("src"));
});

test("resolveOptions() fixes a port that was asked for, the default one included", () => {
  assert.equal(resolveOptions({ port: 8080 }).isPortFixed, true);
  assert.equal(resolveOptions({ port: 0 }).isPortFixed, true);
});

test("resolveOptions() keeps threads and mode apart", () => {
  const { mode, threads } = resolveOptions({ threads: 3 });
  assert.deepEqual({ mode, threads }, { mode: "pool", threads: 3 });
  assert.equal(resolveOptions({ threads: "per-connection" }).mode, "per-connection");
});

test("resolveOptions() overrides single limits and keeps the others", () => {
  const { limits } = resolveOptions({ limits: { headLimitCount: 7, minimumRateBytesPerSecond: 0 } });
  assert.deepEqual(limits, {
    ...DEFAULT_LIMITS,
    ...DEFAULT_HTTP2_LIMITS,
    headLimitCount: 7,
    minimumRateBytesPerSecond: 0,
  });
});

test("resolveOptions() returns what is frozen and survives structuredClone", () => {
  const options = resolveOptions({ threads: 2 });
  assert.ok(Object.isFrozen(options) && Object.isFrozen(options.limits) && Object.isFrozen(options.site.errorPages));
  assert.deepEqual(structuredClone(options), options);
});

for (const [name, [lowest, highest]] of Object.entries(RANGES)) {
  test(`resolveOptions() takes ${name} from ${lowest} to ${highest} and nothing beyond`, () => {
    for (const value of [lowest, highest]) {
      const options = resolveOptions({ [name]: value });
      // What may be several is always a list.
      assert.deepEqual([Reflect.get({ ...options.site, ...options }, name)].flat(), [value]);
    }
    for (const value of [lowest - 1, highest + 1, lowest + 0.5, Number.NaN, String(lowest), null]) {
      assert.throws(() => resolveOptions({ [name]: value } as ServerOptions), refused(name));
    }
  });
}

const LOG_NAMES =
  "{time}, {clf_time}, {client}, {user}, {method}, {host}, {scheme}, {target}, {request}, {protocol}, {status}, {bytes}, {complete}, {duration_ms}, {referrer}, {user_agent}, {coding}, {cache}, {thread}, {connection}, {request_id}";

const refusals: { options: object; option: string; message: string }[] = [
  { options: { fd: 3, port: 80 }, option: "port", message: "port: found 80, wanted no port together with fd" },
  { options: { fd: 3, host: "::" }, option: "host", message: 'host: found "::", wanted no host together with fd' },
  {
    options: { fd: 3, socket: "/s" },
    option: "socket",
    message: 'socket: found "/s", wanted no socket together with fd',
  },
  { options: { fd: [] }, option: "fd", message: "fd: found [], wanted at least one descriptor" },
  {
    options: { fd: [3, 4], tlsRedirectFd: 4 },
    option: "tlsRedirectFd",
    message: "tlsRedirectFd: found 4, wanted another descriptor than those of fd",
  },
  { options: { port: "80" }, option: "port", message: 'port: found "80", wanted a whole number from 0 to 65535' },
  { options: { port: NaN }, option: "port", message: "port: found NaN, wanted a whole number from 0 to 65535" },
  { options: { port: 80n }, option: "port", message: "port: found 80n, wanted a whole number from 0 to 65535" },
  {
    options: { threads: 0 },
    option: "threads",
    message: 'threads: found 0, wanted a whole number from 1 to 512, "auto" or "per-connection"',
  },
  {
    options: { threads: null },
    option: "threads",
    message: 'threads: found null, wanted a whole number from 1 to 512, "auto" or "per-connection"',
  },
  {
    options: { transport: "quick" },
    option: "transport",
    message: 'transport: found "quick", wanted "auto", "portable" or, on Linux, "kernel"',
  },
  {
    options: { host: "localhost:3000" },
    option: "host",
    message:
      'host: found "localhost:3000", wanted a name or an address without scheme and port, like "localhost" or "0.0.0.0"',
  },
  {
    options: { host: "" },
    option: "host",
    message: 'host: found "", wanted a string that is not empty and has no NUL in it',
  },
  {
    options: { root: "a\0b" },
    option: "root",
    message: 'root: found "a\\u0000b", wanted the path of a folder, like "dist"',
  },
  {
    options: { log: "combind" },
    option: "log",
    message: `log: found "combind", wanted "common", "combined", "json", "off", or a pattern like "{client} {status}" (no name in braces, as in {status}; known are ${LOG_NAMES})`,
  },
  { options: { trace: "yes" }, option: "trace", message: 'trace: found "yes", wanted true or false' },
  { options: { limits: null }, option: "limits", message: "limits: found null, wanted an object: limits" },
  {
    options: { limits: { headLimitCount: 0 } },
    option: "limits.headLimitCount",
    message: "limits.headLimitCount: found 0, wanted a whole number from 1 to 1048576",
  },
];

for (const { options, option, message } of refusals) {
  test(`resolveOptions() refuses with ${message}`, () => {
    assert.throws(() => resolveOptions(options), { name: "OptionError", option, message });
  });
}

const HASH = "$2y$10$abcdefghijklmnopqrstuuLVRzhMGLKNpyQ1TyhGVQbxPqcFi5QCS";

/** One mistake each, by the place that is named and the beginning of what is wanted. */
const siteMistakes: { options: object; message: string }[] = [
  {
    options: { redirects: [{ from: "/a", to: 5 }] },
    message: "redirects[0].to: found 5, wanted a path or an address, percent-encoded",
  },
  {
    options: { redirects: [{ from: "/a", to: "b c" }] },
    message: 'redirects[0].to: found "b c", wanted a path or an address, percent-encoded',
  },
  {
    options: { redirects: [{ from: "/a", to: "javascript:alert(1)" }] },
    message: 'redirects[0].to: found "javascript:alert(1)", wanted a path or an address, percent-encoded',
  },
  {
    options: { redirects: [{ from: "/a", to: "/b", status: 200 }] },
    message: "redirects[0].status: found 200, wanted 301, 302, 303, 307 or 308",
  },
  {
    options: { redirects: [{ from: "/a" }] },
    message: "redirects[0].to: found nothing, wanted a path or an address, percent-encoded",
  },
  {
    options: { redirects: [{ from: "/a", to: "/b", code: 301 }] },
    message: "redirects[0].code: found an unknown name, wanted status: 301, or another redirect status",
  },
  { options: { redirects: {} }, message: 'redirects: found {}, wanted a list, like [{ from: "/old", to: "/new" }]' },
  {
    options: { rewrites: [{ from: "old", to: "/new" }] },
    message:
      'rewrites[0].from: found "old", wanted a pattern of paths, like "/blog/:year/*" (a path begins with a slash: "old")',
  },
  {
    options: { headers: [{ for: "/*", set: { "X Y": "1" } }] },
    message: 'headers[0].set["X Y"]: found "1", wanted a field that can be sent (not a field name: "X Y")',
  },
  {
    options: { headers: [{ for: "/*", set: { Date: "now" } }] },
    message: `headers[0].set.Date: found "now", wanted a field that can be sent (Date is the server's own to write)`,
  },
  {
    options: { errorPages: { "200": "/ok.html" } },
    message:
      'errorPages["200"]: found this name, wanted a status that can have a page: 400, 401, 403, 404, 405, 500, 501 or 503',
  },
  {
    options: { errorPages: { "404": "404.html" } },
    message: 'errorPages["404"]: found "404.html", wanted a path of the site that begins with a slash',
  },
  {
    options: { cors: "yes" },
    message:
      'cors: found "yes", wanted true (for all origins), false, or CORS options like { origins: ["https://example.com"] }',
  },
  {
    options: { cors: { origins: ["https://a.example/"] } },
    message:
      'cors: found { origins: [Array] }, wanted other CORS options (not an origin: "https://a.example/" (wanted something like "https://example.com"))',
  },
  {
    options: { cors: { origins: "*", maxAge: 1 } },
    message: "cors.maxAge: found an unknown name, wanted maxAgeSeconds",
  },
  {
    options: { cors: { origins: ["*"] } },
    message:
      'cors: found { origins: [Array] }, wanted other CORS options (all origins are origins: "*", without a list)',
  },
  {
    options: { cors: { origins: "*", vary: true } },
    message:
      "cors.vary: found an unknown name, wanted one of origins, requestHeaders, exposedHeaders, credentials, maxAgeSeconds",
  },
  {
    options: { errorPages: ["/404.html"] },
    message: 'errorPages: found [ \'/404.html\' ], wanted an object: pages by status, like { "404": "/404.html" }',
  },
  {
    options: { allow: ["10.0.0.0/99"] },
    message:
      'allow[0]: found "10.0.0.0/99", wanted an address or a network, like "192.0.2.0/24" (neither an address nor a network: "10.0.0.0/99")',
  },
  {
    options: { auth: { users: { ann: "hunter2" } } },
    message:
      'auth.users.ann: found a text (not shown), wanted a hash as "heddle hash-password" prints it, or of argon2 or bcrypt',
  },
  {
    options: { auth: { user: { ann: "hunter2" }, users: { ann: HASH } } },
    message: "auth.user: found an unknown name, wanted users",
  },
  {
    options: { auth: '{"users":{"ann":"hunter2"' },
    message: "auth: found a text (not shown), wanted an object: users and their password hashes",
  },
  {
    options: { sites: '{"a.b":{"auth":{"users":{"ann":"hunter2"' },
    message:
      'sites: found a text (not shown), wanted an object: sites by host name, like { "example.com": { root: "www" } }',
  },
  {
    options: { basicAuth: { ann: "hunter2" } },
    message: 'basicAuth: found an unknown name, wanted the option auth, such as auth: { users: { ada: "…" } }',
  },
  { options: { auth: { users: {} } }, message: "auth.users: found a value of type object, wanted at least one user" },
  {
    options: { allow: "10.0.0.0/8" as never },
    message: 'allow: found "10.0.0.0/8", wanted a list, like ["192.0.2.0/24"]',
  },
  {
    options: { maintenance: { retryAfterSeconds: -1 } },
    message: "maintenance.retryAfterSeconds: found -1, wanted a whole number from 0 to 31536000",
  },
  {
    options: { encodedSlashes: "keep" },
    message: 'encodedSlashes: found "keep", wanted "refuse" or "decode"',
  },
  {
    options: { markdown: true },
    message: 'markdown: found true, wanted "negotiate" or "off"',
  },
  {
    options: { speculationRules: "rules.json" },
    message:
      'speculationRules: found "rules.json", wanted a path like "/speculation.json", of letters, digits, and . _ ~ - /',
  },
  {
    options: { noVarySearch: {} },
    message: "noVarySearch: found {}, wanted other options (at least one of params (with a name), except and anyOrder)",
  },
  {
    options: { noVarySearch: { params: ["caf\u00e9"] } },
    message:
      'noVarySearch: found { params: [Array] }, wanted other options (a name is sent as it is percent-encoded in a query, not as "caf\u00e9")',
  },
  {
    options: { clearSiteData: [{ for: "/logout", clear: [] }] },
    message: "clearSiteData[0].clear: found [], wanted at least one kind of data",
  },
  {
    options: { clearSiteData: [{ for: "logout", clear: ["*"] }] },
    message:
      'clearSiteData[0].for: found "logout", wanted a pattern of paths, like "/blog/:year/*" (a path begins with a slash: "logout")',
  },
  {
    options: { earlyHints: true },
    message: 'earlyHints: found true, wanted "http2" or "all" or "off"',
  },
  {
    options: { trailingSlash: "always" },
    message: 'trailingSlash: found "always", wanted "folders" or "never" or "ignore"',
  },
  {
    options: { sites: { "example.com": { cors: true } } },
    message: 'sites["example.com"].root: found nothing, wanted the path of a folder, like "dist"',
  },
  {
    options: { sites: { "example.com": { root: ".", port: 80 } as never } },
    message:
      'sites["example.com"].port: found an unknown name, wanted this name at the top level only: it is an option of the whole server',
  },
  {
    options: { sites: { "example.com:80": { root: "." } } },
    message:
      'sites["example.com:80"]: found this name, wanted a host name without a port, like "example.com" or "*.example.com"',
  },
];

for (const { options, message } of siteMistakes) {
  test(`resolveOptions() refuses with ${message}`, () => {
    assert.throws(() => resolveOptions(options), { name: "OptionError", message });
  });
}

// A thread builds a site when somebody asks for it, so nothing may be left to find out then.
for (const { options, message } of siteMistakes.filter(({ options }) => !("sites" in options))) {
  test(`resolveOptions() refuses for one of many sites ${message}`, () => {
    const sites = { "first.example": { root: "." }, "example.com": { root: ".", ...options } as SiteOptions };
    assert.throws(() => resolveOptions({ sites }), { name: "OptionError", message: `sites["example.com"].${message}` });
  });
}

test("resolveOptions() names all mistakes, each on a line of its own", () => {
  assert.throws(
    () => resolveOptions({ port: -1, redirects: [{ from: "/a", to: "" }], cleanUrls: 1 } as unknown as ServerOptions),
    (error) => {
      assert.ok(error instanceof OptionError);
      assert.deepEqual(
        error.mistakes.map(({ option }) => option),
        ["port", "redirects[0].to", "cleanUrls"],
      );
      assert.equal(error.option, "port");
      assert.equal(error.message.split("\n").length, 3);
      return true;
    },
  );
});

test("resolveOptions() takes everything that a site can say", () => {
  const said = {
    redirects: [{ from: "/old/*", to: "https://:tenant.example.com:8443/*", status: 301, onlyMissing: true }],
    rewrites: [{ from: "/app/*", to: "/app.html" }],
    headers: [{ for: "/*", set: { "X-One": "1", Server: null } }],
    fallback: "/index.html",
    cors: { origins: ["https://a.example"], credentials: true },
    auth: { users: { ann: HASH }, for: ["/private/*"], realm: "here" },
    allow: ["::1", "10.0.0.0/8"],
    maintenance: { page: "/soon.html", allow: ["127.0.0.1"] },
  } as const;
  const { site } = resolveOptions({ ...said, redirects: [...said.redirects] });
  const resolved = {
    ...said,
    rewrites: [{ ...said.rewrites[0], onlyMissing: false }],
    cors: { ...said.cors, requestHeaders: [], exposedHeaders: [], maxAgeSeconds: 600 },
    maintenance: { ...said.maintenance, retryAfterSeconds: 120 },
  };
  for (const [name, value] of Object.entries(resolved)) assert.deepEqual(Reflect.get(site, name), value, name);
});

test("resolveOptions() makes objects of cors and maintenance that are only switched on", () => {
  const { cors, maintenance } = resolveOptions({ cors: true, maintenance: true }).site;
  const fields = { requestHeaders: [], exposedHeaders: [], credentials: false, maxAgeSeconds: 600 };
  assert.deepEqual(cors, { origins: "*", ...fields });
  assert.deepEqual(maintenance, { page: undefined, retryAfterSeconds: 120, allow: [] });
});

test("resolveOptions() gives what is encoded as much memory as the cache, unless it is told otherwise", () => {
  assert.equal(resolveOptions({ cacheLimitBytes: 5 }).encodedLimitBytes, 5);
  assert.equal(resolveOptions({ cacheLimitBytes: 5, encodedLimitBytes: 0 }).encodedLimitBytes, 0);
});

test("resolveOptions() tells which options of each site were given, defaults among them", () => {
  const { given, sites } = resolveOptions({
    port: 1,
    cleanUrls: false,
    sites: { "a.b": { root: "x", compress: true } },
  });
  assert.deepEqual([given, sites[0]?.given], [["cleanUrls"], ["root", "compress"]]);
});

test("resolveOptions() makes the folders of every site absolute, from the folder that it is given", () => {
  const options = resolveOptions(
    { root: "www", mounts: { "/docs": "../docs" }, sites: { "*.Example.com": { root: "other" } }, socket: "run/s" },
    "/srv/site",
  );
  assert.equal(options.site.root, resolve("/srv/site/www"));
  assert.equal(options.site.mounts?.["/docs"], resolve("/srv/docs"));
  assert.deepEqual(
    options.sites.map(({ host, site }) => [host, site.root]),
    [["*.example.com", resolve("/srv/site/other")]],
  );
  assert.equal(options.socket, resolve("/srv/site/run/s"));
});

test("resolveOptions() makes the path of a socket absolute, and takes the longest that there can be", () => {
  assert.equal(resolveOptions({ socket: "run/heddle" }).socket, resolve("run/heddle"));
  const longest = `/${"x".repeat(106)}`;
  assert.equal(resolveOptions({ socket: longest }).socket, longest);
  assert.throws(() => resolveOptions({ socket: `${longest}x` }), refused("socket"));
  assert.throws(() => resolveOptions({ socket: `/${"ä".repeat(54)}` }), refused("socket"));
});

test("resolveOptions() takes an IPv6 address with and without brackets", () => {
  assert.deepEqual(
    ["[::1]", "::1", "[::]", "127.0.0.1"].map((host) => resolveOptions({ host }).host),
    ["::1", "::1", "::", "127.0.0.1"],
  );
});

test("resolveOptions() refuses host and port beside socket", () => {
  assert.throws(() => resolveOptions({ socket: "a", host: "::" }), refused("host"));
  assert.throws(() => resolveOptions({ socket: "a", port: 80 }), refused("port"));
});

for (const socketMode of [-1, 0o1000, 1.5, "660", null]) {
  test(`resolveOptions() refuses the socketMode ${JSON.stringify(socketMode)}`, () => {
    assert.throws(() => resolveOptions({ socketMode } as ServerOptions), refused("socketMode"));
  });
}

test("resolveOptions() knows whether accept was asked for", () => {
  assert.equal(resolveOptions({ accept: "transfer" }).isAcceptFixed, true);
  assert.equal(resolveOptions({ accept: "auto" }).isAcceptFixed, false);
});

if (process.platform === "linux") {
  test("resolveOptions() refuses an accept for the kernel transport, which has its own", () => {
    assert.throws(() => resolveOptions({ transport: "kernel", accept: "transfer" }), {
      message: 'accept: found "transfer", wanted "auto", because other values need the portable transport',
    });
  });
}

test("resolveOptions() refuses an accept that does not exist, and names those of this platform", () => {
  assert.throws(
    () => resolveOptions({ accept: "spread" as "auto" }),
    /^OptionError: accept: found "spread", wanted "auto"/,
  );
});

test("resolveOptions() refuses unknown options and names the known ones", () => {
  assert.throws(() => resolveOptions({ prot: 80 } as ServerOptions), /prot: found an unknown name, wanted port$/);
  assert.throws(
    () => resolveOptions({ speed: 1 } as ServerOptions),
    /speed: found an unknown name, wanted a name that "heddle help options" or "heddle help configuration" lists$/,
  );
  assert.throws(
    () => resolveOptions({ limits: { headLimit: 1 } } as ServerOptions),
    /limits\.headLimit: found an unknown name, wanted headLimitBytes or headLimitCount$/,
  );
});

function refused(name: string): (error: unknown) => boolean {
  return (error) => error instanceof OptionError && error.option === name;
}

test("resolveFinal() lets later options with the same sites use what it found, from the same folder only", () => {
  const options: ServerOptions = { sites: { "example.com": { root: "site" } } };
  const { sites } = resolveFinal(options, "/a");
  const later = resolveOptions({ ...options, port: 1 }, "/a");
  assert.equal(later.sites, sites);
  assert.equal(later.port, 1);
  assert.equal(resolveOptions({ ...options }, "/b").sites[0]!.site.root, resolve("/b/site"));
  assert.deepEqual(resolveOptions({ sites: { "example.com": { root: "site" } } }, "/a").sites, sites);
});

test("resolveOptions() refuses allowClients without authorities, for every site", () => {
  const allowClients = ["CN=ada"];
  const wanted = /^allowClients: found .*, wanted tls\.clientCa, too: the file of the authorities/;
  assert.throws(() => resolveOptions({ allowClients }), { message: wanted });
  const tls = { cert: "a.pem", key: "a.key" };
  assert.throws(() => resolveOptions({ allowClients, tls }), { message: wanted });
  assert.throws(() => resolveOptions({ tls, sites: { "a.test": { root: ".", allowClients } } }), {
    message: /^sites\["a\.test"\]\.allowClients: /,
  });
  const { site } = resolveOptions({ allowClients, tls: { ...tls, clientCa: "ca.pem" } });
  assert.deepEqual(site.allowClients, allowClients);
});
