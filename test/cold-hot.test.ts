// The first answer for a path and all later ones are the same, byte for byte but for the date: on a server that keeps
// nothing in memory, where each answer is made from the file system, and on one that keeps everything.
import assert from "node:assert/strict";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { createServer, type Server, type ServerOptions } from "../src/server.ts";
import { RawClient } from "./support/raw-client.ts";
import { TRANSPORTS } from "./support/server.ts";
import { asGzip, asZstd, makeSite } from "./support/site.ts";

const TEXT = "<p>woven ".repeat(300);
const FILES: Record<string, string | Buffer> = {
  "index.html": TEXT,
  "index.html.br": "the page in br",
  "index.html.gz": asGzip("the page"),
  "about.html": "about",
  "empty.txt": "",
  "cloth.png": Buffer.alloc(5000, "cloth"),
  "logo.svgz": gzipSync("<svg/>"),
  "no.svgz": "<svg/>",
  "docs/index.html": "docs",
  "docs/guide.css": "p { color: red }".repeat(100),
  "docs/guide.css.zst": asZstd("the style"),
  "docs/old.js": "new",
  "docs/old.js.br": "older than its file",
  "caf\u00e9 bar/menu.txt": "menu",
  "bare/inside.txt": "inside",
  "large.txt": Buffer.alloc(300_000, "large "),
  "large.txt.br": Buffer.alloc(270_000, "br "),
  "medium.js": Buffer.alloc(100_000, "medium "),
  "assets/app-BxK3f9aZ.js": "hashed",
  "404.html": "<p>nothing is woven here",
};
const PATHS = [
  ...["/", "/index.html", "/about.html", "/about", "/empty.txt", "/cloth.png", "/docs", "/docs/", "/docs/guide.css"],
  ...["/docs/old.js", "/caf%C3%A9%20bar/menu.txt", "/bare", "/bare/", "/large.txt", "/medium.js", "/404.html"],
  ...[
    "/assets/app-BxK3f9aZ.js",
    "/logo.svgz",
    "/no.svgz",
    "/nothing",
    "/docs/nothing.css",
    "/moved/7",
    "/inner/guide.css",
    "/late/guide.css",
  ],
  ...["/.env", "/a//b", "/%2e%2e/x", "/docs/../about.html", "/about.html/x"],
];
const SITES: Readonly<Record<string, Partial<ServerOptions>>> = {
  plain: {},
  "with rules": {
    redirects: [{ from: "/moved/:id", to: "/docs/?id=:id" }],
    rewrites: [
      { from: "/inner/*", to: "/docs/*" },
      { from: "/late/*", to: "/docs/*", onlyMissing: true },
    ],
    headers: [{ for: "/docs/*", set: { "X-Loom": "7", "Cache-Control": "max-age=60" } }],
    securityHeaders: true,
  },
  "with clean paths": { cleanUrls: true },
  "with a fallback": { fallback: "/index.html", keepPreviousSeconds: 60 },
};

const requests = fc.record({
  path: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...PATHS) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 1e9 }).map((id) => `/scan/${id}.php`) },
  ),
  query: fc.constantFrom("", "", "?a=b"),
  method: fc.constantFrom("GET", "GET", "HEAD"),
  fields: fc
    .record({
      accept: fc.constantFrom("", "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n"),
      coding: fc.constantFrom(
        "",
        "Accept-Encoding: gzip, deflate, br, zstd\r\n",
        "Accept-Encoding: zstd;q=0.5, gzip\r\n",
        "Accept-Encoding: identity;q=0\r\n",
      ),
      condition: fc.constantFrom(
        "",
        "",
        "If-None-Match: *\r\n",
        'If-Match: "x"\r\n',
        "If-Modified-Since: Sun, 06 Nov 2044 08:49:37 GMT\r\n",
      ),
      range: fc.constantFrom("", "", "Range: bytes=2-9\r\n", "Range: bytes=999999-\r\n"),
    })
    .map(({ accept, coding, condition, range }) => accept + coding + condition + range),
});

for (const [what, site] of Object.entries(SITES)) {
  for (const transport of TRANSPORTS) {
    const garbage: (() => void)[] = [];
    let cold: Server;
    let hot: Server;
    let clients: RawClient[];

    before(async () => {
      const root = makeSite({ after: (remove) => garbage.push(remove as () => void) }, FILES);
      const longAgo = new Date("2026-01-02T03:04:05Z");
      for (const name of Object.keys(FILES)) utimesSync(join(root, name), longAgo, longAgo);
      const earlier = new Date("2025-01-02T03:04:05Z");
      utimesSync(join(root, "docs/old.js.br"), earlier, earlier);
      // What is compressed on demand comes later, by design.
      const options = { ...site, root, transport, host: "127.0.0.1", port: 0, threads: 1, compress: false };
      cold = createServer({ ...options, cacheLimitBytes: 0 });
      hot = createServer(options);
      await Promise.all([cold.listen(), hot.listen()]);
      clients = await Promise.all([cold, hot].map(({ port }) => RawClient.open(port)));
    });
    after(async () => {
      for (const client of clients) client.close();
      await Promise.all([cold.close({ graceMs: 0 }), hot.close({ graceMs: 0 })]);
      for (const remove of garbage) remove();
    });

    test(`a site ${what} answers cold what it answers hot, ${transport}`, async () => {
      await fc.assert(
        fc.asyncProperty(requests, async ({ path, query, method, fields }) => {
          const ask = async (client: RawClient): Promise<string> => {
            const { status, fields: lines, body } = await client.request(method, path + query, fields);
            const head = [...lines].filter(([name]) => name !== "date").map(([name, value]) => `${name}: ${value}`);
            return [status, ...head, body.toString("latin1")].join("\n");
          };
          const [one, two] = clients as [RawClient, RawClient];
          const first = await ask(two);
          assert.equal(await ask(one), first);
          assert.equal(await ask(two), first);
          assert.equal(await ask(one), first);
        }),
        { numRuns: 150 },
      );
    });
  }
}
