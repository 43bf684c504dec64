import assert from "node:assert/strict";
import { test } from "node:test";
import { readForeign } from "./read-foreign.ts";

function read(files: Readonly<Record<string, string>>, dialect?: "cloudflare"): ReturnType<typeof readForeign> {
  return readForeign((name) => files[name], dialect);
}

test("readForeign() finds nothing in a root without such files", () => {
  assert.deepEqual(read({ "index.html": "" }), { site: {}, notes: [], found: [] });
});

test("readForeign() merges three files, the rules of _redirects first", () => {
  const serve = {
    redirects: [{ source: "/c.html", destination: "/d" }],
    headers: [{ source: "**", headers: [{ key: "X", value: "2" }] }],
  };
  const { site, notes, found } = read({
    "serve.json": JSON.stringify(serve),
    _headers: "/*\n  X: 1",
    _redirects: "/a.html /b\n/* /index.html 200",
  });
  assert.deepEqual(found, ["_redirects", "_headers", "serve.json"]);
  assert.deepEqual(notes, []);
  assert.deepEqual(site, {
    cleanUrls: true,
    fallback: "/index.html",
    redirects: [
      { from: "/a.html", to: "/b", status: 301, onlyMissing: true },
      { from: "/a.html/", to: "/b", status: 301, onlyMissing: true },
      { from: "/c.html", to: "/d", status: 301 },
      { from: "/c.html/", to: "/d", status: 301 },
    ],
    headers: [
      { for: "/*", set: { X: "1" }, compares: "asked without case" },
      { for: "/*", set: { X: "2" } },
    ],
  });
});

test("readForeign() names the file that a note is about", () => {
  const { notes } = read({ _redirects: "/a", _headers: "/a", "serve.json": '{"proxy":1}' });
  assert.deepEqual(
    notes.map(({ file }) => file),
    ["_redirects", "serve.json"],
  );
});

test("readForeign() names a second fallback", () => {
  const { site, notes } = read({
    _redirects: "/* /a.html 200",
    "serve.json": '{"rewrites":[{"source":"**","destination":"/b.html"}]}',
  });
  assert.equal(site.fallback, "/a.html");
  assert.deepEqual(notes, [
    { file: "serve.json", line: 1, text: "/b.html", reason: "_redirects already sets the fallback /a.html" },
  ]);
});

test("readForeign() reads as Cloudflare does where it is told to", () => {
  assert.deepEqual(read({ _redirects: "/a /b" }, "cloudflare").site.redirects, [{ from: "/a", to: "/b", status: 302 }]);
});
