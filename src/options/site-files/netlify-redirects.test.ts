import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTarget, pathPattern } from "../../features/patterns/pattern.ts";
import { readNetlifyRedirects } from "./netlify-redirects.ts";

/** Where the first rule that matches sends each path: "-" where none does. */
function routes(text: string, paths: readonly string[]): readonly string[] {
  const { site, notes } = readNetlifyRedirects(text);
  assert.deepEqual(notes, []);
  const rules = [...(site.redirects ?? []), ...(site.rewrites ?? [])].map((rule) => ({
    pattern: pathPattern(rule.from),
    to: rule.to,
    except: "except" in rule ? rule.except : undefined,
  }));
  return paths.map((path) => {
    for (const { pattern, to, except = "\0" } of rules) {
      const groups = pattern.match(path);
      if (groups !== undefined) return path.startsWith(except) ? "-" : fillTarget(to, groups);
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
  ["old /new", { redirects: both("/old", { to: "/new", status: 301, onlyMissing: true }) }],
  ["/x/* 200", { rewrites: [{ from: "/x{/*}?", to: "/x/:splat", onlyMissing: true }] }],
  [
    "/x/* 200!\n/y /z 200\n/* /index.html 200",
    {
      rewrites: [
        { from: "/x{/*}?", to: "/x/:splat", onlyMissing: true, hasFallback: false },
        ...both("/y", { to: "/z", onlyMissing: true, hasFallback: false }),
      ],
      fallback: "/index.html",
    },
  ],
  ["/*/ /app.html 200", { fallback: "/app.html" }],
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
  ["/12:30 /noon", { "/12:30": "/noon", "/12": "-" }],
  ["/go/* https://example.com/:splat", { "/go//evil.example": "https://example.com//evil.example" }],
  ["/go/* /:splat", { "/go//evil.example/x": "/evil.example/x" }],
  ["/go/* /*/:splat", { "/go/x": "/%2A/x" }],
  // What each leads to was found with netlify-redirector 0.5.0.
  ["/8.0.0 /x", { "/8.0.0": "/x", "/8.0.0/": "/x", "/8x0.0": "-" }],
  ["/Talk:Main /x", { "/Talk:Main": "/x", "/Talkative": "-", "/Talk": "-" }],
  ["/a/x:b /d/:b", { "/a/x1": "-", "/a/x:b": "/d/:b" }],
  ["/n/: /x", { "/n/:": "/x", "/n/7": "-" }],
  ["/:user-name/:1/:é /:user-name/:1/:é", { "/ann/b/c": "/ann/b/c" }],
  ["/:a/:a /c/:a", { "/x/y": "/c/x" }],
  ["/n/:splat/* /x/:splat", { "/n/7/8": "/x/7" }],
  ["/n/*/:splat /x/:splat", { "/n/7/8/9": "/x/7/8" }],
  ["/n/:id /:idx/:id/:i", { "/n/7": "/7x/7/:i" }],
  ["/:a/:ab /x/:ab/:a", { "/1/2": "/x/1b/1" }],
  ["/:ab/:a /x/:ab/:a", { "/1/2": "/x/1/2" }],
  ["/:year/:month /archive/:year_:month", { "/2020/05": "/archive/2020_05" }],
  ["/x/* /b/:splats/:splat_", { "/x/a": "/b/as/a_" }],
  ["/a/*/b /c/:splat", { "/a/x/b": "/c/x", "/a/x/y/b/": "/c/x/y", "/a/b": "/c/", "/a/": "-", "/ab": "-" }],
  ["/*/index.html /:splat/", { "/a/b/index.html": "/a/b/", "/index.html": "/" }],
  ["/x/*/:y /b/:splat/:y", { "/x/1/2/3": "/b/1/2/3", "/x/1": "/b/1", "/x/1/": "/b/1", "/x": "-" }],
  ["/x/*/y/* /b/:splat", { "/x/1/y/2/y/3": "/b/1/y/2", "/x/1/y": "/b/1" }],
  ["/*/* /x/:splat", { "/n/7/8": "/x/n/7/8" }],
  ["/a* /c/:splat", { "/a": "/c/", "/ab/c": "/c/b/c", "/a/b": "/c/b", "/b": "-" }],
  ["/a*/b /x/:splat", { "/ac/d/b": "/x/c/d", "/a/d/b": "/x/d", "/a/b": "/x/", "/ab": "-" }],
  ["/a/*/ /x/:splat", { "/a": "/x/", "/a/b/": "/x/b/" }],
  ["/:x/ /b", { "/": "-", "/x": "/b", "/x/": "/b", "/x/y": "-" }],
  ["/ /b", { "/": "/b", "/a": "-" }],
  ["* /b", { "/": "/b", "/a/b": "/b" }],
  ["*/x /b", { "/a/x": "/b" }],
  // A rule with a star is not for paths that begin as its target does.
  ["/* /en/:splat", { "/x": "/en/x", "/en/x": "-", "/en": "-", "/enx": "-" }],
  ["/a/* /a/b/:splat\n/a/b/:x /x/:x", { "/a/b/c": "-" }],
  ["/* /soon.html 302!", { "/": "/soon.html", "/soon.html": "-" }],
  ["/a/* /a/b/:splat", { "/a/c": "/a/b/c", "/a/b": "-", "/a/bc": "-" }],
  ["/*/x /y/x", { "/z/x": "/y/x", "/y/x": "-" }],
  ["/*/x /y/:splat", { "/y/1/x": "/y/y/1" }],
  ["/y/*/z/:b /y/1/z/2", { "/y/1/z/2": "-", "/y/3/z/2": "/y/1/z/2" }],
  ["/x/*/:y /x/b/:splat", { "/x/b/c/d": "-", "/x/c/d": "/x/b/c" }],
  ["/x/*/ /x/b/:splat/", { "/x/b/c": "/x/b/b/c/" }],
  ["/* /:splat/x", { "/a/x": "/a/x/x" }],
  ["/* /a:splat", { "/ab": "/aab" }],
  ["/* /y/ 307", { "/y": "/y/", "/y/": "-", "/y/z": "-" }],
  ["/caf\u00e9/* /caf\u00e9/neu/:splat", { "/caf%C3%A9/neu/a": "-", "/caf%C3%A9/a": "/caf%C3%A9/neu/a" }],
  ["/a/* /a/b/:splat 200", { "/a/b/c": "/a/b/b/c" }],
  ["/a/* https://example.com/a/:splat", { "/a/b": "https://example.com/a/b" }],
  ["/x/* 200", { "/x": "/x/", "/x/a/b": "/x/a/b", "/y": "-" }],
  ["/a/b /one\n/a/* /two", { "/a/b": "/one", "/a/b/": "/one", "/a/c": "/two" }],
] as const;
for (const [text, expected] of matches) {
  test(`readNetlifyRedirects() sends paths of ${JSON.stringify(text)} where Netlify does`, () => {
    assert.deepEqual(routes(text, Object.keys(expected)), Object.values(expected));
  });
}

const refused = [
  ["/a", "found no target, wanted a path or an http(s) address"],
  ["/a 301", "found no target, wanted a path or an http(s) address"],
  ["/a b 301", "found no target, wanted a path or an http(s) address"],
  ["/a HTTP://b.example/", "found no target, wanted a path or an http(s) address"],
  ["/x/* 201", "the status 201 is not supported"],
  ["/x 200", "found no target, wanted a path or an http(s) address"],
  ["/x/* 301", "found no target, wanted a path or an http(s) address"],
  ["/x/* 200 Country=de", "conditions are not supported (Country): a rule applies to all visitors"],
  ["/.netlify-x /b", "services of Netlify are not supported"],
  ["/a//b /c", "never used: a path with two slashes side by side is 404 here"],
  ["/a%2Fb /c", "never used: no path here has a backslash or an encoded slash"],
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
  [`${"/:a".repeat(21)} /c`, "a path can have only 20 placeholders and stars"],
  ["/about /about/ 301", "the rule redirects to itself; for slashes at the end, use the option trailingSlash"],
  ["/a/:b /a/c 302!", "the rule redirects to itself; for slashes at the end, use the option trailingSlash"],
  ["/docs/* /docs 301", "never used, as on Netlify: all paths of the rule begin as its target does"],
  ["/blog/* /blog/:splat 301!", "never used, as on Netlify: all paths of the rule begin as its target does"],
  ["/* / 302!", "never used, as on Netlify: all paths of the rule begin as its target does"],
  ["/a/../b /c", "never used: requests have no dot segments"],
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
  ["/a/* /x\n/a/b /c 301!", 2, "never used: line 1 already matches its paths"],
  ["/a/* 200\n/a/b /c", 2, "never used: line 1 already matches its paths"],
  ["/a/:b? /x", 1, "a rule matches only a path, not a query or a fragment"],
  ["/a/:b* /x", 1, "a placeholder is a whole name, as on Netlify: :b* matches every one"],
  ["/blog/:slug.html /:slug.html", 1, "a placeholder is a whole name, as on Netlify: :slug.html matches every one"],
  ["/*.html /x", 1, "a * stands for other text only at the end of a name, also on Netlify: here it is a character"],
  ["/a/** /x", 1, "a * stands for other text only at the end of a name, also on Netlify: here it is a character"],
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

const own = [
  ["/blog/:slug.html /news/:slug", ":slug", { "/blog/a.html": "/news/a", "/blog/a": "-" }],
  ["/:y-:m/:slug.php /:y/:m/:slug.php", ":y and :m", { "/2020-05/a": "/2020/05/a" }],
] as const;
for (const [text, names, expected] of own) {
  test(`readNetlifyRedirects() fills what Netlify leaves as it stands, and names ${text}`, () => {
    const { site, notes } = readNetlifyRedirects(text);
    assert.match(notes[0]!.reason, new RegExp(`^Netlify takes .* for one name, .*: here, ${names} is a part of it$`));
    const [rule] = site.redirects!;
    for (const [path, to] of Object.entries(expected)) {
      const groups = pathPattern(rule!.from).match(path);
      assert.equal(groups === undefined ? "-" : fillTarget(rule!.to, groups), to);
    }
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
