// `_redirects`, `_headers` and `serve.json` as sites have them, on a server with real sockets: which of rules, files and
// fallback answers, in their order, and that nobody gets the files themselves.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createServer, type ServerEvent, type ServerOptions } from "../src/server.ts";
import { PASSWORD_HASH } from "./support/answers.ts";
import { basicCredentials } from "./support/credentials.ts";
import { RawClient } from "./support/raw-client.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const REDIRECTS = `
# the blog has moved, and its old posts keep their dates
/blog/:year/:month/:slug    /posts/:slug          301
/blog/*                     /posts/:splat         301!
/feed.xml                   /rss.xml              302!

# an old campaign, and the app below its own path
/summer                     https://shop.example/summer?from=web
/app/*                      /app/index.html       200

# a page that hides a file, and languages
/pricing                    /plans.html           200!
/en/*                       /:splat               200
/de/alt/*                   /de/neu/:splat        301

/api/*                      https://api.example/:splat  200
/*                          /index.html           200
`;

const HEADERS = `
/*
  Content-Security-Policy: default-src 'self'; img-src 'self' data:
  X-Frame-Options: DENY

/assets/*
  Cache-Control: public, max-age=600
`;

const FILES = {
  _redirects: REDIRECTS,
  _headers: HEADERS,
  "index.html": "home",
  "404.html": "lost",
  "plans.html": "plans",
  "pricing.html": "old pricing",
  "feed.xml": "old feed",
  "summer/index.html": "summer is here",
  "about/index.html": "about",
  "app/index.html": "app",
  "app/main.js": "main",
  "assets/site.css": "css",
  "blog/2019/05/kept/index.html": "a post that stayed",
  "de/alt/da.html": "noch da",
  "_redirects.gz": "coded",
};

const NAVIGATION = "Sec-Fetch-Mode: navigate\r\n";

const rows: [what: string, target: string, answer: string, fields?: string][] = [
  ["a forced redirect comes before its file", "/feed.xml?a=b", "302 /rss.xml?a=b"],
  [
    "a forced redirect comes before a missing one that stands above it",
    "/blog/2020/01/hello",
    "301 /posts/2020/01/hello",
  ],
  ["a forced redirect comes before the file below it", "/blog/2019/05/kept/", "301 /posts/2019/05/kept/"],
  ["a forced redirect takes its splat along, and what it has none of", "/blog", "301 /posts/"],
  ["a forced rewrite comes before files", "/pricing", "200 plans"],
  ["a file comes before a redirect for what is missing", "/summer/", "200 summer is here"],
  ["a file comes before a rewrite for what is missing", "/app/main.js", "200 main"],
  ["a file comes before a splat", "/de/alt/da.html", "200 noch da"],
  ["a redirect for what is missing comes before the fallback", "/de/alt/weg?x", "301 /de/neu/weg?x", NAVIGATION],
  ["a rewrite for what is missing comes before the fallback", "/app/users/1", "200 app", NAVIGATION],
  ["a rewrite for what is missing is for scripts, too", "/app/users/1", "200 app"],
  ["a language folder shows the page without it", "/en/about/", "200 about"],
  ["the fallback is for navigations", "/users/1", "200 home", NAVIGATION],
  ["the fallback is not for scripts", "/assets/missing.js", "404 lost", "Sec-Fetch-Mode: no-cors\r\n"],
  ["a proxy is none", "/api/users", "404 lost"],
  ["nobody gets _redirects", "/_redirects", "404 lost"],
  ["nobody gets _redirects in another spelling", "/%5Fredirects", "404 lost"],
  ["nobody gets _HEADERS", "/_HEADERS", "404 lost"],
  ["nobody gets what was compressed beside them", "/_redirects.gz", "404 lost"],
];

for (const transport of TRANSPORTS) {
  // Complaint: http-server #360 #377
  test(`${transport}: _redirects and _headers decide as they do where they come from`, async (t) => {
    const { ask, events } = await serve(t, FILES, { transport });
    for (const [what, target, answer, fields] of rows) {
      await t.test(what, async () => {
        for (const time of ["first", "planned"]) assert.equal((await ask(target, fields)).answer, answer, time);
      });
    }
    await t.test("what cannot be honoured is named, once for all threads", () => {
      const texts = events.flatMap((event) => (event.kind === "warning" ? [event.text] : []));
      assert.equal(texts.length, 1);
      assert.match(
        texts[0]!,
        /_redirects:16: "\/api\/\* https:\/\/api\.example\/:splat 200": proxies are not supported: heddle serves files only$/,
      );
    });
    await t.test("fields come with pages, redirects and what is missing", async () => {
      for (const target of ["/", "/feed.xml", "/none", "/en/about/"]) {
        const { fields } = await ask(target);
        assert.equal(fields.get("content-security-policy"), "default-src 'self'; img-src 'self' data:", target);
        assert.equal(fields.get("x-frame-options"), "DENY", target);
      }
      assert.equal((await ask("/assets/site.css")).fields.get("cache-control"), "public, max-age=600");
      assert.equal((await ask("/plans.html")).fields.get("cache-control"), "no-cache");
    });
  });
}

test("Cloudflare's rules let a redirect come before a file, with 302", async (t) => {
  const { ask } = await serve(t, { _redirects: "/a.html /b.html", "a.html": "a" }, { siteFiles: "cloudflare" });
  assert.equal((await ask("/a.html")).answer, "302 /b.html");
});

const CLOUDFLARE = `
/app/*          /app/index.html   200
/docs/          /docs/index
/q              /z?x=1
/hash           /z#a?b
/blog/new       /news             200
/blog/:y-:slug  /b/:y/:slug       301
/Talk:Main      /x
/both           /one
/both           /two
`;
const CLOUDFLARE_HEADERS = "/*\n  X-A: 1\n/q\n  X-A: 2\n  X-B: 2\n/q\n  X-C: 3\n  X-A: 3\n";
const cloudflare: [what: string, target: string, answer: string, fields?: string][] = [
  ["a loop hides no file", "/app/main.js", "200 main"],
  ["a loop is no rule for what is missing", "/app/none", "404", NAVIGATION],
  ["a loop is no redirect", "/docs/", "200 docs"],
  ["the query of a target replaces that of the visitor", "/q?x=2&y=3", "302 /z?x=1"],
  ["the visitor's query goes along where the target has none", "/hash?x=2", "302 /z?x=2#a?b"],
  ["a rewrite comes before a redirect below it", "/blog/new", "200 news"],
  ["a placeholder takes as much of a segment as it can", "/blog/2020-my-post", "301 /b/2020-my/post"],
  ["a placeholder may stand behind text", "/Talkative", "302 /x"],
  ["the first line for a path counts", "/both", "302 /one"],
];
for (const transport of TRANSPORTS) {
  test(`${transport}: Cloudflare's rules decide as they do there`, async (t) => {
    const files = {
      _redirects: CLOUDFLARE,
      _headers: CLOUDFLARE_HEADERS,
      "app/index.html": "app",
      "app/main.js": "main",
      "docs/index.html": "docs",
      "news/index.html": "news",
    };
    const { ask, events } = await serve(t, files, { transport, siteFiles: "cloudflare" });
    for (const [what, target, answer, fields] of cloudflare) {
      await t.test(what, async () => {
        for (const time of ["first", "planned"]) {
          assert.equal((await ask(target, fields)).answer.slice(0, answer.length), answer, time);
        }
      });
    }
    await t.test("blocks of fields join, and the last one for a path counts", async () => {
      const { fields } = await ask("/q");
      assert.deepEqual(
        ["x-a", "x-b", "x-c"].map((name) => fields.get(name)),
        ["1, 3", undefined, "3"],
      );
    });
    await t.test("what is ignored is named", () => {
      const texts = events.flatMap((event) => (event.kind === "warning" ? [event.text.replace(/^[^:]*\//, "")] : []));
      assert.deepEqual(
        texts.map((text) => /^_\w+:\d+/.exec(text)?.[0]),
        ["_redirects:2", "_redirects:3", "_redirects:10", "_headers:3"],
      );
    });
  });
}

test("siteFiles: none reads none of the files, and serves them as any other", async (t) => {
  const { ask, events } = await serve(t, { _redirects: "nonsense", "serve.json": "{" }, { siteFiles: "none" });
  assert.equal((await ask("/_redirects")).answer, "200 nonsense");
  assert.equal((await ask("/serve.json")).answer, "200 {");
  assert.deepEqual(events, []);
});

// Complaint: static-web-server #568 (left out)
test("a Staticfile is served as any other file", async (t) => {
  const { ask } = await serve(t, { Staticfile: "root: public" }, { siteFiles: "netlify" });
  assert.equal((await ask("/Staticfile")).answer, "200 root: public");
});

test("the configuration comes before the files", async (t) => {
  const options: Partial<ServerOptions> = {
    redirects: [{ from: "/a", to: "/own" }],
    headers: [{ for: "/*", set: { "X-A": "own" } }],
    fallback: "/own.html",
  };
  const files = { _redirects: "/a /file\n/* /file.html 200", _headers: "/*\n X-A: file", "own.html": "own" };
  const { ask } = await serve(t, files, options);
  assert.equal((await ask("/a")).answer, "308 /own");
  assert.equal((await ask("/", NAVIGATION)).answer, "200 own");
  assert.equal((await ask("/")).fields.get("x-a"), "own");
});

test("serve.json is read, its public folder served, and listings leave such files out", async (t) => {
  const json = { public: "dist", cleanUrls: false, directoryListing: true };
  const { ask } = await serve(t, {
    "serve.json": JSON.stringify(json),
    "outside.txt": "not served",
    "dist/_headers": "/*\n  X-A: b",
    "dist/a.html": "a",
    "dist/sub/_headers": "one of the site's own",
  });
  const listing = await ask("/", "Accept: text/plain\r\n");
  assert.equal(listing.answer, "200 sub/\na.html\n");
  assert.equal(listing.fields.get("x-a"), "b");
  assert.equal((await ask("/a.html")).answer, "200 a");
  assert.equal((await ask("/sub/_headers")).answer, "200 one of the site's own");
  assert.equal((await ask("/outside.txt")).answer.slice(0, 3), "404");
});

test("the rewrites of an application with serve.json show its page, whatever it calls it", async (t) => {
  const rewrites = [
    { source: "login", destination: "/index.html" },
    { source: "cases/*", destination: "/index.html" },
    { source: "help/:topic", destination: "/docs/:topic.html" },
  ];
  const { ask, events } = await serve(t, {
    "serve.json": JSON.stringify({ rewrites }),
    "index.html": "app",
    "docs/faq.html": "faq",
  });
  for (const path of ["/login", "/cases/1/2"]) assert.equal((await ask(path)).answer, "200 app");
  assert.equal((await ask("/help/faq")).answer, "200 faq");
  assert.equal((await ask("/docs/faq.html")).answer, "301 /docs/faq");
  assert.deepEqual(events, []);
});

test("the headers of serve.json are for the files that answer, whatever their paths are", async (t) => {
  const rule = (source: string, value: string) => ({ source, headers: [{ key: "X-A", value }] });
  const { ask, events } = await serve(t, {
    "serve.json": JSON.stringify({ headers: [rule("**/*.html", "page"), rule("about.html", "about")] }),
    "docs/index.html": "docs",
    "news.html": "news",
    "about.html": "about",
    "a.txt": "text",
  });
  const fields = ["/docs/", "/news", "/about", "/a.txt"].map(async (path) => (await ask(path)).fields.get("x-a"));
  assert.deepEqual(await Promise.all(fields), ["page", "page", "about", undefined]);
  assert.deepEqual(events, []);
});

for (const siteFiles of ["netlify", "cloudflare"] as const) {
  test(`${siteFiles}: a rule of _headers is about the path that is asked for, not about the file behind it`, async (t) => {
    const blocks = ["/blog/:slug", "/app/*", "/app.html", "/users/*", "/index.html", "/old"];
    const forced = siteFiles === "netlify" ? "200!" : "200";
    const { ask, events } = await serve(
      t,
      {
        _headers: blocks.map((path, index) => `${path}\n  X-${index}: yes\n`).join(""),
        _redirects: `/app/:page /app.html ${forced}\n/old /new 301\n/* /index.html 200`,
        "index.html": "home",
        "app.html": "app",
        "blog/index.html": "blog",
        "blog/a": "post",
      },
      { siteFiles },
    );
    const expected = {
      "/blog/": "",
      "/blog/a": "/blog/:slug",
      "/": "",
      "/index.html": "/index.html",
      "/app.html": "/app.html",
      "/app/x": "/app/*",
      "/app/y": "/app/*",
      "/users/1": "/users/*",
      "/elsewhere": "",
      "/old": "/old",
    };
    for (const time of ["first", "planned"]) {
      for (const [path, rule] of Object.entries(expected)) {
        const { fields } = await ask(path, NAVIGATION);
        const sent = blocks.filter((_, index) => fields.get(`x-${index}`) !== undefined);
        assert.equal(sent.join(), rule, `${path}, ${time}`);
      }
    }
    assert.equal((await ask("/app/z")).answer, "200 app");
    // Cloudflare's rules name the line for every path, which Cloudflare ignores.
    assert.equal(events.length, siteFiles === "netlify" ? 0 : 1);
  });
}

for (const siteFiles of ["netlify", "cloudflare"] as const) {
  test(`${siteFiles}: rules lead away from hidden paths as from missing ones`, async (t) => {
    const { ask, events } = await serve(
      t,
      {
        _redirects:
          "/.old/* /new/:splat 301\n/a/.b /c 302\n/.well-known/x /y 301\n/.page /private/page.html 200\n/:x/z /q 301",
        _headers: "/.old/*\n  X-A: 1",
        ".old/file": "hidden",
        "a/.b": "hidden",
        "private/page.html": "page",
      },
      { siteFiles, auth: { users: { ann: PASSWORD_HASH }, for: ["/private/*"] } },
    );
    const credentials = `Authorization: ${basicCredentials("ann:horse")}\r\n`;
    for (const time of ["first", "planned"]) {
      assert.equal((await ask("/.old/file?x=1")).answer, "301 /new/file?x=1", time);
      assert.equal((await ask("/%2Eold/file")).answer, "301 /new/file", time);
      assert.equal((await ask("/.old/file")).fields.get("x-a"), "1");
      assert.equal((await ask("/a/.b")).answer, "302 /c", time);
      assert.equal((await ask("/.well-known/x")).answer, "301 /y", time);
      assert.equal((await ask("/.git/z")).answer, "301 /q", time);
      assert.match((await ask("/.git/config")).answer, /^404/, time);
      // What a rewrite shows needs the password that it needs by its own path.
      assert.match((await ask("/.page")).answer, /^401/, time);
      assert.equal((await ask("/.page", credentials)).answer, "200 page", time);
    }
    // Hidden paths are refused, which is told; nothing else is.
    assert.deepEqual(
      events.filter(({ kind }) => kind !== "refused"),
      [],
    );
  });
}

for (const siteFiles of ["netlify", "cloudflare"] as const) {
  test(`${siteFiles}: where the files are read, a page has an address without .html, too`, async (t) => {
    const files = { "about.html": "about", "docs/index.html": "docs", "docs/a.html": "a" };
    const _redirects = "/a /about 200\n/d /docs 200\n/b /docs/:x 200\n/c/:x /docs/:x 200\n/r /about 301";
    const { ask, events } = await serve(t, { ...files, _redirects }, { siteFiles });
    const expected = {
      "/a": "200 about",
      "/d": "200 docs",
      "/c/a": "200 a",
      "/r": "301 /about",
      "/about": "200 about",
      "/about.html": "200 about",
      "/about/": "301 /about",
      "/docs/a": "200 a",
    };
    for (const [path, answer] of Object.entries(expected)) assert.equal((await ask(path)).answer, answer, path);
    assert.deepEqual(events, []);

    const headersOnly = await serve(t, { ...files, _headers: "/about\n  X-A: 1" }, { siteFiles });
    const { answer, fields } = await headersOnly.ask("/about");
    assert.deepEqual([answer, fields.get("x-a")], ["200 about", "1"]);
    const neither = await serve(t, files, { siteFiles });
    assert.match((await neither.ask("/about")).answer, /^404/);
    const off = await serve(t, { ...files, _redirects }, { siteFiles, cleanUrls: false });
    assert.match((await off.ask("/about")).answer, /^404/);
    const on = await serve(t, { ...files, _redirects }, { siteFiles, cleanUrls: true });
    assert.equal((await on.ask("/about.html")).answer, "301 /about");
  });
}

test("a page without .html needs the password of its file, also where nobody asked for clean paths", async (t) => {
  const files = { _headers: "", "about.html": "about" };
  const auth = { users: { ann: PASSWORD_HASH }, for: ["/about.html"] };
  const { ask } = await serve(t, files, { auth });
  for (const path of ["/about", "/about.html", "/about/"]) assert.match((await ask(path)).answer, /^401/, path);
});

test("a redirect never has two values of one name in its query: the target's stands", async (t) => {
  const { ask } = await serve(t, { _redirects: "/q /z?x=1\n/n/:id /item?id=:id\n/plain /z" });
  assert.equal((await ask("/q?x=2")).answer, "301 /z?x=1");
  assert.equal((await ask("/q?y=2&x=3&y=4")).answer, "301 /z?x=1&y=2&y=4");
  assert.equal((await ask("/n/7?%69d=8&b=9")).answer, "301 /item?id=7&b=9");
  assert.equal((await ask("/plain?x=1&x=2")).answer, "301 /z?x=1&x=2");
});

test("a redirect with a star ends at its own target", async (t) => {
  const { ask, events } = await serve(t, {
    _redirects: "/de/* /de/neu/:splat 302\n/* /soon.html 302!",
    "soon.html": "soon",
    a: "",
  });
  for (const time of ["first", "planned"]) {
    assert.equal((await ask("/a")).answer, "302 /soon.html", time);
    assert.equal((await ask("/soon.html")).answer, "200 soon", time);
  }
  assert.deepEqual(events, []);
  const prefixed = await serve(t, { _redirects: "/* /en/:splat 302", "en/a": "a" });
  assert.equal((await prefixed.ask("/a")).answer, "302 /en/a");
  assert.equal((await prefixed.ask("/en/a")).answer, "200 a");
  assert.match((await prefixed.ask("/en/b")).answer, /^404/);
});

test("the fallback page is not for paths of a line before its own", async (t) => {
  const { ask, events } = await serve(t, {
    _redirects: "api/* 200\n/docs/* /manual/:splat 200\n/old /new\n/* /index.html 200",
    "index.html": "home",
    "api/a.json": "{}",
    "manual/a": "manual",
  });
  for (const time of ["first", "planned"]) {
    assert.equal((await ask("/api/a.json", NAVIGATION)).answer, "200 {}", time);
    assert.match((await ask("/api/b", NAVIGATION)).answer, /^404/, time);
    assert.match((await ask("/api", NAVIGATION)).answer, /^404|^301 \/api\/$/, time);
    assert.equal((await ask("/docs/a", NAVIGATION)).answer, "200 manual", time);
    assert.match((await ask("/docs/b", NAVIGATION)).answer, /^404/, time);
    assert.equal((await ask("/old", NAVIGATION)).answer, "301 /new", time);
    assert.equal((await ask("/else", NAVIGATION)).answer, "200 home", time);
  }
  assert.deepEqual(events, []);
});

test("a file of a page wins over a rule for its address without .html", async (t) => {
  const { ask } = await serve(t, {
    _redirects: "/about /new\n/news /new 302!",
    "about.html": "about",
    "news.html": "",
  });
  assert.equal((await ask("/about")).answer, "200 about");
  assert.equal((await ask("/news")).answer, "302 /new");
});

test("a mounted folder is served whole: its files are not read", async (t) => {
  const mounted = makeSite(t, { _redirects: "/docs/a /b 301!", "serve.json": "{}" });
  const { ask } = await serve(t, { "index.html": "" }, { mounts: { "/docs": mounted } });
  assert.equal((await ask("/docs/serve.json")).answer, "200 {}");
  assert.equal((await ask("/docs/a")).answer.slice(0, 3), "404");
});

test("each host has the files of its root", async (t) => {
  const root = makeSite(t, { _redirects: "/a /of-the-host" });
  const { ask } = await serve(t, { _redirects: "/a /of-the-default" }, { sites: { "other.example": { root } } });
  assert.equal((await ask("/a")).answer, "301 /of-the-default");
  assert.equal((await ask("/a", "", "other.example")).answer, "301 /of-the-host");
});

test("a reload reads the files again", async (t) => {
  const { ask, events, server, root } = await serve(t, { _redirects: "/a /b" });
  assert.equal((await ask("/a")).answer, "301 /b");
  writeFileSync(join(root, "_redirects"), "/a /c 302\nnonsense");
  await server.reload({ root });
  assert.equal((await ask("/a")).answer, "302 /c");
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["warning"],
  );
});

test("a deployment that changes, brings or removes the files is followed", async (t) => {
  const { ask, events, root } = await serve(t, { _redirects: "/a /b", "index.html": "home" });
  const becomes = async (target: string, answer: string): Promise<void> => {
    while ((await ask(target)).answer !== answer);
  };
  await becomes("/a", "301 /b");
  writeFileSync(join(root, "_redirects"), "/a /c 302");
  await becomes("/a", "302 /c");
  rmSync(join(root, "_redirects"));
  writeFileSync(join(root, "serve.json"), '{"rewrites":[{"source":"/a","destination":"/index.html"}]}');
  await becomes("/a", "200 home");
  writeFileSync(join(root, "serve.json"), '{"public":"dist","redirects":[{"source":"/a","destination":"/d"}]}');
  mkdirSync(join(root, "dist"));
  writeFileSync(join(root, "dist", "_redirects"), "/b /e 307");
  await becomes("/a", "301 /d");
  await becomes("/b", "307 /e");
  writeFileSync(join(root, "dist", "_redirects"), "/b /f 307");
  await becomes("/b", "307 /f");
  assert.ok(events.every(({ kind }) => kind === "warning"));
});

test("a root that goes away keeps its rules, and that is said", async (t) => {
  const { ask, events, root } = await serve(t, { _redirects: "/a /b 301!" });
  renameSync(root, `${root}.gone`);
  t.after(() => rmSync(`${root}.gone`, { recursive: true }));
  while (events.length === 0) assert.equal((await ask("/a")).answer, "301 /b");
  const [event] = events;
  assert.match(
    event?.kind === "warning" ? event.text : "",
    /^files in a root have changed, but the old rules stay in use: /,
  );
});

const REFUSED = /^files in a root have changed, but the old rules stay in use: /;

/** Asks until the answer is this one. A test that never gets it is ended by its time limit. */
async function becomes(ask: Site["ask"], target: string, answer: string, host?: string): Promise<void> {
  while ((await ask(target, "", host)).answer !== answer);
}

/** Does something that has a reload refused, and waits until that is told. */
async function refuse({ events }: Pick<Site, "events">, change: () => void): Promise<void> {
  const told = events.length;
  change();
  while (events.length === told) await setImmediate();
  assert.match(events.at(-1)?.kind === "warning" ? (events.at(-1) as { text: string }).text : "", REFUSED);
}

const RETRY_LIMIT = { timeout: 60_000 };

test(
  "a root that is back without its rule files has no rules, and the refusal is told once",
  RETRY_LIMIT,
  async (t) => {
    const { ask, events, root } = await serve(t, { _redirects: "/a /b 301!", "index.html": "home" });
    t.after(() => rmSync(`${root}.gone`, { recursive: true }));
    await refuse({ events }, () => renameSync(root, `${root}.gone`));
    assert.equal((await ask("/a")).answer, "301 /b");
    mkdirSync(root);
    writeFileSync(join(root, "a"), "a file");
    await becomes(ask, "/a", "200 a file");
    assert.equal(events.length, 1);
  },
);

test("a link that leads nowhere for a moment gets the rules of its next target", RETRY_LIMIT, async (t) => {
  const releases = makeSite(t, { "1/_headers": "/*\n  X-A: b", "1/a": "1", "2/a": "2" });
  const current = join(releases, "current");
  symlinkSync("1", current);
  const { ask, events } = await serve(t, {}, { root: current });
  assert.equal((await ask("/a")).fields.get("x-a"), "b");
  await refuse({ events }, () => rmSync(current));
  symlinkSync("2", current);
  while ((await ask("/a")).fields.has("x-a"));
  assert.equal((await ask("/a")).answer, "200 2");
  assert.equal(
    events.filter(({ kind, ...event }) => kind === "warning" && REFUSED.test((event as { text: string }).text)).length,
    1,
  );
});

for (const missing of ["sites", "mounts"] as const) {
  test(
    `a change that is refused because a folder of the ${missing} is missing is made when that is back`,
    RETRY_LIMIT,
    async (t) => {
      const other = makeSite(t, { "index.html": "other" });
      t.after(() => rmSync(`${other}.gone`, { recursive: true }));
      const options =
        missing === "sites" ? { sites: { "other.example": { root: other } } } : { mounts: { "/o": other } };
      const { ask, events, root } = await serve(t, { _redirects: "/a /b 301!" }, options);
      renameSync(other, `${other}.gone`);
      const isTold = refuse({ events }, () => writeFileSync(join(root, "_redirects"), "/a /c 302!"));
      await isTold;
      assert.equal((await ask("/a")).answer, "301 /b");
      mkdirSync(other);
      await becomes(ask, "/a", "302 /c");
    },
  );
}

test(
  "a folder that serve.json names is served when it is built, and what lies around it never again",
  RETRY_LIMIT,
  async (t) => {
    const { ask, events, root } = await serve(t, { "serve.json": '{"public":"dist"}', "a.txt": "a source" });
    assert.equal(events.length, 1);
    mkdirSync(join(root, "dist"));
    writeFileSync(join(root, "dist", "b.txt"), "built");
    await becomes(ask, "/b.txt", "200 built");
    await refuse({ events }, () => rmSync(join(root, "dist"), { recursive: true }));
    assert.notEqual((await ask("/a.txt")).answer, "200 a source");
    mkdirSync(join(root, "dist"));
    writeFileSync(join(root, "dist", "_redirects"), "/c /d 302");
    await becomes(ask, "/c", "302 /d");
    assert.ok(!(await ask("/a.txt")).answer.startsWith("200"));
  },
);

test("rules that nobody may read are read once they may be", {
  ...RETRY_LIMIT,
  skip: process.getuid?.() === 0,
}, async (t) => {
  const { ask, root, events } = await serve(t, { "a.txt": "" });
  writeFileSync(join(root, "_redirects"), "/a /b", { mode: 0o000 });
  while (events.length === 0) await setImmediate();
  chmodSync(join(root, "_redirects"), 0o644);
  await becomes(ask, "/a", "301 /b");
});

test("reload() does not fall back from ./public to the folder around it", async (t) => {
  const folder = makeSite(t, { "public/a.txt": "public", "a.txt": "a source" });
  const server = createServer({ folder, host: "127.0.0.1", port: 0, threads: 1 });
  t.after(() => server.close());
  await server.listen();
  rmSync(join(folder, "public"), { recursive: true });
  await assert.rejects(server.reload({ cleanUrls: true }), { name: "OptionError" });
  mkdirSync(join(folder, "public"));
  await server.reload({ cleanUrls: true });
  assert.equal(server.options.root, join(folder, "public"));
});

type Site = Awaited<ReturnType<typeof serve>>;

async function serve(t: TestContext, files: Readonly<Record<string, string>>, options: Partial<ServerOptions> = {}) {
  const events: ServerEvent[] = [];
  const root = makeSite(t, files);
  const server = await startServer(t, { root, threads: 2, ...options, onEvent: (event) => events.push(event) });

  /** "200 body" or "301 location", with the fields. */
  async function ask(target: string, more = "", host = "localhost") {
    const client = await RawClient.open(server.port);
    try {
      client.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`);
      const { status, fields, body } = await client.response();
      return { answer: `${status} ${fields.get("location") ?? body.toString()}`, fields };
    } finally {
      client.close();
    }
  }
  return { ask, events, server, root };
}
