import assert from "node:assert/strict";
import { test } from "node:test";
import { headerRules } from "../../features/fields/header-rules.ts";
import { fillTarget, pathPattern } from "../../features/patterns/pattern.ts";
import { readServeJson } from "./serve-json.ts";

const set = { "X-A": "1" };
const headers = [{ key: "X-A", value: "1" }];

const files = [
  [{}, { cleanUrls: true }],
  [
    { $schema: "https://x", public: "_site", cleanUrls: false },
    { root: "_site", cleanUrls: false },
  ],
  [
    { cleanUrls: ["/**"], directoryListing: false },
    { cleanUrls: true, listing: false },
  ],
  [{ directoryListing: true }, { cleanUrls: true, listing: true }],
  [{ directoryListing: ["/**"] }, { cleanUrls: true, listing: true }],
  [
    { directoryListing: false, trailingSlash: false, etag: true },
    { cleanUrls: true, listing: false, trailingSlash: "never", etag: "content" },
  ],
  [{ renderSingle: false, unlisted: [".DS_Store", ".git"] }, { cleanUrls: true }],
  [{ rewrites: [{ source: "**", destination: "/index.html" }] }, { cleanUrls: true, fallback: "/index.html" }],
  [
    { rewrites: [{ source: "app/**", destination: "/index.html" }] },
    { cleanUrls: true, rewrites: [{ from: "/app{/*}?", to: "/index.html", onlyMissing: true }] },
  ],
  [
    { redirects: [{ source: "/a.html", destination: "b", type: 302 }] },
    { cleanUrls: true, redirects: ["/a.html", "/a.html/"].map((from) => ({ from, to: "/b", status: 302 })) },
  ],
  [
    { redirects: [{ source: "/a/:id", destination: "https://x.example:81/:id" }] },
    { cleanUrls: true, redirects: [{ from: "/a/:id{/}?", to: "https://x.example:81/:id", status: 301 }] },
  ],
  [
    { redirects: [{ source: "/a.b", destination: "http://localhost\\:3000/a\\:b/c\\.d" }] },
    {
      cleanUrls: true,
      redirects: ["/a.b", "/a.b/"].map((from) => ({ from, to: "http://localhost:3000/a%3Ab/c.d", status: 301 })),
    },
  ],
  [
    { headers: [{ source: "**", headers: [...headers, { key: "ETag", value: null }] }] },
    { cleanUrls: true, headers: [{ for: "/*", set: { "X-A": "1", ETag: null } }] },
  ],
  [
    {
      headers: [
        { source: "404.html", headers },
        { source: "/a/index.html", headers },
      ],
    },
    { cleanUrls: true, headers: ["/404.html", "/a/index.html"].map((path) => ({ for: path, set })) },
  ],
] as const;
for (const [file, site] of files) {
  test(`readServeJson() reads ${JSON.stringify(file)}`, () => {
    assert.deepEqual(readServeJson(JSON.stringify(file)), { site, notes: [] });
  });
}

const targets = [
  ["/old-docs/:id", "/new-docs/:id", "/old-docs/12", "/new-docs/12"],
  ["/projects/:id/edit", "/edit-project-:id.html", "/projects/1/edit", "/edit-project-1.html"],
  ["/old-pages/**", "/home", "/old-pages/a/b", "/home"],
  ["/a/*", "/b/*", "/a/x", "/b/%2A"],
] as const;
for (const [source, destination, path, expected] of targets) {
  test(`readServeJson() sends ${path} to ${expected} for ${source}`, () => {
    const { site, notes } = readServeJson(JSON.stringify({ redirects: [{ source, destination }] }));
    assert.deepEqual(notes, []);
    const [rule] = site.redirects ?? [];
    assert.equal(fillTarget(rule!.to, pathPattern(rule!.from).match(path)!), expected);
  });
}

test("readServeJson() lets later headers overrule earlier ones", () => {
  const list = [
    { source: "**", headers },
    { source: "**/*.@(js|css)", headers: [{ key: "x-a", value: "2" }] },
  ];
  const changes = headerRules(readServeJson(JSON.stringify({ headers: list })).site.headers ?? []);
  assert.equal(changes("/a/b.css").get("x-a")?.value, "2");
  assert.equal(changes("/a/b.html").get("x-a")?.value, "1");
});

const refused = [
  [{ proxy: true }, "proxy: true", "serve has no such option"],
  [{ constructor: 1 }, "constructor: 1", "serve has no such option"],
  [{ public: 1 }, "public: 1", "wanted a folder"],
  [
    { renderSingle: true },
    "renderSingle: true",
    "not supported: the only file of a folder is not served in place of the folder",
  ],
  [{ symlinks: true }, "symlinks: true", "links inside the root are followed, but links out of it are not"],
  [{ symlinks: false }, "symlinks: false", "links inside the root are always followed"],
  [{ etag: false }, "etag: false", "ETag is always sent, and Last-Modified, too"],
  [
    { unlisted: ["secret"] },
    'unlisted: ["secret"]',
    "listings show every served file; only names that begin with a dot are hidden",
  ],
  [{ trailingSlash: true }, "trailingSlash: true", "only folders get a slash at the end; pages do not"],
  [{ cleanUrls: ["/app/**"] }, 'cleanUrls: ["/app/**"]', "clean URLs apply to the whole site, not to single paths"],
  [
    { directoryListing: ["/a/**"] },
    'directoryListing: ["/a/**"]',
    "listings apply to the whole site, so they stay off",
  ],
  [{ redirects: {} }, "redirects: {}", "wanted a list"],
  [{ redirects: ["x"] }, '"x"', "wanted an object"],
  [{ redirects: [{ source: "/a" }] }, '{"source":"/a"}', "wanted a destination"],
  [
    { redirects: [{ source: "/a", destination: "/b", type: 200 }] },
    undefined,
    "wanted the type 301, 302, 303, 307 or 308",
  ],
  [
    { redirects: [{ source: "/a", destination: "/a/" }] },
    undefined,
    "the rule redirects to itself; for slashes at the end, use the option trailingSlash",
  ],
  [
    { redirects: [{ source: "/a/:b", destination: "/:c" }] },
    undefined,
    "the destination has :c, for which the source finds nothing",
  ],
  [
    { redirects: [{ source: "/a/", destination: "/b" }] },
    undefined,
    "serve finds no path for it: it takes the slash off the end of each path, and then compares",
  ],
  [
    { redirects: [{ source: "/:a(\\w{5000})", destination: "/b" }] },
    undefined,
    "too many counted repetitions: a request could make the match take very long",
  ],
  [
    { redirects: [{ source: "/:a((?:x)+)", destination: "/b" }] },
    undefined,
    "serve fails: (?\\:x) is no regular expression",
  ],
  [
    { redirects: [{ source: "/:a(.)(\\1)", destination: "/b" }] },
    undefined,
    'the expression has "\\1", which is not supported',
  ],
  [
    { rewrites: [{ source: "/a", destination: "https://x.example/" }] },
    undefined,
    "proxies are not supported: heddle serves files only",
  ],
  [{ headers: [{ source: "a/", headers }] }, undefined, "serve finds no file for a path that ends with a slash"],
  [{ headers: [{ source: "{1..9999}", headers }] }, undefined, "the braces stand for more than 500 paths"],
  [
    { headers: [{ source: "a", headers: [{ key: "Date", value: "x" }] }] },
    undefined,
    "Date is the server's own to write",
  ],
  [
    { headers: [{ source: "a", headers: [{ key: "X", value: 1 }] }] },
    undefined,
    "wanted a string or null as the value",
  ],
] as const;
for (const [file, text, reason] of refused) {
  test(`readServeJson() names ${JSON.stringify(file)}`, () => {
    const { notes } = readServeJson(JSON.stringify(file));
    assert.deepEqual(
      notes.map((note) => note.reason),
      [reason],
    );
    if (text !== undefined) assert.equal(notes[0]?.text, text);
  });
}

test("readServeJson() names lines", () => {
  const file = {
    redirects: [
      { source: "/a", destination: "/b" },
      { source: "c/", destination: "/d" },
    ],
    etag: false,
  };
  const { notes } = readServeJson(JSON.stringify(file, null, 2));
  assert.deepEqual(
    notes.map(({ line }) => line),
    [8, 12],
  );
});

test("readServeJson() takes nothing behind a rewrite of every path", () => {
  const rewrites = [
    { source: "**", destination: "/index.html" },
    { source: "/a", destination: "/b" },
  ];
  const { site, notes } = readServeJson(JSON.stringify({ rewrites }));
  assert.equal(site.rewrites, undefined);
  assert.equal(notes[0]?.reason, "never used: an earlier rewrite already matches every path");
});

const unreadable = [
  ["{", /^the file is not valid JSON, so nothing of it is read/],
  ['{ "cleanUrls": tru\n', /^the file is not valid JSON, so nothing of it is read: Unexpected end of a line$/],
  ["[]", /^the file is not a JSON object, so nothing of it is read$/],
  [`"${"x".repeat(1_048_576)}"`, /larger than 1 MiB/],
] as const;
for (const [text, reason] of unreadable) {
  test(`readServeJson() reads nothing of ${text.slice(0, 10)}`, () => {
    const { site, notes } = readServeJson(text);
    assert.deepEqual(site, {});
    assert.match(notes[0]?.reason ?? "", reason);
  });
}

test("readServeJson() takes 2,000 rules and names where it stops", () => {
  const redirects = Array.from({ length: 2100 }, (_, index) => ({ source: `/${index}.html`, destination: "/new" }));
  const { site, notes } = readServeJson(JSON.stringify({ redirects }));
  // Each with and without a slash at the end.
  assert.equal(site.redirects?.length, 4000);
  assert.equal(notes.length, 1);
});

test("readServeJson() takes no pattern that is longer than a line may be", () => {
  const redirects = [
    { source: `/${"a".repeat(2000)}`, destination: "/b" },
    { source: "/a", destination: `/${"b".repeat(2000)}` },
  ];
  const { site, notes } = readServeJson(JSON.stringify({ redirects }));
  assert.equal(site.redirects, undefined);
  assert.deepEqual(
    notes.map(({ reason }) => reason),
    ["the pattern is longer than 2000 characters", "the pattern is longer than 2000 characters"],
  );
});
