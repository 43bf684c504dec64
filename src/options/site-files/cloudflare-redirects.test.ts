// What each line leads to was found with the parser of wrangler 4.164.0 and the handler of @cloudflare/pages-shared
// 0.13.189; foreign/cloudflare.test.ts compares many more with the handler itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalPath } from "../../content/resolve.ts";
import { Routes } from "../../features/routes.ts";
import { REDIRECT_DEFAULTS, REWRITE_DEFAULTS } from "../defaults.ts";
import { readCloudflareRedirects } from "./cloudflare-redirects.ts";
import type { ForeignOptions } from "./foreign.ts";

const LOOP = "ignored, as by Cloudflare: without the /index that is taken off, the target leads to this line again";

/** "302 /x" for a redirect, "/x" for a rewrite, "-" for neither. */
function routesOf(site: ForeignOptions): (path: string) => string {
  const routes = new Routes(
    {
      redirects: (site.redirects ?? []).map((rule) => ({ ...REDIRECT_DEFAULTS, ...rule })),
      rewrites: (site.rewrites ?? []).map((rule) => ({ ...REWRITE_DEFAULTS, ...rule })),
    },
    (path) => canonicalPath(path) ?? path,
  );
  return (path) => {
    const redirect = routes.redirect(path, false);
    if (redirect !== undefined) return `${redirect.status} ${redirect.location}`;
    return routes.rewrite(path, false)?.to ?? "-";
  };
}

const rules = [
  ["/home /", { redirects: [{ from: "/home", to: "/", status: 302 }] }],
  ["old /new 301", { redirects: [{ from: "/old", to: "/new", status: 301 }] }],
  ["/trailing /trailing/ 301", { redirects: [{ from: "/trailing", to: "/trailing/", status: 301 }] }],
  ["/a/../b/./c /d", { redirects: [{ from: "/b/c", to: "/d", status: 302 }] }],
  [
    "/blog/* https://blog.example/:splat",
    { redirects: [{ from: "/blog/*", to: "https://blog.example/:splat", status: 302 }] },
  ],
  ["/a https://example.com", { redirects: [{ from: "/a", to: "https://example.com/", status: 302 }] }],
  ["/a ///example.com", { redirects: [{ from: "/a", to: "https://example.com/", status: 302 }] }],
  ["/a //example.com/b", { redirects: [{ from: "/a", to: "https://example.com/b", status: 302 }] }],
  [
    "/a https://münchen.example/ü",
    { redirects: [{ from: "/a", to: "https://xn--mnchen-3ya.example/%C3%BC", status: 302 }] },
  ],
  [
    "/a https://Example.com?b=c",
    { redirects: [{ from: "/a", to: "https://example.com/?b=c/", status: 302, query: "replace" }] },
  ],
  ["/a/:b https://:b.example.com/", { redirects: [{ from: "/a/:b", to: "https://:b.example.com/", status: 302 }] }],
  [
    "/p/:code/:name /p?code=:code&name=:name",
    { redirects: [{ from: "/p/:code/:name", to: "/p?code=:code&name=:name", status: 302, query: "replace" }] },
  ],
  ["/a /b#c?d", { redirects: [{ from: "/a", to: "/b#c?d", status: 302 }] }],
  ["/a /b? 302", { redirects: [{ from: "/a", to: "/b", status: 302 }] }],
  ["/blog-:slug.html /blog/:slug 200", { rewrites: [{ from: "/blog-:slug.html", to: "/blog/:slug" }] }],
  ["/a /b 200 # why", { rewrites: [{ from: "/a", to: "/b" }] }],
  ["/{a} /b{c}", { redirects: [{ from: "/%7Ba%7D", to: "/b%7Bc%7D", status: 302 }] }],
  ["/c++/(x) /y", { redirects: [{ from: "/c\\+\\+/\\(x\\)", to: "/y", status: 302 }] }],
  ["# nothing\r\n\r\n   # more", {}],
] as const;
for (const [text, site] of rules) {
  test(`readCloudflareRedirects() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(readCloudflareRedirects(text), { site, notes: [] });
  });
}

const decisions = [
  ["/a /b", { "/a": "302 /b", "/a/": "-", "/A": "-" }],
  ["/a/ /b", { "/a": "-", "/a/": "302 /b" }],
  ["/a/* /b/:splat", { "/a": "-", "/a/": "302 /b/", "/a/c/d": "302 /b/c/d" }],
  ["/a/*/z /t/:splat", { "/a/x/y/z": "302 /t/x/y", "/a/z": "-", "/a//z": "302 /t/" }],
  ["/a*.html /b:splat", { "/a.html": "302 /b", "/a/b.html": "302 /b/b" }],
  ["/*-x /:splat", { "/a-x": "302 /a", "/a-x-x": "302 /a-x" }],
  // A placeholder may stand anywhere in a segment, and takes as much of it as it can.
  ["/Talk:Main /x", { "/Talkative": "302 /x", "/Talk": "-", "/Talk:Main": "302 /x" }],
  ["/:y-:slug /:y/:slug", { "/2020-my-post": "302 /2020-my/post", "/2020": "-" }],
  ["/:a:b /:a/:b", { "/xyz": "302 /xy/z", "/x": "-" }],
  ["/:a* /n:a:splat", { "/xyz/1": "302 /nxyz/1", "/x": "302 /nx" }],
  ["/:a$:b /:b/:a", { "/x$y$z": "302 /z/x$y" }],
  ["/@:user/x /u/:user", { "/@ann/x": "302 /u/ann", "/@ann/y": "-" }],
  ["/:_x /y", { "/:_x": "302 /y", "/a": "-" }],
  ["/a/:1 /y", { "/a/:1": "302 /y", "/a/b": "-" }],
  // Names are replaced as text.
  ["/:year/:y /:year/:y", { "/2020/a": "-" }],
  ["/:year/:y /:years/:y", { "/2020/a": "302 /2020s/a" }],
  ["/:id /item/:idx/:other", { "/7": "302 /item/7x/:other" }],
  ["/a/* /b:splatter", { "/a/c": "302 /bcter" }],
  ["/a/* /*/:splat", { "/a/c": "302 /%2A/c" }],
  ["/:splat /x/:splat", { "/a": "302 /x/a", "/a/b": "-" }],
  // Lines apply in their order, whether they are redirects or rewrites.
  ["/b/new /n 200\n/b/* /m/:splat", { "/b/new": "/n", "/b/old": "302 /m/old" }],
  ["/b/:x/y.html /n/:x 200\n/b/* /m/:splat", { "/b/1/y.html": "/n/1", "/b/1/z": "302 /m/1/z" }],
  ["/b[1]/:x /n/:x 200\n/b* /m", { "/b%5B1%5D/a": "/n/a", "/b2": "302 /m" }],
  ["/a(b)%2A~/é/:x /n/:x 200\n/a* /m", { "/a(b)*~/%C3%A9/1": "/n/1", "/ab": "302 /m" }],
  ["/c /d\n/:a /e 200", { "/c": "302 /d", "/f": "/e" }],
] as const;
for (const [text, expected] of decisions) {
  test(`readCloudflareRedirects() leads where Cloudflare does with ${JSON.stringify(text)}`, () => {
    const { site, notes } = readCloudflareRedirects(text);
    assert.deepEqual(notes, []);
    assert.deepEqual(Object.keys(expected).map(routesOf(site)), Object.values(expected));
  });
}

const notes = [
  // Loops.
  ["/app/* /app/index.html 200", LOOP],
  ["/app/* /app/index 301", LOOP],
  ["/* /index 302", LOOP],
  ["/* /app/index.html 200", LOOP],
  ["/docs/ /docs/index.html", LOOP],
  ["/ /index.html 200", LOOP],
  ["/a/:b/ /b/index", LOOP],
  // What the parser refuses.
  ["/a", "found no target, wanted a path that begins with a slash, or an https:// address"],
  ["/x/* 200", "found no target, wanted a path that begins with a slash, or an https:// address"],
  ["/a b", "found no target, wanted a path that begins with a slash, or an https:// address"],
  ["/a http://example.com/", "found no target, wanted a path that begins with a slash, or an https:// address"],
  ["/a /b 301 Country=de", "found 4 words, wanted a path, a target and perhaps a status: Cloudflare has no conditions"],
  ["/a id=:id /b", "found no target, wanted a path that begins with a slash, or an https:// address"],
  ["/a /b 301!", "found the status 301!, wanted 200, 301, 302, 303, 307 or 308"],
  ["/a /b 404", "found the status 404, wanted 200, 301, 302, 303, 307 or 308"],
  ["/a /b permanent", "found the status permanent, wanted 200, 301, 302, 303, 307 or 308"],
  ["https://a.example/* /b", "rules for one host are not supported: a rule applies to the whole site"],
  ["http://a.example/* /b", "rules for one host are not supported: a rule applies to the whole site"],
  ["/api/* https://api.example/:splat 200", "proxies are not supported: heddle serves files only"],
  ["/a /b/.hidden 200", "the target has a name that begins with a dot, which is never served"],
  ["/go/* //:splat", "behind two slashes, browsers read a host, which a visitor could choose here"],
  ["/a //api.example/ 200", "proxies are not supported: heddle serves files only"],
  // What its matcher drops without a word.
  ["/a/*/b/* /c", "ignored, as by Cloudflare: a path can have only one * or :splat"],
  ["/**/x.html /c", "ignored, as by Cloudflare: a path can have only one * or :splat"],
  ["/:splat/* /c", "ignored, as by Cloudflare: a path can have only one * or :splat"],
  ["/:a/:a /b", "ignored, as by Cloudflare: the path has :a twice, perhaps as the beginning of a longer name"],
  ["/:y/:year /b", "ignored, as by Cloudflare: the path has :y twice, perhaps as the beginning of a longer name"],
  // What no request can reach here.
  ["//a /b", "never used: a path with two slashes side by side is 404 here"],
  ["/a\\b /c", "never used: no path here has a backslash or an encoded slash"],
  ["/a /a", "the rule redirects to itself; for slashes at the end, use the option trailingSlash"],
  ["/* /soon.html", "the rule redirects to itself; for slashes at the end, use the option trailingSlash"],
  ["/a https://a:b/", "found the host a:b, which no address can have"],
  [`/${"x".repeat(2000)} /`, "the line is longer than 2000 characters"],
] as const;
for (const [text, reason] of notes) {
  test(`readCloudflareRedirects() names ${JSON.stringify(text.slice(0, 60))}`, () => {
    const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
    assert.deepEqual(readCloudflareRedirects(`# first\n${text}`), {
      site: {},
      notes: [{ file: "_redirects", line: 2, text: shown, reason }],
    });
  });
}

const noted = [
  ["/a?x=1#y /b", [[1, "what follows ? or # in the path is ignored, as by Cloudflare"]], "302 /b"],
  ["/a /b?c 200", [[1, "the query of the target is ignored, because a rewrite leads to a file"]], "/b"],
  ["/* / 200", [[1, "every path of the site gets this page, also its scripts and images, as on Cloudflare"]], "/"],
  ["/a /b\n/a /c 301", [[2, "ignored, as by Cloudflare: line 1 is for the same path"]], "302 /b"],
  // A line that is refused later is still the first for its path.
  [
    "/a https://b.example/ 200\n/a /c",
    [
      [1, "proxies are not supported: heddle serves files only"],
      [2, "ignored, as by Cloudflare: line 1 is for the same path"],
    ],
    "-",
  ],
  ["/a /b 404\n/a /c", [[1, "found the status 404, wanted 200, 301, 302, 303, 307 or 308"]], "302 /c"],
  ["/* /b/:splat 200\n/a /c", [[2, "never used: line 1 already matches its paths"]], "/b/a"],
  ["/:x /b/\n/a /c", [[2, "never used: line 1 already matches its paths"]], "302 /b/"],
] as const;
for (const [text, expected, answer] of noted) {
  test(`readCloudflareRedirects() honours and names ${JSON.stringify(text)}`, () => {
    const read = readCloudflareRedirects(text);
    assert.deepEqual(
      read.notes.map(({ line, reason }) => [line, reason]),
      expected,
    );
    assert.deepEqual(routesOf(read.site)("/a"), answer);
  });
}

test("readCloudflareRedirects() makes the fallback of what Cloudflare ignores because it does so without a rule", () => {
  const { site, notes } = readCloudflareRedirects("/* /index.html 200\n/a /b");
  assert.deepEqual(site, { fallback: "/index.html", redirects: [{ from: "/a", to: "/b", status: 302 }] });
  assert.deepEqual(
    notes.map(({ line, reason }) => [line, reason]),
    [
      [
        1,
        "Cloudflare ignores this line as a loop, and serves /index.html for missing pages if there is no 404.html: here it is the fallback",
      ],
    ],
  );
});

test("readCloudflareRedirects() takes as many rules as Cloudflare does, 2,000 and 100 with wildcards", () => {
  const lines = Array.from({ length: 2150 }, (_, index) => `/old/${index}${index < 2000 ? "" : "/*"} /new/${index}`);
  const { site, notes } = readCloudflareRedirects(lines.join("\n"));
  assert.equal(site.redirects?.length, 2100);
  assert.deepEqual(
    notes.map(({ line }) => line),
    [2101],
  );
});
