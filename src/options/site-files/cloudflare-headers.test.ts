// What each path is sent was found with the parser of wrangler 4.164.0 and the handler of @cloudflare/pages-shared
// 0.13.189; foreign/cloudflare.test.ts compares many more with the handler itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { headerRules } from "../../features/fields/header-rules.ts";
import { readCloudflareHeaders } from "./cloudflare-headers.ts";

/** What a path is sent, by lower-case name; null for what is removed. */
function fieldsOf(text: string, path: string): Record<string, string | null> {
  const { site } = readCloudflareHeaders(text);
  return Object.fromEntries([...headerRules(site.headers ?? [])(path)].map(([name, { value }]) => [name, value]));
}

const files = [
  [
    "/*\n  X-Frame-Options: DENY\n  X-A: b: c",
    [{ for: "/*", set: { "X-Frame-Options": "DENY", "X-A": "b: c" }, compares: "asked" }],
  ],
  ["/x.html\r\n\tX-A:1\r\n", [{ for: "/x.html", set: { "X-A": "1" }, compares: "asked" }]],
  ["/a\n  X-A: 1", [{ for: "/a", set: { "X-A": "1" }, compares: "asked" }]],
  ["/*\n  X-A: 1\n  x-a: 2", [{ for: "/*", set: { "x-a": "1, 2" }, compares: "asked" }]],
  ["/*.jpg\n  ! X-A", [{ for: "/*.jpg", set: { "X-A": null }, compares: "asked" }]],
  ["/*\n  ! X-A\n  X-A: 1\n  ! x-a", [{ for: "/*", set: { "X-A": "1" }, compares: "asked" }]],
  ["/a b\n  Server: me", [{ for: "/a%20b", set: { Server: "me" }, compares: "asked" }]],
  ["# none\n", undefined],
] as const;
for (const [text, headers] of files) {
  test(`readCloudflareHeaders() reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(readCloudflareHeaders(text), { site: headers === undefined ? {} : { headers }, notes: [] });
  });
}

const FILE = "/static/*\n  X-A: 1\n/blog/:slug\n  X-B: 2\n/*.jpg\n  X-C: 3\n/v:version/x\n  X-D: 4";
const JOINED =
  "/*\n  X-A: 1\n  X-B: 1\n/a/*\n  X-A: 2\n/a/b\n  ! X-A\n  X-C: 3\n/a/b/*\n  ! X-A\n  X-A: 4\n/a/b/c/*\n  X-A: 5";
const AGAIN = "/a\n  X-A: 1\n  X-B: 1\n/*\n  X-A: 2\n/a\n  X-A: 3";
const answers = [
  [FILE, "/static/a/b.css", { "x-a": "1" }],
  [FILE, "/static/", { "x-a": "1" }],
  [FILE, "/static", {}],
  [FILE, "/blog/x", { "x-b": "2" }],
  [FILE, "/blog/", {}],
  [FILE, "/blog/x/", {}],
  [FILE, "/static/a.jpg", { "x-a": "1", "x-c": "3" }],
  [FILE, "/v1.2/x", { "x-d": "4" }],
  // The values of all blocks that match are joined.
  [JOINED, "/x", { "x-a": "1", "x-b": "1" }],
  [JOINED, "/a/", { "x-a": "1, 2", "x-b": "1" }],
  [JOINED, "/a/b", { "x-a": null, "x-b": "1", "x-c": "3" }],
  [JOINED, "/a/b/", { "x-a": "4", "x-b": "1" }],
  [JOINED, "/a/b/c/d", { "x-a": "4, 5", "x-b": "1" }],
  // A later block for a path replaces the earlier one as a whole, at its place.
  [AGAIN, "/a", { "x-a": "3, 2" }],
  ["/a\n  X-A: 1\n/a\n  # nothing", "/a", { "x-a": "1" }],
  ["/a\n  X-A: 1\n/a\n  Basic-Auth: x:y", "/a", {}],
  ["/a\n  X-A: 1\n/./a?b\n  X-B: 2", "/a", { "x-b": "2" }],
  ["/*\n  Set-Cookie: a=1\n/a\n  Set-Cookie: b=2\n  X-A: 1\n/b\n  X-A: 2", "/a", { "set-cookie": "b=2", "x-a": "1" }],
] as const;
for (const [text, path, expected] of answers) {
  test(`readCloudflareHeaders() gives ${path} the fields that Cloudflare does with ${JSON.stringify(text)}`, () => {
    assert.deepEqual(fieldsOf(text, path), expected);
  });
}

const notes = [
  ["X-A: 1", [[1, "found no path before this line"]]],
  ["/*", [[1, "found no fields for this path"]]],
  ["/*\n  # nothing\n/a\n  X-A: 1", [[1, "found no fields for this path"]]],
  [
    "/*\n  nothing",
    [
      [1, "found no fields for this path"],
      [2, "found neither a path nor `Name: value` nor `! Name`"],
    ],
  ],
  ["/*\n  !X-A\n  X-B: 1", [[2, "found neither a path nor `Name: value` nor `! Name`"]]],
  ["/*\n  ! X-A: 1\n  X-B: 1", [[2, "found no field name before the colon"]]],
  ["/*\n  X A: 1\n  X-B: 1", [[2, "found no field name before the colon"]]],
  ["/*\n  : 1\n  X-B: 1", [[2, "found no field name before the colon"]]],
  ["/*\n  X-A:\n  X-B: 1", [[2, "found no value"]]],
  ["/*\n  Content-Length: 1", [[2, "Content-Length is the server's own to write"]]],
  ["/*\n  X-A: ü", [[2, 'the value of X-A has a character that no field can carry: "ü"']]],
  ['/m/:title\n  X-Name: ":titles"', [[2, "a value is the same for all paths, so it cannot contain :title"]]],
  ["/m/*\n  X-Name: :splat", [[2, "a value is the same for all paths, so it cannot contain :splat"]]],
  [
    "/**/*.html\n  X-A: 1",
    [
      [1, "ignored, as by Cloudflare: a path can have only one * or :splat"],
      [2, "its path is not supported"],
    ],
  ],
  ["/a/:splat/*\n", [[1, "ignored, as by Cloudflare: a path can have only one * or :splat"]]],
  ["/:a/:a\n", [[1, "ignored, as by Cloudflare: the path has :a twice, perhaps as the beginning of a longer name"]]],
  ["//a\n", [[1, "never used: a path with two slashes side by side is 404 here"]]],
  ["https://example.com/*\n", [[1, "rules for one host are not supported: a rule applies to the whole site"]]],
  ["/a # b\n  X-A: 1", [[1, "what follows ? or # in the path is ignored, as by Cloudflare"]]],
  [
    "/a\n  X-A: 1\n  Link:<https://example.com/>\n  X-B: 1",
    [
      [3, "Cloudflare takes this line for a path, because it has :// in its first word, and ignores it"],
      [4, "its path is not supported"],
    ],
  ],
  [
    "/a\n  X-A: 1\n/b\n  X-B: 1\n/a\n  X-A: 2",
    [[1, "ignored, as by Cloudflare: line 5 has other fields for the same path"]],
  ],
  ["/a\n  Set-Cookie: a=1\n  Set-Cookie: b=2", [[3, "Set-Cookie can be set only once for a path"]]],
  [
    "/*\n  Set-Cookie: a=1\n/a\n  Set-Cookie: b=2",
    [[3, "paths that line 1 is also about get only one cookie: the later one"]],
  ],
  ["/a\n  Set-Cookie: a=1\n/b\n  Set-Cookie: b=2", []],
  [`/*\n  X-B: 1\n  X-A: ${"x".repeat(2000)}`, [[3, "the line is longer than 2000 characters"]]],
] as const;
for (const [text, expected] of notes) {
  test(`readCloudflareHeaders() names ${JSON.stringify(text.slice(0, 60))}`, () => {
    assert.deepEqual(
      readCloudflareHeaders(text).notes.map(({ line, reason }) => [line, reason]),
      expected,
    );
  });
}

test("readCloudflareHeaders() never shows a password", () => {
  const { notes: shown } = readCloudflareHeaders("/*\n  Basic-Auth: ann:secret\n//a\n  basic-auth : ann:secret");
  assert.equal(shown.length, 3);
  assert.doesNotMatch(JSON.stringify(shown), /secret/);
});

test("readCloudflareHeaders() takes 2,000 paths and names those behind them", () => {
  const text = Array.from({ length: 2001 }, (_, index) => `/${index}.html\n  X-A: 1`).join("\n");
  const { site, notes: shown } = readCloudflareHeaders(text);
  assert.equal(site.headers?.length, 2000);
  assert.deepEqual(
    shown.map(({ line }) => line),
    [4001, 4002],
  );
});
