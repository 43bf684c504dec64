import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTarget, pathPattern } from "../../features/patterns/pattern.ts";
import type { Dialect } from "./foreign.ts";
import { readNetlifyRedirects } from "./netlify-redirects.ts";

/** Where the first rule that matches sends each path: "-" where none does. */
function routes(text: string, paths: readonly string[], dialect?: Dialect): readonly string[] {
  const { site, notes } = readNetlifyRedirects(text, dialect);
  assert.deepEqual(notes, []);
  const rules = [...(site.redirects ?? []), ...(site.rewrites ?? [])].map(({ from, to }) => ({
    pattern: pathPattern(from),
    to,
  }));
  return paths.map((path) => {
    for (const { pattern, to } of rules) {
      const groups = pattern.match(path);
      if (groups !== undefined) return fillTarget(to, groups);
    }
    return "-";
  });
}

/** A rule for a path with and without a slash at its end. */
function both<Rule extends object>(from: string, rule: Rule): readonly (Rule & { readonly from: string })[] {
  return [
    { from, ...rule },
    { from: `${from}/`, ...rule },
  ];
}

const rules = [
  [
    "/home /",
    {
      redirects: [
        { from: "/home", to: "/", status: 301, onlyMissing: true },
        { from: "/home/", to: "/", status: 301, onlyMissing: true },
      ],
    },
  ],
  ["/my-post.php /my-post", { redirects: both("/my-post.php", { to: "/my-post", status: 301, onlyMissing: true }) }],
  ["/x.html /y 302!", { redirects: both("/x.html", { to: "/y", status: 302 }) }],
  [
    "/x.html\t\thttps://example.com:8080/y#part  307 # why",
    { redirects: both("/x.html", { to: "https://example.com:8080/y#part", status: 307, onlyMissing: true }) },
  ],
  [
    "/news/* /blog/:splat 308",
    { redirects: [{ from: "/news{/*}?", to: "/blog/:splat", status: 308, onlyMissing: true }] },
  ],
  [
    "/authors/céline.html /authors/über",
    { redirects: both("/authors/c%C3%A9line.html", { to: "/authors/%C3%BCber", status: 301, onlyMissing: true }) },
  ],
  ["/app/* /app/index.html 200", { rewrites: [{ from: "/app{/*}?", to: "/app/index.html", onlyMissing: true }] }],
  ["/app/* /app/index.html 200!", { rewrites: [{ from: "/app{/*}?", to: "/app/index.html" }] }],
  ["/* /index.html 200", { fallback: "/index.html" }],
  ["/* / 200", { fallback: "/index.html" }],
  ["/* /app/ 200", { fallback: "/app/index.html" }],
  ["/* /index.html 200!", { rewrites: [{ from: "/*", to: "/index.html" }] }],
  ["/* /v2/:splat 200", { rewrites: [{ from: "/*", to: "/v2/:splat", onlyMissing: true }] }],
  ["/* /oops.html 404", { errorPages: { "404": "/oops.html" } }],
  ["# nothing\r\n\r\n   # more", {}],
] as const;
for (const [text, site] of rules) {
  test(`readNetlifyRedirects() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(readNetlifyRedirects(text), { site, notes: [] });
  });
}

const matches = [
  ["/home /", { "/home": "/", "/home/": "/", "/home/x": "-", "/homes": "-" }],
  ["/news/* /blog/:splat", { "/news/a/b": "/blog/a/b", "/news/": "/blog/", "/news": "/blog/", "/newsroom": "-" }],
  [
    "/n/:m/:d /b/:d-:m.html",
    { "/n/12/24": "/b/24-12.html", "/n/12/24/": "/b/24-12.html", "/n/12": "-", "/n/1/2/3": "-" },
  ],
  ["/n/:id /item?id=:id", { "/n/7": "/item?id=7", "/n/a%20b": "/item?id=a%20b" }],
  ["/jobs/ninja* /jobs", { "/jobs/ninja": "/jobs", "/jobs/ninja-rockstar/2": "/jobs", "/jobs/": "-" }],
  ["/c++/* /cpp/:splat", { "/c++/x": "/cpp/x", "/c/x": "-" }],
  ["/a(b)/:x* /y", { "/a(b)/z": "/y", "/a(b)/z/z": "/y", "/ab/z": "-" }],
  ["/12:30 /noon", { "/12:30": "/noon", "/12": "-" }],
  ["/go/* https://example.com/:splat", { "/go//evil.example": "https://example.com//evil.example" }],
  ["/go/* /:splat", { "/go//evil.example/x": "/evil.example/x" }],
  ["/go/* /*/:splat", { "/go/x": "/%2A/x" }],
  ["/a/b /one\n/a/* /two", { "/a/b": "/one", "/a/b/": "/one", "/a/c": "/two" }],
] as const;
for (const [text, expected] of matches) {
  test(`readNetlifyRedirects() sends paths of ${JSON.stringify(text)} where Netlify does`, () => {
    assert.deepEqual(routes(text, Object.keys(expected)), Object.values(expected));
  });
}

const cloudflare = [
  ["/* /index.html 200", { fallback: "/index.html" }],
  ["/home /", { redirects: [{ from: "/home", to: "/", status: 302 }] }],
  ["/trailing /trailing/ 301", { redirects: [{ from: "/trailing", to: "/trailing/", status: 301 }] }],
  [
    "/blog/* https://blog.example/:splat",
    { redirects: [{ from: "/blog/*", to: "https://blog.example/:splat", status: 302 }] },
  ],
  [
    "/p/:code/:name /p?code=:code&name=:name",
    { redirects: [{ from: "/p/:code/:name", to: "/p?code=:code&name=:name", status: 302 }] },
  ],
  ["/blog-:slug.html /blog/:slug 200", { rewrites: [{ from: "/blog-:slug.html", to: "/blog/:slug" }] }],
] as const;
for (const [text, site] of cloudflare) {
  test(`readNetlifyRedirects() reads ${JSON.stringify(text)} as Cloudflare does`, () => {
    assert.deepEqual(readNetlifyRedirects(text, "cloudflare"), { site, notes: [] });
  });
}

test("readNetlifyRedirects() lets Cloudflare's splat stand in the middle", () => {
  const paths = ["/a/x/y/z", "/a/z", "/b"];
  assert.deepEqual(routes("/a/*/z /t/:splat", paths, "cloudflare"), ["/t/x/y", "-", "-"]);
});

const refused = [
  ["/a", "found no target, wanted a path or an http(s) address"],
  ["/a 301", "found no target, wanted a path or an http(s) address"],
  ["/a b 301", "found no target, wanted a path or an http(s) address"],
  ["a /b", "a path must begin with a slash"],
  ["/a /b/.hidden 200", "the target has a name that begins with a dot, which is never served"],
  ["/a /b permanent", "found the status permanent, wanted three digits"],
  ["/a /b 410", "the status 410 is not supported"],
  ["/store id=:id /blog/:id 301", "a rule matches only a path, not a query (id=:id)"],
  ["/a?x=1 /b", "a rule matches only a path, not a query or a fragment"],
  [
    "/ /anz 302 Country=au,nz Language=en",
    "conditions are not supported (Country, Language): a rule applies to all visitors",
  ],
  ["/admin/* /admin/:splat 200! Role=admin", "conditions are not supported (Role): a rule applies to all visitors"],
  ["/* /preview/:splat 302 Cookie=nf_ab", "conditions are not supported (Cookie): a rule applies to all visitors"],
  [
    "http://blog.example/* https://example.com/blog/:splat 301!",
    "rules for one host are not supported: a rule applies to the whole site",
  ],
  ["/api/* https://api.example/:splat 200", "proxies are not supported: heddle serves files only"],
  ["/hook /.netlify/functions/hook 200", "services of Netlify are not supported"],
  ["/a //evil.example", "the target begins with two slashes, which browsers read as another host"],
  ["/a https://münchen.example/", "write the host in ASCII (punycode)"],
  [
    "/en/* /en/404.html 404",
    "the status 404 is supported only for /*, because an error page applies to the whole site",
  ],
  ["/* /404.html 404!", "404! is not supported: existing files are always served"],
  ["/a/*/b/* /c", "a path can have only one *"],
  ["/:a/:a /b", "the path cannot be written as a URLPattern: /:a/:a{/}?"],
  ["/about /about/ 301", "the rule redirects to itself; for slashes at the end, use the option trailingSlash"],
  ["/* /soon.html 302!", "the rule redirects to itself; for slashes at the end, use the option trailingSlash"],
  [`/${"x".repeat(2000)} /`, "the line is longer than 2000 characters"],
] as const;
for (const [text, reason] of refused) {
  test(`readNetlifyRedirects() names ${JSON.stringify(text.slice(0, 60))}`, () => {
    const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
    assert.deepEqual(readNetlifyRedirects(`# first\n${text}`), {
      site: {},
      notes: [{ file: "_redirects", line: 2, text: shown, reason }],
    });
  });
}

const order = [
  ["/* /index.html 200\n/a /b", 2, "never used: line 1 already matches every path"],
  ["/a/* /x/:splat 200\n/a/b /c", 2, "never used: line 1 already matches its paths"],
  ["/a/* /x/:splat 200\n/a/:b /c", 2, "never used: line 1 already matches its paths"],
  ["/a/b.html /x 200\n/a/* /c", 2, "redirects apply before rewrites: this one also takes paths of line 1"],
  ["/a /b?c 200", 1, "the query of the target is ignored, because a rewrite leads to a file"],
] as const;
for (const [text, line, reason] of order) {
  test(`readNetlifyRedirects() names what order changes in ${JSON.stringify(text)}`, () => {
    const { notes } = readNetlifyRedirects(text);
    assert.deepEqual(
      notes.map((note) => [note.line, note.reason]),
      [[line, reason]],
    );
  });
}

test("readNetlifyRedirects() keeps what follows a line that it cannot honour", () => {
  const { site, notes } = readNetlifyRedirects("/ /fr 302 Language=fr\n/x.html /y\n");
  assert.equal(site.redirects?.length, 2);
  assert.equal(notes.length, 1);
});

test("readNetlifyRedirects() takes 2,000 rules and names where it stops", () => {
  const text = Array.from({ length: 2500 }, (_, index) => `/old/${index}.html /new/${index}`).join("\n");
  const { site, notes } = readNetlifyRedirects(text);
  // Each with and without a slash at the end.
  assert.equal(site.redirects?.length, 4000);
  assert.deepEqual(
    notes.map(({ line }) => line),
    [2001],
  );
});

test("readNetlifyRedirects() reads nothing of a file over 1 MiB", () => {
  const { site, notes } = readNetlifyRedirects(`/a /b\n${"#".repeat(1_048_576)}`);
  assert.deepEqual(site, {});
  assert.equal(notes[0]?.reason, "the file is larger than 1 MiB, so nothing of it is read");
});
