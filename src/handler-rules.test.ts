// What a site says about itself, through the whole pipeline: each row is a site, a request and what comes back.
import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeRequest } from "../test/support/request.ts";
import { makeSite } from "../test/support/site.ts";
import type { SiteOptions } from "./features/site-options.ts";
import { createHandler } from "./handler.ts";
import type { Content, Reply } from "./http/message.ts";

const FILES = {
  "index.html": "home",
  "about.html": "about",
  "404.html": "lost",
  "docs/index.html": "docs",
  "docs/guide.html": "guide",
  "blog/post.html": "post",
  "blog.html": "all posts",
  "assets/app-BxK3f9aZ.js": "app",
  "app.js": "app",
  "errors/403.html": "not you",
  "closed.html": "back soon",
  "private/a.txt": "secret",
};
const salt = Buffer.from("sixteen bytes ok");
const base64 = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
const HASH = `$scrypt$ln=10,r=8,p=1$${base64(salt)}$${base64(scryptSync("horse", salt, 32, { cost: 1024 }))}`;
/** A page for every status that can have one. */
const pages: Partial<SiteOptions> = {
  errorPages: {
    400: "/docs/guide.html",
    401: "/about.html",
    403: "/errors/403.html",
    404: "/blog/post.html",
    405: "/blog.html",
    503: "/closed.html",
  },
};
const NAVIGATION = { "Sec-Fetch-Mode": "navigate", Accept: "text/html" };

type Fields = Record<string, string>;

function makeHandler(t: TestContext, site: Partial<SiteOptions>, files: Record<string, string> = FILES) {
  const root = makeSite(t, files);
  const clock = { ms: Date.now() + 3_600_000 };
  const handler = createHandler({
    site: { root, ...site },
    revalidateMs: 1000,
    cacheLimitBytes: 2 ** 20,
    now: () => clock.ms,
    onError: (error) => assert.fail(error),
  });
  t.after(() => handler.close());
  const ask = (target: string, fields: Fields = {}, method = "GET", address = "192.0.2.1"): Promise<Reply> =>
    Promise.resolve(handler.handle(makeRequest(method, target, fields), { address }));
  return { root, clock, ask };
}

const fieldOf = ({ fields }: Reply, name: string): string | undefined =>
  new RegExp(`^${name}: ([^\\r]*)\\r$`, "im").exec(fields)?.[1];
const textOf = ({ content }: Reply): string =>
  content === undefined ? "" : Buffer.concat((content as Content).segments as Buffer[]).toString();

/** What came back, in one line: status, and the location or the text. */
function shown(reply: Reply): string {
  const location = fieldOf(reply, "location");
  const text = textOf(reply);
  return `${reply.status} ${location ?? (text.startsWith("<!doctype html>") ? "page of the server" : text)}`;
}

const spellings = ["/caf%c3%a9", "/caf%C3%A9", "/café", "/%63af%C3%A9"];
for (const from of spellings) {
  test(`rules for ${from} are about that path, however it is asked for`, async (t) => {
    const users = { ada: `$2b$04$${"a".repeat(53)}` };
    const { ask } = makeHandler(t, {
      redirects: [{ from: `${from}/old`, to: "/new" }],
      rewrites: [{ from: `${from}/:page`, to: "/%61bout.html" }],
      headers: [
        { for: `${from}/*`, set: { "X-A": "b" } },
        { for: "/about.html", set: { "X-B": "c" } },
      ],
      auth: { for: [`${from}/private/*`], users },
    });
    for (const asked of ["/caf%c3%a9", "/caf%C3%A9", "/c%61f%c3%A9"]) {
      const redirect = await ask(`${asked}/old`);
      assert.equal(shown(redirect), "308 /new");
      assert.equal(fieldOf(redirect, "x-a"), "b");
      const rewritten = await ask(`${asked}/page`);
      assert.equal(shown(rewritten), "200 about");
      assert.equal(fieldOf(rewritten, "x-b"), "c");
      assert.equal((await ask(`${asked}/private/a`)).status, 401);
    }
  });
}

const rewritten: [site: Partial<SiteOptions>, to: string, answer: string][] = [
  [{ cleanUrls: true }, "/index.html", "200 home"],
  [{ cleanUrls: true }, "/about.html", "200 about"],
  [{ cleanUrls: true }, "/docs/index.html", "200 docs"],
  [{ cleanUrls: true, trailingSlash: "never" }, "/docs/index.html", "200 docs"],
  [{}, "/docs", "200 docs"],
  [{ trailingSlash: "never" }, "/docs/", "200 docs"],
  [{ mounts: { "/at": "docs" } }, "/at", "200 docs"],
  [{ cleanUrls: true, mounts: { "/at": "docs" } }, "/at/guide.html", "200 guide"],
  [{}, "/none", "404 lost"],
];
for (const [site, to, answer] of rewritten) {
  test(`a rewrite to ${to} shows that page, and redirects nobody, with ${JSON.stringify(site)}`, async (t) => {
    const folder = makeSite(t, FILES);
    const mounts = Object.fromEntries(
      Object.entries(site.mounts ?? {}).map(([path, name]) => [path, join(folder, name)]),
    );
    const rewrites = [
      { from: "/x", to },
      { from: "/y/*", to, onlyMissing: true },
    ];
    const { ask, clock } = makeHandler(t, { ...site, mounts, rewrites });
    for (const target of ["/x", "/x?a=b", "/y/z"]) {
      for (const lateMs of [0, 0, 5000]) {
        clock.ms += lateMs;
        assert.equal(shown(await ask(target)), answer);
      }
    }
  });
}

test("a rewrite to a path that a rule redirects leads where the rule does not", async (t) => {
  const rules = {
    redirects: [
      { from: "/docs", to: "/docs/" },
      { from: "/a", to: "/b" },
    ],
    rewrites: [{ from: "/x", to: "/docs" }],
  };
  const { ask } = makeHandler(t, rules);
  assert.equal(shown(await ask("/docs")), "308 /docs/");
  assert.equal(shown(await ask("/x")), "200 docs");
});

test("a header rule is for errors as far as it is not about the file", async (t) => {
  const headers = [
    { for: "/*", set: { "X-Frame-Options": "DENY" } },
    {
      for: "/a/*",
      set: { "Cache-Control": "public, max-age=31536000", "CDN-Cache-Control": "max-age=60", Expires: "0" },
    },
    { for: "/a/*.bin", set: { "Content-Type": "application/x-own", "Content-Disposition": "attachment" } },
    { for: "/b/*", set: { "Cache-Control": "no-store" } },
  ];
  const { ask } = makeHandler(t, { headers }, { ...FILES, "a/there.bin": "bytes" });
  const fieldsOf = async (target: string) => {
    const reply = await ask(target);
    const names = [
      "cache-control",
      "cdn-cache-control",
      "expires",
      "content-type",
      "content-disposition",
      "x-frame-options",
    ];
    return names.map((name) => fieldOf(reply, name));
  };
  const own = ["public, max-age=31536000", "max-age=60", "0", "application/x-own", "attachment", "DENY"];
  assert.deepEqual(await fieldsOf("/a/there.bin"), own);
  const lost = ["no-cache", undefined, undefined, "text/html; charset=utf-8", undefined, "DENY"];
  assert.deepEqual(await fieldsOf("/a/missing.bin"), lost);
  assert.deepEqual(await fieldsOf("/b/missing"), ["no-store", ...lost.slice(1)]);
});

test("a redirect to its own path in another spelling is none", async (t) => {
  const { ask } = makeHandler(t, {
    redirects: [
      { from: "/~ada/*", to: "/%7Eada/*" },
      { from: "/é", to: "/%c3%a9" },
    ],
  });
  assert.equal((await ask("/~ada/x")).status, 404);
  assert.equal((await ask("/%C3%A9")).status, 404);
});

const redirects = [
  { from: "/old", to: "/new" },
  { from: "/blog/:year/:slug", to: "/posts/:slug?from=:year", status: 301 as const },
  { from: "/out/*", to: "https://example.com/:splat" },
  { from: "/any/*", to: "/:splat" },
  { from: "/loop", to: "/loop" },
  { from: "/about.html", to: "/never", onlyMissing: true },
  { from: "/gone", to: "/", onlyMissing: true },
];
const rewrites = [
  { from: "/people/*", to: "/about.html" },
  { from: "/about.html", to: "/docs/guide.html", onlyMissing: true },
  { from: "/nowhere/*", to: "/docs/index.html", onlyMissing: true },
];
const clean = { cleanUrls: true };
const spa = { fallback: "/index.html" };

const rows: [site: Partial<SiteOptions>, target: string, expected: string, fields?: Fields][] = [
  [{ redirects }, "/old", "308 /new"],
  [{ redirects }, "/old?a=b", "308 /new?a=b"],
  [{ redirects }, "/%6fld", "308 /new"],
  [{ redirects }, "/blog/2026/hello?a=b", "301 /posts/hello?from=2026&a=b"],
  [{ redirects }, "/out/a/b", "308 https://example.com/a/b"],
  [{ redirects }, "/any/docs/", "308 /docs/"],
  [{ redirects }, "/loop", "404 lost"],
  [{ redirects }, "/about.html", "200 about"],
  [{ redirects }, "/gone", "308 /"],
  [{ rewrites }, "/people/ada", "200 about"],
  [{ rewrites }, "/about.html", "200 about"],
  [{ rewrites }, "/nowhere/at/all", "200 docs"],
  [clean, "/about", "200 about"],
  [clean, "/about.html?a=b", "301 /about?a=b"],
  [clean, "/docs/index.html", "301 /docs/"],
  [clean, "/index.html", "301 /"],
  [clean, "/index", "301 /"],
  [clean, "/docs/index?a=b", "301 /docs/?a=b"],
  [{ ...clean, rewrites: [{ from: "/start", to: "/index" }] }, "/start", "200 home"],
  [clean, "/docs/guide", "200 guide"],
  [clean, "/blog", "200 all posts"],
  [clean, "/about/", "301 /about"],
  [clean, "/missing.html", "404 lost"],
  [clean, "/app.js", "200 app"],
  [{}, "/about", "404 lost"],
  [{}, "/docs", "301 /docs/"],
  [{ trailingSlash: "never" }, "/docs/", "301 /docs"],
  [{ trailingSlash: "never" }, "/docs", "200 docs"],
  [{ trailingSlash: "never" }, "/", "200 home"],
  [{ trailingSlash: "never", ...clean }, "/docs/index.html", "301 /docs"],
  [{ trailingSlash: "ignore" }, "/docs", "200 docs"],
  [{ trailingSlash: "ignore" }, "/docs/", "200 docs"],
  [{ trailingSlash: "ignore", ...clean }, "/about/", "200 about"],
  [spa, "/users/jane.doe", "200 home", NAVIGATION],
  [spa, "/assets/missing.js", "404 lost", { "Sec-Fetch-Mode": "no-cors", Accept: "*/*" }],
  [spa, "/users/1", "404 lost", { Accept: "*/*" }],
  [spa, "/about.html", "200 about", NAVIGATION],
  [{ ...spa, ...clean }, "/users/1", "200 home", NAVIGATION],
  [{ fallback: "/about.html", ...clean }, "/users/1", "200 about", NAVIGATION],
  [{ maintenance: { page: "/closed.html" }, ...clean }, "/", "503 back soon"],
  [{ fallback: "/missing.html" }, "/users/1", "404 lost", NAVIGATION],
  [{ errorPages: { 404: "/about.html" } }, "/missing", "404 about"],
  [{ errorPages: {} }, "/missing", "404 page of the server"],
  [{ errorPages: { 404: "/none.html" } }, "/missing", "404 page of the server"],
  [{ maintenance: true }, "/", "503 page of the server"],
  [{ maintenance: { page: "/closed.html" } }, "/missing", "503 back soon"],
  [{ maintenance: { allow: ["192.0.2.0/24"] } }, "/", "200 home"],
  [{ allow: ["198.51.100.0/24"] }, "/", "403 page of the server"],
  [{ deny: ["198.51.100.0/24"] }, "/", "200 home"],
  [{ deny: ["192.0.2.0/24"], ...pages }, "/", "403 not you"],
  [{ maintenance: true, ...pages }, "/", "503 back soon"],
  [{ auth: { users: { ada: HASH } }, ...pages }, "/", "401 about"],
  [pages, "/%00", "400 guide"],
  [pages, "/.env", "404 post"],
  [{ errorPages: { 403: "/none.html" }, deny: ["192.0.2.0/24"] }, "/", "403 page of the server"],
];
for (const [site, target, expected, fields] of rows) {
  const asked = fields === undefined ? "" : ` with ${JSON.stringify(fields)}`;
  test(`createHandler(${JSON.stringify(site)}) answers ${target}${asked} with ${expected}, warm as well as cold`, async (t) => {
    const { ask, clock } = makeHandler(t, site);
    assert.equal(shown(await ask(target, fields)), expected);
    assert.equal(shown(await ask(target, fields)), expected);
    clock.ms += 1000;
    assert.equal(shown(await ask(target, fields)), expected);
  });
}

test("createHandler() serves mounts beside the root, each within itself", async (t) => {
  const docs = makeSite(t, { "index.html": "manual", "deep/index.html": "deep", "a.css": "sheet" });
  const { ask, clock } = makeHandler(t, { mounts: { "/docs": docs, "/docs/deep/er": docs } });
  for (let round = 0; round < 3; round++, clock.ms += 1000) {
    assert.equal(shown(await ask("/")), "200 home");
    assert.equal(shown(await ask("/docs/")), "200 manual");
    assert.equal(shown(await ask("/docs/a.css")), "200 sheet");
    assert.equal(shown(await ask("/docs/deep")), "301 /docs/deep/");
    assert.equal(shown(await ask("/docs/deep/er/a.css")), "200 sheet");
    assert.equal(shown(await ask("/docs/guide.html")), "404 lost");
    assert.equal(shown(await ask("/docsx")), "404 lost");
  }
});

test("createHandler() looks at the files of a mount in its own root when their plans grow old", async (t) => {
  const docs = makeSite(t, { "a.css": "first" });
  const { ask, clock } = makeHandler(t, { mounts: { "/docs": docs } }, { "a.css": "of the root" });
  assert.equal(shown(await ask("/docs/a.css")), "200 first");
  writeFileSync(join(docs, "a.css"), "second");
  clock.ms += 1000;
  assert.equal(shown(await ask("/docs/a.css")), "200 second");
  rmSync(join(docs, "a.css"));
  clock.ms += 1000;
  assert.equal((await ask("/docs/a.css")).status, 404);
});

test("createHandler() says of fingerprinted names that they never change, unless it is told not to", async (t) => {
  const { ask } = makeHandler(t, {});
  assert.equal(fieldOf(await ask("/assets/app-BxK3f9aZ.js"), "cache-control"), "public, max-age=31536000, immutable");
  assert.equal(fieldOf(await ask("/app.js"), "cache-control"), "no-cache");
  const off = makeHandler(t, { immutable: false });
  assert.equal(fieldOf(await off.ask("/assets/app-BxK3f9aZ.js"), "cache-control"), "no-cache");
});

test("createHandler() applies header rules to every reply for a path", async (t) => {
  const headers = [
    { for: "/*", set: { "X-Site": "a" } },
    { for: "/docs/*", set: { "Cache-Control": "max-age=60", "X-Content-Type-Options": null } },
  ];
  const { ask } = makeHandler(t, { headers });
  const page = await ask("/docs/guide.html");
  assert.equal(fieldOf(page, "x-site"), "a");
  assert.equal(fieldOf(page, "cache-control"), "max-age=60");
  assert.equal(fieldOf(page, "x-content-type-options"), undefined);
  const etag = fieldOf(page, "etag")!;
  const variants: [Fields, number][] = [
    [{ "If-None-Match": etag }, 304],
    [{ Range: "bytes=0-1" }, 206],
    [{ Range: "bytes=99-" }, 416],
    [{ "If-Match": '"other"' }, 412],
  ];
  for (const [fields, status] of variants) {
    const reply = await ask("/docs/guide.html", fields);
    assert.equal(reply.status, status);
    assert.equal(fieldOf(reply, "x-site"), "a", String(status));
  }
  for (const target of ["/missing", "/docs"]) assert.equal(fieldOf(await ask(target), "x-site"), "a", target);
});

test("createHandler() sends protective fields with everything, its own errors too", async (t) => {
  const { ask } = makeHandler(t, {
    securityHeaders: true,
    headers: [{ for: "/docs/*", set: { "X-Frame-Options": null } }],
  });
  for (const [target, method] of [
    ["/", "GET"],
    ["/missing", "GET"],
    ["/a%zz", "GET"],
    ["/", "POST"],
  ] as const) {
    assert.equal(fieldOf(await ask(target, {}, method), "x-frame-options"), "SAMEORIGIN", target);
  }
  assert.equal(fieldOf(await ask("/docs/guide.html"), "x-frame-options"), undefined);
});

test("createHandler() lets all origins read, or those that are named, and answers their preflight", async (t) => {
  const everyone = makeHandler(t, { cors: true });
  for (const target of ["/", "/missing"]) {
    assert.equal(fieldOf(await everyone.ask(target), "access-control-allow-origin"), "*");
  }
  const origin = "https://app.example";
  const named = makeHandler(t, { cors: { origins: [origin] } });
  for (const target of ["/", "/", "/missing", "/docs"]) {
    const allowed = await named.ask(target, { Origin: origin });
    assert.equal(fieldOf(allowed, "access-control-allow-origin"), origin);
    assert.match(allowed.fields, /^Vary: Origin\r$/m);
    const other = await named.ask(target, { Origin: "https://evil.example" });
    assert.equal(fieldOf(other, "access-control-allow-origin"), undefined);
    assert.match(other.fields, /^Vary: Origin\r$/m);
  }
  const preflight = await named.ask("/", { Origin: origin, "Access-Control-Request-Method": "GET" }, "OPTIONS");
  assert.equal(preflight.status, 204);
  assert.equal(fieldOf(preflight, "access-control-allow-origin"), origin);
});

const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString("base64")}` });

test("createHandler() asks for a password where it is told to, however the path is written", async (t) => {
  const { ask } = makeHandler(t, { auth: { users: { ada: HASH }, for: ["/private/*"] } });
  for (const target of [
    "/private/a.txt",
    "/%70rivate/a.txt",
    "/x/../private/a.txt",
    "/private/./a.txt",
    "/private/missing",
  ]) {
    const refused = await ask(target);
    assert.equal(refused.status, 401, target);
    assert.match(refused.fields, /WWW-Authenticate: Basic realm="restricted"/);
    assert.equal((await ask(target, basic("ada:donkey"))).status, 401, target);
  }
  for (let round = 0; round < 2; round++) {
    assert.equal(shown(await ask("/private/a.txt", basic("ada:horse"))), "200 secret");
  }
  assert.equal(shown(await ask("/")), "200 home");
});

const open: [site: Partial<SiteOptions>, target: string][] = [
  [{ trailingSlash: "ignore" }, "/docs"],
  [{ trailingSlash: "never" }, "/docs"],
  [{}, "/docs"],
  [{}, "/docs/"],
  [{}, "/DOCS/guide.html"],
  [{ cleanUrls: true }, "/docs/guide"],
  [{ cleanUrls: true }, "/docs/guide/"],
  [{ rewrites: [{ from: "/manual", to: "/docs/guide.html" }] }, "/manual"],
  [{ rewrites: [{ from: "/manual/*", to: "/docs/*", onlyMissing: true }] }, "/manual/guide.html"],
];
const chain: SiteOptions["rewrites"] = [
  { from: "/manual/*", to: "/handbook/*" },
  { from: "/handbook/*", to: "/docs/*", onlyMissing: true },
];
open.push([{ rewrites: chain }, "/manual/guide.html"]);
open.push([{ cleanUrls: true, rewrites: [{ from: "/manual", to: "/docs/guide.html" }] }, "/manual"]);
const protects = [["/docs/*"], ["/docs/index.html", "/docs/guide.html"], ["/Docs/*"]];
for (const [site, target] of open) {
  for (const paths of protects) {
    test(`createHandler(${JSON.stringify(site)}) asks for the password of ${paths} at ${target}`, async (t) => {
      const { ask } = makeHandler(t, { ...site, auth: { users: { ada: HASH }, for: paths } });
      assert.equal((await ask(target)).status, 401);
      assert.equal(shown(await ask("/app.js")), "200 app");
      assert.notEqual((await ask("/blog.html")).status, 401);
    });
  }
}

const elsewhere: [path: string, site: Partial<SiteOptions>, target: string][] = [
  ["/docs", {}, "/docs/"],
  ["/docs", {}, "/docs/index.html"],
  ["/docs/", {}, "/docs/index.html"],
  ["/docs", {}, "/Docs/INDEX.html"],
  ["/docs/guide", { cleanUrls: true }, "/docs/guide.html"],
  ["/docs/guide.html", {}, "/docs/guide.html.br"],
  ["/docs/*.html", {}, "/docs/guide.html.GZ"],
  ["/caf%C3%A9/*", {}, "/cafe%CC%81/a"],
  ["/CAFÉ/*", {}, "/caf%C3%A9/a"],
  ["/caf%c3%a9/:a", {}, "/CAF%C3%89/a"],
  ["/docs/*", {}, "/do%C2%ADcs/a"],
  ["/kelvin", {}, "/%E2%84%AAelvin"],
];
for (const [path, site, target] of elsewhere) {
  test(`createHandler(${JSON.stringify(site)}) asks for the password of ${path} at ${target}`, async (t) => {
    const { ask } = makeHandler(t, { ...site, auth: { users: { ada: HASH }, for: [path] } });
    assert.equal((await ask(target)).status, 401);
    assert.equal(shown(await ask("/app.js")), "200 app");
  });
}

test("createHandler() gives nobody a fallback page that asks for a password which the path does not", async (t) => {
  const auth = { users: { ada: HASH }, for: ["/private/*", "/docs/guide"] };
  const { ask } = makeHandler(t, { fallback: "/docs/guide.html", cleanUrls: true, auth });
  assert.equal(shown(await ask("/users/1", NAVIGATION)), "404 lost");
  assert.equal((await ask("/private/users/1", NAVIGATION)).status, 401);
  assert.equal(shown(await ask("/private/users/1", { ...NAVIGATION, ...basic("ada:horse") })), "200 guide");
});

for (const siteFiles of ["none", "netlify"] as const) {
  test(`createHandler() gives nobody the configuration of the server, with siteFiles: ${siteFiles}`, async (t) => {
    const secret = "$scrypt$…";
    const names = ["heddle.config.json", "sub/heddle.config.ts", "heddle.config.mjs.br", "HEDDLE.config.js"];
    const files = { "404.html": "lost", ...Object.fromEntries(names.map((name) => [name, secret])) };
    const mount = makeSite(t, { "heddle.config.json": secret, "a.txt": "a" });
    const { ask } = makeHandler(t, { siteFiles, listing: true, mounts: { "/m": mount } }, files);
    for (const name of [...names, "m/heddle.config.json"]) assert.equal(shown(await ask(`/${name}`)), "404 lost");
    assert.equal(shown(await ask("/m/", { Accept: "text/plain" })), "200 a.txt\n");
    assert.equal(shown(await ask("/", { Accept: "text/plain" })), "200 sub/\n404.html\n");
  });
}

test("createHandler() lets no shared cache keep what a password was asked for", async (t) => {
  const auth = { users: { ada: HASH }, for: ["/assets/*"] };
  const { ask } = makeHandler(t, { auth });
  const reply = await ask("/assets/app-BxK3f9aZ.js", basic("ada:horse"));
  assert.equal(fieldOf(reply, "cache-control"), "private, max-age=31536000, immutable");
});

const listed = { listing: true, headers: [{ for: "/*", set: { "X-A": "b" } }], securityHeaders: true };
test("createHandler() keeps the stricter policy of a listing beside the protective fields", async (t) => {
  const { ask } = makeHandler(t, listed);
  const { fields } = await ask("/private/", { Accept: "text/html" });
  assert.deepEqual(fields.match(/^Content-Security-Policy: .{18}/gim), ["Content-Security-Policy: default-src 'none'"]);
  assert.match(fields, /^X-Frame-Options: SAMEORIGIN\r$/m);
  assert.match((await ask("/")).fields, /^Content-Security-Policy: frame-ancestors 'self'\r$/m);
});

const always = { headers: [{ for: "/*", set: { "X-A": "b" } }], securityHeaders: true, ...pages };
const errors: [status: number, site: Partial<SiteOptions>, target: string, method: string][] = [
  [400, {}, "/%00", "GET"],
  [401, { auth: { users: { ada: HASH } } }, "/", "GET"],
  [403, { deny: ["192.0.2.0/24"] }, "/", "GET"],
  [404, {}, "/none", "GET"],
  [404, {}, "/.env", "GET"],
  [405, {}, "/", "POST"],
  [501, {}, "/", "BREW"],
  [503, { maintenance: true }, "/", "GET"],
  [503, { maintenance: { page: "/about.html" } }, "/", "GET"],
  [204, {}, "/", "OPTIONS"],
];
for (const [status, site, target, method] of errors) {
  test(`createHandler(${JSON.stringify(site)}) sends the site's fields with ${status}, too`, async (t) => {
    for (const errorPages of [{}, pages.errorPages!]) {
      const { ask } = makeHandler(t, { ...always, ...site, errorPages });
      const reply = await ask(target, {}, method);
      assert.equal(reply.status, status);
      assert.equal(fieldOf(reply, "x-a"), "b");
      assert.equal(fieldOf(reply, "x-frame-options"), "SAMEORIGIN");
      assert.equal(fieldOf(reply, "www-authenticate") !== undefined, status === 401);
      assert.equal(fieldOf(reply, "allow") !== undefined, status === 405 || status === 204);
      assert.equal(fieldOf(reply, "retry-after") !== undefined, status === 503);
    }
  });
}

const byFile: [target: string, site: Partial<SiteOptions>, isMatched: boolean][] = [
  ["/", {}, true],
  ["/docs/", {}, true],
  ["/about", { cleanUrls: true }, true],
  ["/app.js", {}, false],
  ["/docs", {}, false],
];
for (const [target, site, isMatched] of byFile) {
  test(`createHandler() ${isMatched ? "takes" : "does not take"} a rule for *.html for one about ${target}`, async (t) => {
    const { ask } = makeHandler(t, { ...site, headers: [{ for: "/*.html", set: { "X-A": "b" } }] });
    assert.equal(fieldOf(await ask(target), "x-a") !== undefined, isMatched);
  });
}

test("createHandler() keeps the bytes of a request that waits for its password", async (t) => {
  const { ask } = makeHandler(t, { auth: { users: { ada: HASH } } });
  const both = await Promise.all([ask("/about.html", basic("ada:horse")), ask("/app.js", basic("ada:horse"))]);
  assert.deepEqual(both.map(shown), ["200 about", "200 app"]);
});

test("createHandler() turns addresses away before it tells them anything", async (t) => {
  const { ask } = makeHandler(t, { deny: ["192.0.2.7"], cors: true });
  for (const method of ["GET", "POST", "OPTIONS"]) {
    assert.equal((await ask("/", {}, method, "192.0.2.7")).status, 403);
    assert.notEqual((await ask("/", {}, method, "192.0.2.8")).status, 403);
  }
});

test("createHandler() with etag content gives equal files equal tags, whatever their size and times", async (t) => {
  const large = "large ".repeat(60_000);
  const tags = await Promise.all(
    [1, 2].map(async (replica) => {
      const { root, ask, clock } = makeHandler(t, { etag: "content" }, { "a.bin": large, "a.txt": "small" });
      utimesSync(join(root, "a.bin"), replica * 1000, replica * 1000);
      const small = fieldOf(await ask("/a.txt"), "etag");
      const provisional = fieldOf(release(await ask("/a.bin")), "etag");
      for (;;) {
        clock.ms += 1000;
        const tag = fieldOf(release(await ask("/a.bin")), "etag");
        if (tag !== provisional) return [small, tag];
        await new Promise(setImmediate);
      }
    }),
  );
  assert.deepEqual(tags[0], tags[1]);
  assert.match(tags[0]?.[1] ?? "", /^"/);
});

/** Lets go of the file, as a transport does. */
function release(reply: Reply): Reply {
  (reply.content as Content).file?.release();
  return reply;
}
