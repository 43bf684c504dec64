// What users of other servers reported about static files, each as a test of ours. The name says whose complaint it
// was; "observed" means by running a release of it, "left out" that we do not do it either. What other tests show
// is in a table at the end.
import assert from "node:assert/strict";
import { readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { CODINGS, type Coding } from "../src/content/coding.ts";
import type { Encoded, Encoder, EncodingJob, EncodingSource } from "../src/content/encoder.ts";
import { EncodingQueue } from "../src/content/encoding-queue.ts";
import { opaqueOf } from "../src/content/validators.ts";
import type { SiteOptions } from "../src/features/site-options.ts";
import { createHandler } from "../src/handler.ts";
import type { Content, Reply } from "../src/http/message.ts";
import { precompressFolder } from "../src/precompress/precompress.ts";
import { Command } from "./support/command.ts";
import { makeRequest } from "./support/request.ts";
import { makeSite } from "./support/site.ts";

/** Longer than the blocks of a disk, in which some servers read. */
const LONG = "to the end ".repeat(10_000);

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
  "whole.css": "short",
  "whole.css.gz": LONG,
  _HEADERS: "SECRET",
  Staticfile: "root: public",
  "page.json": JSON.stringify("Every connection passes through a thread. ".repeat(100)),
};

function makeHandler(t: TestContext, site: Partial<SiteOptions> = {}) {
  const root = makeSite(t, FILES);
  const encoder = new CountingEncoder();
  const clock = { ms: Date.now() + 3_600_000 };
  const handler = createHandler({
    site: { root, ...site },
    revalidateMs: 1000,
    cacheLimitBytes: 2 ** 20,
    now: () => clock.ms,
    encoder,
    onError: (error) => assert.fail(error),
  });
  t.after(() => handler.close());
  const ask = (target: string, fields: Record<string, string> = {}, method = "GET"): Promise<Reply> =>
    Promise.resolve(handler.handle(makeRequest(method, target, fields), { address: "192.0.2.1" }));
  return { root, clock, encoder, ask };
}

/** What encodes in a server, without a thread of its own, and how often it had to. */
class CountingEncoder implements Encoder {
  readonly #queue = new EncodingQueue(2 ** 20, 2 ** 20);
  readonly jobs: string[] = [];

  encode(job: EncodingJob, source: EncodingSource): Promise<Encoded> {
    this.jobs.push(`${job.coding} ${job.effort}`);
    return this.#queue.encode(job, source);
  }
}

const fieldOf = ({ fields }: Reply, name: string): string | undefined =>
  new RegExp(`^${name}: ([^\\r]*)\\r$`, "im").exec(fields)?.[1];
const textOf = ({ content }: Reply): string =>
  content === undefined ? "" : Buffer.concat((content as Content).segments as Buffer[]).toString();

const lengthsOf = ({ content }: Reply): number[] =>
  (content as Content).segments.map((one) => (Buffer.isBuffer(one) ? one.length : one.end - one.start));
const bytesOf = ({ content }: Reply): Buffer => Buffer.concat((content as Content).segments as Buffer[]);
const decoders = { br: brotliDecompressSync, gzip: gunzipSync, zstd: zstdDecompressSync };

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
  reply?: Record<string, string | RegExp | undefined>;
}[] = [
  // Queries
  {
    who: "serve-handler #178 #232, serve #393 #834",
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
    who: "sirv, observed, srvx #275",
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
    reply: { "content-type": /^multipart\/byteranges; boundary=/ },
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
  { who: "serve, http-server, Deno, observed", what: ".env is not served", target: "/.env", status: 404 },
  {
    who: "Caddy, nginx",
    what: "names with a leading dot are not served in folders either",
    target: "/sub/.htpasswd",
    status: 404,
  },
  {
    who: "Caddy (hide is no boundary)",
    what: "however a dot is written, it hides",
    target: "/sub/%2Ehtpasswd",
    status: 404,
  },
  {
    who: "Caddy (hide is case-sensitive)",
    what: "what is hidden by its name is hidden in any case",
    site: { siteFiles: "netlify" },
    target: "/_HEADERS",
    status: 404,
  },
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
    who: "serve #809 #460, serve-handler #128, send #108",
    what: "precompressed files are served",
    target: "/app.css",
    fields: { "Accept-Encoding": "gzip, br" },
    status: 200,
    reply: { "content-encoding": "br" },
  },
  {
    who: "static-web-server #722",
    what: "a precompressed file is sent to its end",
    target: "/whole.css",
    fields: { "Accept-Encoding": "gzip" },
    status: 200,
    text: LONG,
    reply: { "content-encoding": "gzip" },
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
    who: "sirv (no ETag by default), serve (no Last-Modified), srvx #269",
    what: "there is an entity tag and a date",
    target: "/a.txt",
    status: 200,
    reply: { etag: /^"[^"]+"$/, "last-modified": /GMT$/ },
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
    site: { headers: [{ for: "/*.html", set: { "X-A": "b" } }] },
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
    who: "http-server #369 (by what is asked for), sirv (by the extension)",
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
  {
    who: "serve #565 (a redirected page is none that a service worker may keep)",
    what: "no page is redirected unasked",
    target: "/about.html",
    status: 200,
    text: "about",
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
      for (const [name, value] of Object.entries(reply)) {
        if (value instanceof RegExp) assert.match(fieldOf(found, name) ?? "", value, name);
        else assert.equal(fieldOf(found, name), value, name);
      }
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

const onDemand: [who: string, acceptEncoding: string, coding: Coding][] = [
  ["Caddy #525 #3704 #5194 #7699, nginx #397 #454, serve #543", "gzip, deflate, br", "br"],
  ["Bun #2726 #6903, nginx (text/html only)", "gzip", "gzip"],
  ["srvx, nginx (no zstd)", "gzip, zstd", "zstd"],
];
for (const [who, acceptEncoding, coding] of onDemand) {
  test(`${who}: ${coding} without sidecars or plugins`, async (t) => {
    const { ask } = makeHandler(t);
    const fields = { "Accept-Encoding": acceptEncoding };
    for (;;) {
      const reply = await ask("/page.json", fields);
      if (fieldOf(reply, "content-encoding") === coding) {
        assert.equal(decoders[coding](bytesOf(reply)).toString(), FILES["page.json"]);
        return;
      }
      await setImmediate();
    }
  });
}

test("fastify-compress #277: what was encoded is kept, and not encoded again for each request", async (t) => {
  const { ask, encoder, clock } = makeHandler(t);
  const fields = { "Accept-Encoding": "br" };
  while (fieldOf(await ask("/page.json", fields), "content-encoding") !== "br") await setImmediate();
  for (let count = 0; count < 10; count++) {
    clock.ms += 1000;
    assert.equal(fieldOf(await ask("/page.json", fields), "content-encoding"), "br");
    await setImmediate();
  }
  assert.deepEqual(encoder.jobs, ["br quick", "br best"]);
});

test("sirv #3: files are compressed before the server starts", async (t) => {
  const { root, ask, encoder } = makeHandler(t);
  await precompressFolder({
    root,
    codings: CODINGS,
    leastBytes: 1024,
    isDryRun: false,
    signal: new AbortController().signal,
    onPlan: () => {},
    onDone: () => {},
    onError: (name, error) => assert.fail(`${name}: ${error}`),
  });
  const reply = await ask("/page.json", { "Accept-Encoding": "br" });
  assert.equal(brotliDecompressSync(bytesOf(reply)).toString(), FILES["page.json"]);
  assert.deepEqual(encoder.jobs, []);
});

test("static-web-server #683 #684, left out: a sidecar does not stand for a file that is gone", async (t) => {
  const { root, ask } = makeHandler(t);
  writeFileSync(join(root, "lonely.css.gz"), "in gz");
  assert.equal((await ask("/lonely.css", { "Accept-Encoding": "gzip" })).status, 404);
  const itself = await ask("/lonely.css.gz", { "Accept-Encoding": "gzip" });
  assert.deepEqual([itself.status, fieldOf(itself, "content-encoding")], [200, undefined]);
});

for (const [size, sizeBytes] of [
  ["small", 1000],
  ["large", 300_000],
] as const) {
  test(`Caddy #5548 #5734 #7096 #7730: a ${size} file has the same tag on every replica, whatever its time and inode`, async (t) => {
    const content = Buffer.alloc(sizeBytes, "abc");
    for (const seconds of [1_000_000_000, 1_700_000_000]) {
      const { root, ask, clock } = makeHandler(t, { etag: "content" });
      writeFileSync(join(root, "a.bin"), content);
      utimesSync(join(root, "a.bin"), seconds, seconds);
      // A large file is hashed by another thread, and has a tag of its own until then.
      while (fieldOf(await ask("/a.bin", {}, "HEAD"), "etag") !== opaqueOf(content)) {
        clock.ms += 1000;
        await setImmediate();
      }
    }
  });
}

test("static-web-server #173: other content has another tag, though its time and its size are those of the former", async (t) => {
  const { root, ask, clock } = makeHandler(t);
  const before = fieldOf(await ask("/a.txt"), "etag");
  const { atime, mtime } = statSync(join(root, "a.txt"));
  writeFileSync(join(root, "a.txt"), "9876543210");
  utimesSync(join(root, "a.txt"), atime, mtime);
  clock.ms += 1000;
  const reply = await ask("/a.txt", { "If-None-Match": before! });
  assert.equal(reply.status, 200);
  assert.equal(textOf(reply), "9876543210");
  assert.notEqual(fieldOf(reply, "etag"), before);
});

test("sirv #72 #157: a new file is there without a restart", async (t) => {
  const { root, ask, clock } = makeHandler(t);
  assert.equal((await ask("/new.txt")).status, 404);
  writeFileSync(join(root, "new.txt"), "new");
  clock.ms += 1000;
  assert.equal(textOf(await ask("/new.txt")), "new");
});

test("koajs/static-cache #97: a file that was edited has its new length", async (t) => {
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
  utimesSync(join(root, "a.txt"), 1, 1);
  const reply = await ask("/a.txt");
  assert.match(fieldOf(reply, "etag") ?? "", /^"/);
  assert.equal(fieldOf(reply, "last-modified"), undefined);
});

test("sirv, http-server, observed, srvx #252: a link out of the root is not followed", async (t) => {
  const { root, ask } = makeHandler(t);
  symlinkSync("/etc/hostname", join(root, "outside"));
  assert.equal((await ask("/outside")).status, 404);
});

test("static-web-server #722: a large precompressed file is sent to its end", async (t) => {
  const { root, ask } = makeHandler(t);
  writeFileSync(join(root, "large.css"), "short");
  writeFileSync(join(root, "large.css.br"), Buffer.alloc(5_000_000));
  writeFileSync(join(root, "large.css"), Buffer.alloc(6_000_000));
  utimesSync(join(root, "large.css"), 1e9, 1e9);
  const reply = await ask("/large.css", { "Accept-Encoding": "br" });
  assert.equal(fieldOf(reply, "content-encoding"), "br");
  assert.deepEqual(lengthsOf(reply), [5_000_000]);
  (reply.content as Content).file?.release();
});

test("Caddy #4731: whatever else is said of a large file, it is sent from its descriptor", async (t) => {
  const { root, ask } = makeHandler(t, {
    headers: [{ for: "/*", set: { "X-A": "b" } }],
    cors: { origins: ["https://a.example"] },
    securityHeaders: true,
    etag: "content",
    allow: ["192.0.2.1"],
  });
  writeFileSync(join(root, "large.bin"), Buffer.alloc(5_000_000));
  const reply = await ask("/large.bin", { Origin: "https://a.example" });
  const [segment] = (reply.content as Content).segments;
  assert.equal(fieldOf(reply, "access-control-allow-origin"), "https://a.example");
  assert.ok(!Buffer.isBuffer(segment));
  assert.deepEqual(lengthsOf(reply), [5_000_000]);
  (reply.content as Content).file?.release();
});

test("serve, sirv, observed: a tag in a list, a weak one and a date are all conditions", async (t) => {
  const { ask } = makeHandler(t);
  const whole = await ask("/a.txt");
  const [tag, date] = [fieldOf(whole, "etag"), fieldOf(whole, "last-modified")];
  for (const value of [`${tag}`, `"other", ${tag}`, `W/${tag}`, "*"]) {
    assert.equal((await ask("/a.txt", { "If-None-Match": value })).status, 304, value);
  }
  assert.equal((await ask("/a.txt", { "If-Modified-Since": date! })).status, 304);
});

test("@fastify/static #569: precompressed files count in mounts, for index pages and behind rewrites", async (t) => {
  const files = { "index.html": "page", "index.html.br": "page in br" };
  const { ask } = makeHandler(t, {
    mounts: { "/other": makeSite(t, files) },
    rewrites: [{ from: "/from/*", to: "/other/" }],
  });
  for (const target of ["/other/", "/other/index.html", "/from/elsewhere"]) {
    assert.equal(textOf(await ask(target, { "Accept-Encoding": "br" })), "page in br", target);
  }
});

test("static-web-server #568, left out: a Staticfile is a file like any other", async (t) => {
  const { ask } = makeHandler(t, { siteFiles: "netlify" });
  assert.equal(textOf(await ask("/Staticfile")), FILES.Staticfile);
});

test("serve: nobody is asked for a newer version, nor anything else", async (t) => {
  const watch = `import net from "node:net"; import dns from "node:dns";
    net.Socket.prototype.connect = dns.resolve = globalThis.fetch = () => console.error("asks somebody");`;
  const command = new Command(t, [makeSite(t, FILES), "--host", "127.0.0.1", "--port", "0"], {
    nodeOptions: ["--import", `data:text/javascript,${encodeURIComponent(watch)}`],
  });
  await command.url();
  command.kill("SIGTERM");
  assert.equal(await command.ended(), 0);
  assert.equal(command.stderr, "");
});

test("serve #840 #665, occt-wasm #239: what is installed with the package is little, and runs nothing when it is", () => {
  const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as {
    packages: Record<string, { dev?: true; optional?: true; hasInstallScript?: true }>;
  };
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== "" && !dev);
  assert.deepEqual(
    installed.filter(([, { hasInstallScript }]) => hasInstallScript),
    [],
  );
  assert.ok(installed.length <= 12, installed.map(([path]) => path).join(", "));
});

test("serve-handler: a redirect never leads to another host", async (t) => {
  const { ask } = makeHandler(t, { redirects: [{ from: "/go/*", to: "/:splat" }] });
  for (const target of ["/go//evil.example", "/go/%2Fevil.example", "/go/\\evil.example", "//evil.example/.."]) {
    const location = fieldOf(await ask(target), "location");
    assert.ok(location === undefined || /^\/(?!\/)/.test(location), `${target} leads to ${location}`);
  }
});

/** What is about sockets, threads, listings or the command, and shown where those are tested. */
const elsewhere: [who: string, file: string, name: string][] = [
  ["sirv #151", "strange-files", "a file that grows while it is sent is sent to exactly the announced length"],
  [
    "koajs/static-cache #97",
    "strange-files",
    "a file that is truncated while it is sent ends the connection short of its length",
  ],
  [
    "Caddy (root is no sandbox)",
    "strange-files",
    "no link out of the root is followed, also when it is swapped in during the request",
  ],
  [
    "nginx (max_ranges)",
    "strange-files",
    "1,000 ranges of one file are never more than the file and the multipart framing",
  ],
  [
    "static-web-server (no time-outs)",
    "slow-clients",
    "2,000 idle connections and 200 slow ones do not keep good clients waiting",
  ],
  ["static-web-server #335", "threads", "close() cuts off what is not done when the grace is over"],
  ["static-web-server #335", "threads", "close() lets a download finish and closes idle connections"],
  [
    "static-web-server (SIGHUP does nothing)",
    "reread",
    "reads a program again, with what it imports, and keeps connections",
  ],
  ["nginx (reloads pile up workers)", "reload", "reload() under load costs no request and no connection"],
  ["nginx-gateway-fabric #5524", "reload", "reload() again and again keeps no descriptor and no memory"],
  [
    "static-web-server #135",
    "../src/content/previous-release",
    "keepPreviousRelease() finds fingerprinted files of the release before, for as long as it is kept",
  ],
  ["Caddy #4384 #2830", "zip", "a folder comes as one zip file, with all below it"],
  ["miniserve (zip files in memory)", "zip", "a file that vanishes before its turn cuts the zip file short"],
  [
    "miniserve #139",
    "listing-browser",
    "a listing loads without a problem, shows its pictures, and filters as one types",
  ],
  ["http-server #526 #974", "listing-browser", "a listing sorts by click"],
  ["http-server #360 #377", "site-files", "_redirects and _headers decide as they do where they come from"],
  [
    "http-server #139 #348",
    "../src/handler-rules",
    "createHandler() serves mounts beside the root, each within itself",
  ],
  ["http-server #665 #634 #502", "../src/handler", "createHandler() turns a mistake of ours into 500 and tells of it"],
  [
    "Deno (one worker ends all)",
    "threads",
    "a thread that is killed under load costs the requests in flight on it, and no other",
  ],
  ["Deno #25195 #26330 #25173", "threads", "createServer() serves with "],
  ["hotsauce #99 (caches differ between threads)", "../src/threads/encoder", "EncoderClient of several threads share"],
  ["fastify/help #964", "../src/content/planner", "Planner knows at once whether the plan of "],
  ["sirv (variables beat flags)", "cli", "heddle takes a flag before a variable"],
  [
    "serve (--no-port-switching does nothing)",
    "cli",
    "heddle says that a port it was asked for is in use, with status 1",
  ],
  ["serve #788", "package", "the package holds declarations and source maps, and no tests"],
];

for (const [who, file, name] of elsewhere) {
  test(`${who}: ${name} (${file})`, () => {
    const source = readFileSync(new URL(`${file}.test.ts`, import.meta.url), "utf8");
    assert.match(source, new RegExp(`^ *test\\(["\`][^"\`]*${RegExp.escape(name)}`, "m"));
  });
}
