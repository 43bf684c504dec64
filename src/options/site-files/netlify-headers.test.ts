import assert from "node:assert/strict";
import { test } from "node:test";
import { type HeaderRule, headerRules, type SiteHeaderRule } from "../../features/fields/header-rules.ts";
import { readNetlifyHeaders } from "./netlify-headers.ts";

/** What each path is sent, by lower-case name. */
function fields(text: string, path: string): Record<string, string | null> {
  const { site, notes } = readNetlifyHeaders(text);
  assert.deepEqual(notes, []);
  return Object.fromEntries([...headerRules(site.headers ?? [])(path)].map(([name, { value }]) => [name, value]));
}

/** Rules as Netlify compares them. */
function rules(set: HeaderRule["set"], ...sources: readonly string[]): readonly SiteHeaderRule[] {
  return sources.map((source) => ({ for: source, set, compares: "asked without case" }));
}

const files = [
  ["/*\n  X-Frame-Options: DENY\n  X-A: b: c", rules({ "X-Frame-Options": "DENY", "X-A": "b: c" }, "/*")],
  ["/x.html\r\n\tX-A:1\r\n", rules({ "X-A": "1" }, "/x.html", "/x.html/")],
  ["/a\n  X-A: 1", rules({ "X-A": "1" }, "/a", "/a/")],
  ["/t/:name/x.html\n X-A: 1", rules({ "X-A": "1" }, "/t/:name/x.html{/}?")],
  ["/*\n  Cache-Control: public\n  cache-control: max-age=1", rules({ "cache-control": "public, max-age=1" }, "/*")],
  ["/*.jpg\n  ! Content-Security-Policy", rules({ "Content-Security-Policy": null }, "/*.jpg{/}?")],
  ["/*\n  ! X-A\n  X-A: 1\n  ! x-a", rules({ "X-A": "1" }, "/*")],
  ["# none\n/*\n  # nothing", undefined],
  ["/*\n  __proto__: 1", rules(Object.fromEntries([["__proto__", "1"]]), "/*")],
] as const;
for (const [text, headers] of files) {
  test(`readNetlifyHeaders() reads ${JSON.stringify(text)}`, () => {
    const site = headers === undefined ? {} : { headers };
    assert.deepEqual(readNetlifyHeaders(text), { site, notes: [] });
  });
}

/** By path, the blocks that match: found with `forRegExp` of @netlify/headers-parser. */
const matches = [
  ["/static/*", { "/static/a/b.css": true, "/static/": true, "/static": true, "/STATIC/x": true, "/a/static": false }],
  ["/blog/:slug", { "/blog/x": true, "/blog/x/": true, "/blog/": false, "/blog/x/y": false }],
  ["/blog/:slug.html", { "/blog/x": true, "/blog/x.html": true, "/blog/": false }],
  ["/:a/:a", { "/x/y": true, "/x": false }],
  ["/Talk:Main", { "/Talk:Main": true, "/Talkative": false }],
  ["/*.jpg", { "/a.jpg": true, "/deep/er/a.jpg": true, "/a.jpg/": true, "/a.png": false }],
  ["/v8.0.0", { "/v8.0.0": true, "/v8.0.0/": true }],
  ["/**/*.html", { "/a/b.html": true, "/a/b/c.html": true, "/b.html": false }],
  ["/a/**", { "/a/b/c": true, "/a/": true, "/a": false }],
  ["/a/*/b/*.js", { "/a/x/b/c.js": true, "/a/b/c.js": true, "/a/x/y/b/c/d.js": true, "/a/x/c.js": false }],
  ["/*/b", { "/b": true, "/a/b": true, "/a/c/b/": true, "/a/b/c": false }],
  ["/a*", { "/a": true, "/ab": true, "/a/b": true, "/b": false }],
  ["/a/:b*", { "/a/x": true, "/a/x/y": false }],
  ["//a//b/", { "/a/b": true, "/a/b/": true }],
  ["/*", { "/": true, "/a/b": true }],
  ["/*/*", { "/": true, "/a/b": true }],
  ["/", { "/": true, "/a": false }],
  ["/a b(c)", { "/a%20b(c)": true }],
] as const;
for (const [source, expected] of matches) {
  test(`readNetlifyHeaders() takes the paths that Netlify does for ${source}`, () => {
    const found = Object.keys(expected).map((path) => [path, "x-a" in fields(`${source}\n  X-A: 1`, path)]);
    assert.deepEqual(Object.fromEntries(found), expected);
  });
}

test("readNetlifyHeaders() takes away what a wider path sets", () => {
  assert.deepEqual(fields("/*\n  X-A: 1\n/b/*\n  ! X-A", "/b/c"), { "x-a": null });
});

const refused = [
  ["X-A: 1", 1, "found no path before this line"],
  ["/*\n  nothing", 2, "found neither a path nor `Name: value`"],
  ["/*\n  X-A:", 2, "found no value"],
  ["/*\n  X A: 1", 2, 'not a field name: "X A"'],
  ["/*\n  Content-Length: 1", 2, "Content-Length is the server's own to write"],
  ["/*\n  X-A: ü", 2, 'the value of X-A has a character that no field can carry: "ü"'],
  ["/*\n  Server: me", 2, "ignored here, as by Netlify"],
  ['/m/:title\n  X-Name: ":title"', 2, "a value is the same for all paths, so it cannot contain :title"],
  ["/m/*\n  X-Name: :splat", 2, "a value is the same for all paths, so it cannot contain :splat"],
  [`${"/*/a".repeat(21)}\n`, 1, "a path can have only 20 placeholders and stars"],
  ["https://example.com/*\n", 1, "rules for one host are not supported: a rule applies to the whole site"],
  [`/*\n  X-A: ${"x".repeat(2000)}`, 2, "the line is longer than 2000 characters"],
] as const;
for (const [text, line, reason] of refused) {
  test(`readNetlifyHeaders() names ${JSON.stringify(text.slice(0, 60))}`, () => {
    const { site, notes } = readNetlifyHeaders(text);
    assert.deepEqual(site, {});
    assert.deepEqual(
      notes.map((note) => [note.line, note.reason]),
      [[line, reason]],
    );
  });
}

test("readNetlifyHeaders() names the second cookie of a path and keeps the first", () => {
  const { site, notes } = readNetlifyHeaders("/*\n  Set-Cookie: a=1\n  Set-Cookie: b=2");
  assert.deepEqual(site.headers, rules({ "Set-Cookie": "a=1" }, "/*"));
  assert.deepEqual(
    notes.map(({ line }) => line),
    [3],
  );
});

test("readNetlifyHeaders() names every line of a path that it does not take", () => {
  const { notes } = readNetlifyHeaders("https://x.example/*\n  X-A: 1\n  X-B: 2\n");
  assert.deepEqual(
    notes.map(({ line }) => line),
    [1, 2, 3],
  );
});

test("readNetlifyHeaders() never shows a password", () => {
  const notes = [
    ...readNetlifyHeaders("/*\n  Basic-Auth: ann:secret bob:secret\nftp://x\n  basic-auth : ann:secret").notes,
  ];
  notes.push(...readNetlifyHeaders(`/*\n  Basic-Auth: ann:secret${" x".repeat(2000)}`).notes);
  assert.equal(notes.length, 4);
  assert.doesNotMatch(JSON.stringify(notes), /secret/);
});

test("readNetlifyHeaders() takes 2,000 paths and names those behind them", () => {
  const text = Array.from({ length: 2001 }, (_, index) => `/${index}.html\n  X-A: 1`).join("\n");
  const { site, notes } = readNetlifyHeaders(text);
  // Each with and without a slash at the end.
  assert.equal(site.headers?.length, 4000);
  assert.deepEqual(
    notes.map(({ line }) => line),
    [4001, 4002],
  );
});
