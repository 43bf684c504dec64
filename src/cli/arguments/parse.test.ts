// What is typed, and what becomes of it.
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import type { Environment } from "./environment.ts";
import { parseArguments } from "./parse.ts";

const HASH = `$2b$04$${"a".repeat(53)}`;

const runs: { argv: string; environment?: Environment; options: object; isQuiet?: boolean }[] = [
  { argv: "", options: {} },
  { argv: "site", options: { root: "site" } },
  { argv: "-- --odd", options: { root: "--odd" } },
  { argv: "--host 0.0.0.0 --port 0", options: { host: "0.0.0.0", port: 0 } },
  { argv: "--port=8081 site", options: { root: "site", port: 8081 } },
  { argv: "--port 1 --port 2", options: { port: 2 } },
  { argv: "-p 8081 site", options: { root: "site", port: 8081 } },
  { argv: "-p8081", options: { port: 8081 } },
  { argv: "--threads 3", options: { threads: 3 } },
  { argv: "--threads auto", options: { threads: "auto" } },
  { argv: "--threads per-connection --max-threads 9", options: { threads: "per-connection", maxThreads: 9 } },
  { argv: "--mptcp auto", options: { mptcp: "auto" } },
  { argv: "--transport portable --accept transfer", options: { transport: "portable", accept: "transfer" } },
  { argv: "--socket 7 --socket-mode 0600", options: { socket: "7", socketMode: 0o600 } },
  { argv: "--socket a --socket-mode 7", options: { socket: "a", socketMode: 0o7 } },
  { argv: "--socket a", environment: { HOST: "::1", PORT: "no number" }, options: { socket: "a" } },
  { argv: "--revalidate 0", options: { revalidateMs: 0 } },
  { argv: "--revalidate 0.25 --grace 1.001", options: { revalidateMs: 250, graceMs: 1001 } },
  { argv: "--grace .5", options: { graceMs: 500 } },
  { argv: "--grace 86400", options: { graceMs: 86_400_000 } },
  { argv: "--trace", options: { trace: true } },
  { argv: "--log {status} --log-file 7", options: { log: "{status}", logFile: "7" } },
  { argv: "--log json --log-mask query,address", options: { log: "json", logMask: ["query", "address"] } },
  { argv: "--log-rotate 2m --log-keep 3", options: { logRotateBytes: 2 ** 21, logKeepCount: 3 } },
  { argv: "--admin 9180 --drain-delay 2.5", options: { admin: 9180, drainDelayMs: 2500 } },
  { argv: "--concurrency 9", options: { concurrencyLimit: { requestCount: 9 } } },
  // What they need may be in the file.
  { argv: "--proxy-protocol", options: { proxyProtocol: true } },
  { argv: "--listen :443,tls", options: { listen: [":443,tls"] } },
  { argv: "--listen :80,no-tls --listen :443", options: { listen: [":80,no-tls", ":443"] } },
  {
    argv: "",
    environment: { HEDDLE_LISTEN: ":80, no-tls,proxy-protocol,unix:/a" },
    options: { listen: [":80,no-tls,proxy-protocol", "unix:/a"] },
  },
  { argv: "--pid-file 7", options: { pidFile: "7" } },
  { argv: "--admin [::1]:9180 --health-path /up", options: { admin: "[::1]:9180", healthPath: "/up" } },
  { argv: "--quiet", options: {}, isQuiet: true },
  { argv: "--spa", options: { fallback: "/index.html" } },
  { argv: "--spa /200.html --clean-urls --cors", options: { fallback: "/200.html", cleanUrls: true, cors: true } },
  { argv: "--encoded-slashes decode", options: { encodedSlashes: "decode" } },
  { argv: "--markdown negotiate", options: { markdown: "negotiate" } },
  { argv: "--early-hints http2", options: { earlyHints: "http2" } },
  { argv: "--images negotiate", options: { images: "negotiate" } },
  { argv: "--digests", options: { digests: true } },
  { argv: "--trailing-slash never --etag content", options: { trailingSlash: "never", etag: "content" } },
  { argv: "--no-compress --keep-previous 60", options: { compress: false, keepPreviousSeconds: 60 } },
  {
    argv: "--tls acme --domain example.com --domain www.example.com --email a@example.com",
    options: { tls: { acme: { domains: ["example.com", "www.example.com"], email: "a@example.com" } } },
  },
  {
    argv: "--tls acme --acme-staging --acme-profile shortlived",
    environment: { HEDDLE_DOMAIN: "example.com, 192.0.2.1", HEDDLE_EMAIL: "a@example.com" },
    options: {
      tls: {
        acme: {
          domains: ["example.com", "192.0.2.1"],
          email: "a@example.com",
          profile: "shortlived",
          staging: true,
        },
      },
    },
  },
  {
    argv: "--acme-directory https://acme.example/directory --domain a.example",
    environment: { HEDDLE_TLS: "acme", HEDDLE_ACME_STAGING: "false" },
    options: { tls: { acme: { domains: ["a.example"], directory: "https://acme.example/directory", staging: false } } },
  },
  {
    argv: "",
    environment: { HEDDLE_TLS: '{ "acme": { "domains": ["a.example"] } }' },
    options: { tls: { acme: { domains: ["a.example"] } } },
  },
  { argv: "--tls-cert a --tls-key b", options: { tls: { cert: "a", key: "b" } } },
  { argv: "--tls-cert a --tls-key b", environment: { HEDDLE_TLS: "dev" }, options: { tls: { cert: "a", key: "b" } } },
  { argv: "--tls-pfx a", environment: { HEDDLE_TLS_CERT: "b", HEDDLE_TLS_KEY: "c" }, options: { tls: { pfx: "a" } } },
  { argv: "--tls dev", environment: { HEDDLE_TLS_CERT: "b", HEDDLE_TLS_CLIENT_CA: "c" }, options: { tls: "dev" } },
  {
    argv: "--tls-pfx a",
    environment: { HEDDLE_TLS: "acme", HEDDLE_DOMAIN: "a.b", HEDDLE_TLS_PASSPHRASE_FILE: "b" },
    options: { tls: { pfx: "a", passphraseFile: "b" } },
  },
  { argv: "--tls-redirect 80 --hsts", options: { tlsRedirect: 80, hsts: true } },
  { argv: "--tls-redirect false", options: { tlsRedirect: false } },
  { argv: "--security-headers --maintenance", options: { securityHeaders: true, maintenance: true } },
  {
    argv: `--auth ada:${HASH} --auth bob:${HASH}`,
    options: { auth: { users: { ada: HASH, bob: HASH } } },
  },
  { argv: "", environment: { HEDDLE_AUTH: `ada:${HASH}` }, options: { auth: { users: { ada: HASH } } } },
  { argv: "", environment: { HEDDLE_PORT: "1", PORT: "2" }, options: { port: 1 } },
  { argv: "", environment: { HEDDLE_PORT: "tcp://10.0.0.1:80", PORT: "2" }, options: { port: 2 } },
  { argv: "", environment: { HEDDLE_ROOT: "7", HEDDLE_REVALIDATE: "0.5" }, options: { root: "7", revalidateMs: 500 } },
  { argv: "site", environment: { HEDDLE_ROOT: "other" }, options: { root: "site" } },
  {
    argv: "",
    environment: { HEDDLE_COMPRESS: "false", HEDDLE_CORS: "true" },
    options: { compress: false, cors: true },
  },
  { argv: "", environment: { HEDDLE_CACHE_LIMIT_BYTES: "9" }, options: { cacheLimitBytes: 9 } },
  { argv: "", environment: { HEDDLE_LIMITS: '{"headLimitCount":9}' }, options: { limits: { headLimitCount: 9 } } },
  { argv: "", environment: { HEDDLE_SPA: "true" }, options: { fallback: "/index.html" } },
  { argv: "", environment: { HOST: "::1", PORT: "3000" }, options: { host: "::1", port: 3000 } },
  { argv: "--port 1", environment: { PORT: "3000" }, options: { port: 1 } },
  { argv: "--port 1", environment: { PORT: "not looked at" }, options: { port: 1 } },
  { argv: "", environment: { HOST: "", PORT: "" }, options: {} },
  // tcsh and conda set HOST by themselves.
  ...["x86_64-conda-linux-gnu", "ada", "ada.example.org", "localhost", "192.0.2.1:80", "true", "*"].map((HOST) => ({
    argv: "",
    environment: { HOST },
    options: {},
  })),
  ...["0.0.0.0", "::", "127.0.0.1", "[::1]", "192.0.2.1", "fe80::1%eth0"].map((HOST) => ({
    argv: "",
    environment: { HOST },
    options: { host: HOST },
  })),
  { argv: "", environment: { HEDDLE_HOST: "ada", HOST: "0.0.0.0" }, options: { host: "ada" } },
  ...["1", "true", "yes", "on", "YES", "True"].map((word) => ({
    argv: "",
    environment: { HEDDLE_LISTING: word, HEDDLE_MAINTENANCE: word, HEDDLE_IMMUTABLE: word, HEDDLE_SPA: word },
    options: { listing: true, maintenance: true, immutable: true, fallback: "/index.html" },
  })),
  ...["0", "false", "no", "off", "OFF"].map((word) => ({
    argv: "",
    environment: { HEDDLE_LISTING: word, HEDDLE_CORS: word, HEDDLE_COMPRESS: word, HEDDLE_SPA: word },
    options: { listing: false, cors: false, compress: false, fallback: undefined },
  })),
  { argv: "", environment: { HEDDLE_PORT: "1", HEDDLE_ROOT: "0" }, options: { port: 1, root: "0" } },
];

for (const { argv, environment = {}, options, isQuiet = false } of runs) {
  test(`parseArguments() reads "${argv}" with ${JSON.stringify(environment)}`, () => {
    const found = parse(argv, environment);
    assert.equal(found.kind, "run");
    assert.deepEqual({ options: found.options, isQuiet: found.isQuiet }, { options, isQuiet });
  });
}

const EVERY_ADDRESS = {
  host: Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.family === "IPv6")
    ? "::"
    : "0.0.0.0",
};
for (const [argv, HEDDLE_HOST = "", options = {}] of [
  ["--host"],
  ["--host --port 80", "", { port: 80 }],
  ["dist --host", "", { root: "dist" }],
  ["--host=true"],
  ["", "true"],
  ["", "*"],
] as const) {
  test(`parseArguments() opens all addresses for "${argv}" with HEDDLE_HOST=${HEDDLE_HOST}`, () => {
    const found = parse(argv, { HEDDLE_HOST });
    assert.equal(found.kind, "run");
    assert.deepEqual(found.options, { ...EVERY_ADDRESS, ...options });
  });
}

test("parseArguments() tells where each option comes from", () => {
  const found = parse("site --grace 1", { PORT: "80" });
  assert.equal(found.kind, "run");
  assert.deepEqual(found.sources, { root: "root", port: "PORT", graceMs: "--grace" });
});

test("parseArguments() refuses all mistakes at once", () => {
  const found = parse("--port x --max-threads 0");
  assert.equal(found.kind, "exit");
  assert.match(found.stderr, /^heddle: --port: .*\nheddle: --max-threads: .*\n$/);
});

const configs: { argv: string; environment?: Environment; config: string | false | undefined }[] = [
  { argv: "", config: undefined },
  { argv: "--config a.json", config: "a.json" },
  { argv: "--no-config", config: false },
  { argv: "", environment: { HEDDLE_CONFIG: "b.json" }, config: "b.json" },
  { argv: "--no-config", environment: { HEDDLE_CONFIG: "b.json" }, config: false },
];

for (const { argv, environment = {}, config } of configs) {
  test(`parseArguments() names the file of "${argv}" with ${JSON.stringify(environment)}`, () => {
    const found = parse(argv, environment);
    assert.equal(found.kind, "run");
    assert.equal(found.config, config);
  });
}

const warnings: [environment: Environment, warnings: string[]][] = [
  [{ HEDDLE_PROT: "80" }, ["the variable HEDDLE_PROT sets no option: did you mean HEDDLE_PORT?"]],
  [{ HEDDLE_FALLBACK: "/a" }, ["the variable HEDDLE_FALLBACK sets no option: write HEDDLE_SPA"]],
  [{ HEDDLE_GRACE_MS: "1" }, ["the variable HEDDLE_GRACE_MS sets no option: write HEDDLE_GRACE"]],
  [{ HEDDLE_NO_COMPRESS: "1" }, ["the variable HEDDLE_NO_COMPRESS sets no option: write HEDDLE_COMPRESS=false"]],
  [{ HEDDLE_NONSENSE: "1" }, ["the variable HEDDLE_NONSENSE sets no option: heddle help options lists the variables"]],
  [{ HEDDLE_SERVICE_HOST: "10.0.0.1", HEDDLE_PORT_80_TCP: "x", HEDDLE_CONFIG: "" }, []],
  [{ SERVER_PORT: "80" }, ["the variable SERVER_PORT sets no option here: write HEDDLE_PORT"]],
  [{ SERVER_PORT: "80", HEDDLE_PORT: "80" }, []],
  [{ SERVER_PORT: "tcp://10.0.0.1:80", SERVER_ROOT: "", SERVER_NAME: "x" }, []],
];

for (const [environment, expected] of warnings) {
  test(`parseArguments() names the variables of ${JSON.stringify(environment)} that set nothing, and no others`, () => {
    const found = parse("", environment);
    assert.equal(found.kind, "run");
    assert.deepEqual(found.warnings, expected);
  });
}

const WHOLE_THREADS = 'a whole number from 1 to 512, "auto" or "per-connection"';
const HOST_NAME = 'a name or an address without scheme and port, like "localhost" or "0.0.0.0"';
const SECONDS = "seconds from 0 to 86400, with up to three decimals";
const mistakes: { argv: string; environment?: Environment; stderr: string }[] = [
  { argv: "--port abc", stderr: '--port: found "abc", wanted a whole number from 0 to 65535' },
  { argv: "--port 65536", stderr: '--port: found "65536", wanted a whole number from 0 to 65535' },
  { argv: "--port -1", stderr: '--port: found "-1", wanted a whole number from 0 to 65535' },
  { argv: "--port 0x50", stderr: '--port: found "0x50", wanted a whole number from 0 to 65535' },
  { argv: "--port=", stderr: '--port: found "", wanted a whole number from 0 to 65535' },
  { argv: "--port \x1b[31m", stderr: '--port: found "\\u001b[31m", wanted a whole number from 0 to 65535' },
  {
    argv: "",
    environment: { PORT: "abc" },
    stderr: 'PORT: found "abc", wanted a whole number from 0 to 65535',
  },
  {
    argv: "--rate-limit abc",
    stderr:
      '--rate-limit: found "abc", wanted a number of requests a second, like 10, or 0.5 for one every two seconds',
  },
  {
    argv: "--log-mask query,ip",
    stderr: '--log-mask: found "ip", wanted "query" or "address"',
  },
  {
    argv: "--port 80 --listen :81",
    stderr:
      '--port: found "80", wanted no port together with listen: write "localhost:80" there, or as another --listen',
  },
  {
    argv: "--console foo",
    stderr:
      '--console: found "foo", wanted no value, or a port like 9180, an address with a port like "127.0.0.1:9180", or the path of a socket with a slash, like "/run/heddle/admin.sock"',
  },
  { argv: "--host=", stderr: '--host: found "", wanted a string that is not empty and has no NUL in it' },
  { argv: "--socket=", stderr: '--socket: found "", wanted a string that is not empty and has no NUL in it' },
  {
    argv: "--socket a --port 80",
    stderr: '--port: found "80", wanted no port together with socket',
  },
  ...["rw", "1777", "08", "0x7", "-1"].map((mode) => ({
    argv: `--socket-mode ${mode}`,
    stderr: `--socket-mode: found "${mode}", wanted an octal number from 0 to 777, as for chmod`,
  })),
  { argv: "--threads 0", stderr: `--threads: found "0", wanted ${WHOLE_THREADS}` },
  { argv: "--threads many", stderr: `--threads: found "many", wanted ${WHOLE_THREADS}` },
  { argv: "--port 80:8080", stderr: '--port: found "80:8080", wanted a whole number from 0 to 65535' },
  { argv: "--max-threads 0", stderr: '--max-threads: found "0", wanted a whole number from 1 to 4096' },
  { argv: "--transport fast", stderr: '--transport: found "fast", wanted "auto", "portable" or, on Linux, "kernel"' },
  { argv: "--revalidate -1", stderr: `--revalidate: found "-1", wanted ${SECONDS}` },
  { argv: "--revalidate 0.0001", stderr: `--revalidate: found "0.0001", wanted ${SECONDS}` },
  { argv: "--log-rotate 1T", stderr: '--log-rotate: found "1T", wanted a number of bytes, or a size like 100M' },
  { argv: "--grace 86401", stderr: `--grace: found "86401", wanted ${SECONDS}` },
  {
    argv: "--trailing-slash always",
    stderr: '--trailing-slash: found "always", wanted "folders" or "never" or "ignore"',
  },
  { argv: "", environment: { HEDDLE_TRACE: "maybe" }, stderr: 'HEDDLE_TRACE: found "maybe", wanted true or false' },
  ...(
    [
      ["--host localhost:3000", "--host localhost --port 3000"],
      ["--host :3000", "--port 3000"],
      ["--host [::1]:3000", "--host ::1 --port 3000"],
      ["--host http://localhost:3000/", "--host localhost --port 3000"],
      ["--host http://a.example", "--host a.example"],
      ["--host https://[::1]:8443/a", "--host ::1 --port 8443 --tls-cert <file> --tls-key <file>"],
      ["--host localhost/", "--host localhost"],
    ] as const
  ).map(([argv, right]) => ({
    argv,
    stderr: `--host: found "${argv.slice(7)}", wanted ${HOST_NAME}: write ${right}`,
  })),
  {
    argv: "",
    environment: { HEDDLE_HOST: "localhost:3000" },
    stderr: `HEDDLE_HOST: found "localhost:3000", wanted ${HOST_NAME}: write HEDDLE_HOST=localhost and HEDDLE_PORT=3000`,
  },
  {
    argv: "",
    environment: { PORT: "0.0.0.0:80" },
    stderr:
      'PORT: found "0.0.0.0:80", wanted a whole number from 0 to 65535: write HEDDLE_HOST=0.0.0.0 and HEDDLE_PORT=80',
  },
  {
    argv: "",
    environment: { HEDDLE_REDIRECTS: '[{"from":"/a"}]' },
    stderr: "HEDDLE_REDIRECTS: found nothing at [0].to, wanted a path or an address, percent-encoded",
  },
  {
    argv: "--auth ada:hunter2",
    stderr:
      "--auth: the text after the colon is not a hash (not shown here). heddle hash-password prints one; argon2 and bcrypt are accepted too.",
  },
  {
    argv: "--auth hunter2",
    stderr:
      '--auth: found a text (not shown), wanted <user>:<hash>, with a hash as "heddle hash-password" prints it, or of argon2 or bcrypt',
  },
  {
    argv: "",
    environment: { HEDDLE_AUTH: '{"users":{"ada":"hunter2"}}' },
    stderr:
      'HEDDLE_AUTH: found a text (not shown), wanted a hash as "heddle hash-password" prints it, or of argon2 or bcrypt',
  },
  {
    argv: "--auth ada:$scrypt$ln=10,r=8,p=1$YWFh$YWFh",
    stderr: "--auth: found a text (not shown), wanted <user>:<hash>, with a whole hash, of at least 16 bytes",
  },
  {
    argv: "--spa dist",
    stderr:
      '--spa: found "dist", wanted a path of the site that begins with a slash: write the folder first: heddle dist --spa',
  },
  {
    argv: "--tls-cert a.pem",
    stderr:
      "--tls-cert: a certificate needs its private key: write --tls-key <file> as well. If one file holds both, name it twice.",
  },
  {
    argv: "--tls-key a.pem",
    stderr:
      "--tls-key: a certificate needs its private key: write --tls-cert <file> as well. If one file holds both, name it twice.",
  },
  {
    argv: "",
    environment: { HEDDLE_TLS_CERT: "a.pem" },
    stderr:
      "HEDDLE_TLS_CERT: a certificate needs its private key: write HEDDLE_TLS_KEY=<file> as well. If one file holds both, name it twice.",
  },
  { argv: "--grace .", stderr: `--grace: found ".", wanted ${SECONDS}` },
  {
    argv: "--listen :80 --listen 3000",
    stderr:
      '--listen: found "3000", wanted an address like "localhost:8080" or ":80", "unix:/run/heddle.sock", ' +
      '"unix:@name" or "fd:3": write --port 3000, or --listen :3000',
  },
];

for (const { argv, environment = {}, stderr } of mistakes) {
  test(`parseArguments() refuses ${JSON.stringify(argv)} with ${JSON.stringify(environment)}`, () => {
    assert.deepEqual(parse(argv, environment), { kind: "exit", code: 2, stdout: "", stderr: `heddle: ${stderr}\n` });
  });
}

const misuses: { argv: string; stderr: string }[] = [
  { argv: "--prot 80", stderr: "unknown option --prot: did you mean --port?" },
  { argv: "--treads 2", stderr: "unknown option --treads: did you mean --threads?" },
  { argv: "--nonsense", stderr: "unknown option --nonsense" },
  { argv: "--\x1b[31m", stderr: "unknown option --\\x1b[31m" },
  {
    argv: "-s dist",
    stderr:
      "unknown option -s: write --spa after the folder: heddle dist --spa\n" +
      "heddle: the whole line here: heddle dist --spa (heddle help migrating)",
  },
  {
    argv: "-l3000",
    stderr:
      "unknown option -l: write --port 3000\nheddle: the whole line here: heddle --port 3000 (heddle help migrating)",
  },
  { argv: "--trace=yes", stderr: "--trace takes no value: write --trace" },
  {
    argv: "--no-listing",
    stderr: "unknown option --no-listing: leave out --listing, or set HEDDLE_LISTING=false to override the file",
  },
  { argv: "--port", stderr: "--port needs a value: write --port <n>" },
  { argv: "--etag", stderr: "--etag needs a value: write --etag content. ETag is sent without the flag, too" },
  { argv: "dist --cors *", stderr: "--cors takes no value: write --cors" },
  {
    argv: "one two",
    stderr:
      "found the folders one and two, wanted one: write the others as mounts in heddle.config.ts (heddle help migrating)",
  },
];

for (const { argv, stderr } of misuses) {
  test(`parseArguments() answers ${JSON.stringify(argv)} with a hint and status 2`, () => {
    const expected = `heddle: ${stderr}\nheddle --help shows every option.\n`;
    assert.deepEqual(parse(argv), { kind: "exit", code: 2, stdout: "", stderr: expected });
  });
}

for (const argv of ["-v", "--version", "--version --port 80"]) {
  test(`parseArguments() prints the version for "${argv}"`, () => {
    assert.deepEqual(parse(argv), { kind: "exit", code: 0, stdout: "1.2.3\n", stderr: "" });
  });
}

for (const argv of ["-h", "--help", "site --help --port 80"]) {
  test(`parseArguments() prints the help for "${argv}": no line over 80 columns, two examples at the end`, () => {
    const found = parse(argv);
    assert.equal(found.kind, "exit");
    assert.deepEqual([found.code, found.stderr], [0, ""]);
    assert.match(found.stdout, /^Usage: heddle \[options\] \[root\]\n/);
    assert.match(found.stdout, /\(default\s+8080, env PORT\)/);
    assert.match(found.stdout, /\nExamples:\n {2}heddle .*\n {2}heddle .*\n$/);
    assert.ok(found.stdout.split("\n").every((line) => line.length <= 80));
  });
}

function parse(argv: string, environment: Environment = {}): ReturnType<typeof parseArguments> {
  return parseArguments(argv === "" ? [] : argv.split(" "), environment, "1.2.3");
}

const CHOICE = '"acme" or "dev": for a certificate of your own, write';
const refusals: [argv: string, environment: Environment, stderr: string][] = [
  ["--domain example.com", {}, "--domain needs --tls acme"],
  ["--email a@example.com", {}, "--email needs --tls acme"],
  ["--domain example.com --tls-cert a --tls-key b", {}, "--domain needs --tls acme"],
  ["", { HEDDLE_DOMAIN: "a.example" }, "HEDDLE_DOMAIN needs HEDDLE_TLS=acme"],
  ["--domain a.example", { HEDDLE_TLS: "dev" }, "--domain needs --tls acme"],
  ["--tls acme", {}, "--tls acme needs a name for the certificate: write --domain <name> as well"],
  ["", { HEDDLE_TLS: "acme" }, "HEDDLE_TLS=acme needs a name for the certificate: write HEDDLE_DOMAIN=<name> as well"],
  ["--tls acme --domain a.b --email a", {}, '--email: found "a", wanted an address for mail, like "admin@example.com"'],
  [
    "",
    { HEDDLE_TLS: "acme", HEDDLE_DOMAIN: "a.b", HEDDLE_EMAIL: "a" },
    'HEDDLE_EMAIL: found "a", wanted an address for mail, like "admin@example.com"',
  ],
  ["--tls dev --domain a.b", {}, '--domain: found "a.b", wanted nothing together with --tls dev'],
  ["--tls dev --tls-cert a --tls-key b", {}, '--tls-cert: found "a", wanted nothing together with --tls dev'],
  ["--tls acme --domain a.b --tls-pfx a", {}, '--tls-pfx: found "a", wanted nothing together with --tls acme'],
  [
    "",
    { HEDDLE_TLS: "dev", HEDDLE_TLS_KEY: "a" },
    'HEDDLE_TLS_KEY: found "a", wanted nothing together with HEDDLE_TLS=dev',
  ],
  ["--tls foo", {}, `--tls: found "foo", wanted ${CHOICE} --tls-cert <file> and --tls-key <file>`],
  ["--tls true", {}, `--tls: found "true", wanted ${CHOICE} --tls-cert <file> and --tls-key <file>`],
  [
    "",
    { HEDDLE_TLS: "on" },
    `HEDDLE_TLS: found "on", wanted ${CHOICE} HEDDLE_TLS_CERT=<file> and HEDDLE_TLS_KEY=<file>`,
  ],
  [
    "--tls-passphrase-file a",
    {},
    "--tls-passphrase-file needs a certificate: write --tls-cert <file> and --tls-key <file> as well",
  ],
  [
    "--tls-client-ca a",
    {},
    "--tls-client-ca needs a certificate: write --tls-cert <file> and --tls-key <file> as well",
  ],
  [
    "--tls-cert a --tls-key b --tls-pfx c",
    {},
    '--tls-cert: found "a", wanted nothing together with --tls-pfx, which holds both\nheddle: --tls-key: found "b", wanted nothing together with --tls-pfx, which holds both',
  ],
  [
    "--tls-pfx a --tls-client-certificate optional",
    {},
    '--tls-client-certificate: found "optional", wanted --tls-client-ca, too: the file of the authorities that clients are known by',
  ],
  [
    "--tls dev --port 443 --tls-redirect 443",
    {},
    '--tls-redirect: found "443", wanted a port other than 443, which is for HTTPS',
  ],
];
for (const [argv, environment, stderr] of refusals) {
  test(`parseArguments() refuses "${argv}" ${JSON.stringify(environment)}, and names what was written`, () => {
    assert.deepEqual(parse(argv, environment), { kind: "exit", code: 2, stdout: "", stderr: `heddle: ${stderr}\n` });
  });
}

test("parseArguments() refuses a wildcard for an authority, and names the flag", () => {
  const parsed = parse("--tls acme --domain a.b --domain *.a.b");
  assert.match(
    parsed.kind === "exit" ? parsed.stderr : "",
    /^heddle: --domain: found "\*\.a\.b", wanted a name without a wildcard/,
  );
});
