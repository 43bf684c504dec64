// What users of other servers reported about static files, each as a test of ours. The name says whose complaint it
// was; "observed" means by running a release of it. What needs sockets, sidecars or listings is in their tests.
import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { SiteOptions } from "../src/features/site-options.ts";
import { createHandler } from "../src/handler.ts";
import type { Content, Reply } from "../src/http/message.ts";
import { makeRequest } from "./support/request.ts";
import { makeSite } from "./support/site.ts";

const FILES = {
  "index.html": "home",
  "about.html": "about",
  "docs/index.html": "docs",
  "a.txt": "0123456789",
  "app.css": "the original",
  "app.css.br": "in br",
  "app.css.gz": "in gz",
  "assets/index-BxK3f9aZ.js": "hashed",
  "app.js": "not hashed",
  ".env": "SECRET",
  "sub/.htpasswd": "SECRET",
};

function makeHandler(t: TestContext, site: Partial<SiteOptions> = {}) {
  const root = makeSite(t, FILES);
  const clock = { ms: Date.now() + 3_600_000 };
  const handler = createHandler({
    site: { root, ...site },
    revalidateMs: 1000,
    cacheLimitBytes: 2 ** 20,
    now: () => clock.ms,
    onError: (error) => assert.fail(error),
  });
  t.after(() => handler.close());
  const ask = (target: string, fields: Record<string, string> = {}, method = "GET"): Promise<Reply> =>
    Promise.resolve(handler.handle(makeRequest(method, target, fields), { address: "192.0.2.1" }));
  return { root, clock, ask };
}

const fieldOf = ({ fields }: Reply, name: string): string | undefined =>
  new RegExp(`^${name}: ([^\\r]*)\\r$`, "im").exec(fields)?.[1];
const textOf = ({ content }: Reply): string =>
  content === undefined ? "" : Buffer.concat((content as Content).segments as Buffer[]).toString();

const NAVIGATION = { "Sec-Fetch-Mode": "navigate" };
const complaints: {
  who: string;
  what: string;
  site?: Partial<SiteOptions>;
  target: string;
  fields?: Record<string, string>;
  method?: string;
  status: number;
  /** Of the content. */
  text?: string | RegExp;
  /** Of the fields; undefined for one that must not be there. */
  reply?: Record<string, string | undefined>;
}[] = [
  // Queries
  {
    who: "serve-handler #178, serve #393 #834",
    what: "the redirect to a clean path keeps the query",
    site: { cleanUrls: true },
    target: "/about.html?a=b",
    status: 301,
    reply: { location: "/about?a=b" },
  },
  {
    who: "serve-handler #178",
    what: "the redirect to a folder keeps the query",
    target: "/docs?a=b",
    status: 301,
    reply: { location: "/docs/?a=b" },
  },
  {
    who: "static-web-server #709 #523",
    what: "a redirect rule keeps the query",
    site: { redirects: [{ from: "/old", to: "/new" }] },
    target: "/old?a=b",
    status: 308,
    reply: { location: "/new?a=b" },
  },
  // Ranges
  {
    who: "http-server, observed",
    what: "bytes=-N is the last N bytes, and not 416",
    target: "/a.txt",
    fields: { Range: "bytes=-3" },
    status: 206,
    text: "789",
  },
  {
    who: "sirv, observed",
    what: "bytes=-N is the last N bytes, and not the first",
    target: "/a.txt",
    fields: { Range: "bytes=-5" },
    status: 206,
    text: "56789",
  },
  {
    who: "send #114, serve, sirv, http-server",
    what: "several ranges come as multipart/byteranges",
    target: "/a.txt",
    fields: { Range: "bytes=0-1,8-9" },
    status: 206,
    text: /01\r\n[\s\S]*89\r\n/,
    reply: { "content-length": undefined },
  },
  {
    who: "serve, observed",
    what: "If-Range with another tag gives the whole",
    target: "/a.txt",
    fields: { Range: "bytes=0-1", "If-Range": '"other"' },
    status: 200,
    text: "0123456789",
  },
  // Methods
  {
    who: "serve, sirv, observed",
    what: "POST to a file is 405, and says what is allowed",
    target: "/a.txt",
    method: "POST",
    status: 405,
    reply: { allow: "GET, HEAD, OPTIONS" },
  },
  // Secrets
  { who: "serve, http-server, observed", what: ".env is not served", target: "/.env", status: 404 },
  {
    who: "Caddy, nginx",
    what: "names with a leading dot are not served in folders either",
    target: "/sub/.htpasswd",
    status: 404,
  },
  { who: "Caddy (hide is case-sensitive)", what: "however a dot is written, it hides", target: "/%2Eenv", status: 404 },
  { who: "srvx #233", what: "no path climbs out of the root", target: "/%2e%2e/%2e%2e/etc/passwd", status: 400 },
  // Codings
  {
    who: "sirv, observed",
    what: "br;q=0 gets no br",
    target: "/app.css",
    fields: { "Accept-Encoding": "br;q=0, gzip" },
    status: 200,
    text: "in gz",
    reply: { "content-encoding": "gzip" },
  },
  {
    who: "http-server, observed",
    what: "deflate gets no gzip",
    target: "/app.css",
    fields: { "Accept-Encoding": "deflate" },
    status: 200,
    text: "the original",
    reply: { "content-encoding": undefined },
  },
  {
    who: "nginx (gzip_vary off), @fastify/static #586, http-server",
    what: "a reply that could have another coding says Vary",
    target: "/app.css",
    status: 200,
    reply: { vary: "Accept-Encoding" },
  },
  {
    who: "serve #809, serve-handler #128, send #108",
    what: "precompressed files are served",
    target: "/app.css",
    fields: { "Accept-Encoding": "gzip, br" },
    status: 200,
    reply: { "content-encoding": "br" },
  },
  {
    who: "static-web-server #722",
    what: "a range of a precompressed file is a range of the coded bytes",
    target: "/app.css",
    fields: { "Accept-Encoding": "br", Range: "bytes=3-4" },
    status: 206,
    text: "br",
    reply: { "content-range": "bytes 3-4/5" },
  },
  // Caching
  {
    who: "http-server #829 #407 #337 #287 #149",
    what: "nothing is kept unasked that may change",
    target: "/index.html",
    status: 200,
    reply: { "cache-control": "no-cache" },
  },
  {
    who: "static-web-server #135",
    what: "a script without a fingerprint is not kept for a year",
    target: "/app.js",
    status: 200,
    reply: { "cache-control": "no-cache" },
  },
  {
    who: "srvx #156, sirv #152",
    what: "a fingerprinted name is immutable",
    target: "/assets/index-BxK3f9aZ.js",
    status: 200,
    reply: { "cache-control": "public, max-age=31536000, immutable" },
  },
  {
    who: "sirv (no ETag by default)",
    what: "there is an entity tag and a date",
    target: "/a.txt",
    status: 200,
    reply: { "accept-ranges": "bytes" },
  },
  // Paths
  {
    who: "static-web-server #615, http-server #351",
    what: "/about is answered with about.html",
    site: { cleanUrls: true },
    target: "/about",
    status: 200,
    text: "about",
  },
  {
    who: "static-web-server #228",
    what: ".html is taken away",
    site: { cleanUrls: true },
    target: "/about.html",
    status: 301,
    reply: { location: "/about" },
  },
  {
    who: "static-web-server #332",
    what: "header rules are for index pages too",
    site: { headers: [{ for: "/docs/*", set: { "X-A": "b" } }] },
    target: "/docs/",
    status: 200,
    reply: { "x-a": "b" },
  },
  {
    who: "http-server #377",
    what: "rewrites",
    site: { rewrites: [{ from: "/x/*", to: "/about.html" }] },
    target: "/x/y",
    status: 200,
    text: "about",
  },
  {
    who: "@fastify/static (redirect off)",
    what: "a folder without its slash is redirected, not missing",
    target: "/docs",
    status: 301,
  },
  // Applications of one page
  {
    who: "http-server #369",
    what: "a navigation gets the page of the application",
    site: { fallback: "/index.html" },
    target: "/users/jane.doe",
    fields: NAVIGATION,
    status: 200,
    text: "home",
  },
  {
    who: "static-web-server, serve -s",
    what: "a missing script stays missing",
    site: { fallback: "/index.html" },
    target: "/app.123.js",
    fields: { "Sec-Fetch-Mode": "no-cors", Accept: "*/*" },
    status: 404,
  },
  // Security
  {
    who: "Deno (CORS on by default)",
    what: "no other origin may read unless it is told so",
    target: "/a.txt",
    status: 200,
    reply: { "access-control-allow-origin": undefined },
  },
  {
    who: "static-web-server v3 (HSTS over cleartext)",
    what: "protective fields have no HSTS over cleartext",
    site: { securityHeaders: true },
    target: "/a.txt",
    status: 200,
    reply: { "strict-transport-security": undefined, "x-frame-options": "SAMEORIGIN" },
  },
];

for (const { who, what, site, target, fields, method, status, text, reply = {} } of complaints) {
  test(`${who}: ${what}`, async (t) => {
    const { ask } = makeHandler(t, site);
    // Cold and warm: many of these were mistakes of caches.
    for (let round = 0; round < 2; round++) {
      const found = await ask(target, fields, method);
      assert.equal(found.status, status);
      if (typeof text === "string") assert.equal(textOf(found), text);
      if (text instanceof RegExp) assert.match(textOf(found), text);
      for (const [name, value] of Object.entries(reply)) assert.equal(fieldOf(found, name), value, name);
    }
  });
}

test("serve: each coding has an entity tag of its own", async (t) => {
  const { ask } = makeHandler(t);
  const tags = await Promise.all(
    ["br", "gzip", "identity"].map(async (coding) =>
      fieldOf(await ask("/app.css", { "Accept-Encoding": coding }), "etag"),
    ),
  );
  assert.equal(new Set(tags).size, 3);
});

test("sirv #72: a new file is there without a restart", async (t) => {
  const { root, ask, clock } = makeHandler(t);
  assert.equal((await ask("/new.txt")).status, 404);
  writeFileSync(join(root, "new.txt"), "new");
  clock.ms += 1000;
  assert.equal(textOf(await ask("/new.txt")), "new");
});

test("koajs/static-cache #97, sirv #151: a file that was edited has its new length", async (t) => {
  const { root, ask, clock } = makeHandler(t);
  await ask("/a.txt");
  writeFileSync(join(root, "a.txt"), "longer than it was before");
  clock.ms += 1000;
  const reply = await ask("/a.txt");
  assert.equal((reply.content as Content).length, 25);
  assert.equal(textOf(reply), "longer than it was before");
});

test("Caddy #5546, Nix: a file of 1970 has an entity tag and no date", async (t) => {
  const { root, ask } = makeHandler(t);
  const { utimesSync } = await import("node:fs");
  utimesSync(join(root, "a.txt"), 1, 1);
  const reply = await ask("/a.txt");
  assert.match(fieldOf(reply, "etag") ?? "", /^"/);
  assert.equal(fieldOf(reply, "last-modified"), undefined);
});

test("sirv, http-server, observed: a link out of the root is not followed", async (t) => {
  const { root, ask } = makeHandler(t);
  symlinkSync("/etc/hostname", join(root, "outside"));
  assert.equal((await ask("/outside")).status, 404);
});

test("serve-handler: a redirect never leads to another host", async (t) => {
  const { ask } = makeHandler(t, { redirects: [{ from: "/go/*", to: "/:splat" }] });
  for (const target of ["/go//evil.example", "/go/%2Fevil.example", "/go/\\evil.example", "//evil.example/.."]) {
    const location = fieldOf(await ask(target), "location");
    assert.ok(location === undefined || /^\/(?!\/)/.test(location), `${target} leads to ${location}`);
  }
});
