import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTarget, pathPattern } from "./pattern.ts";

const matches: [source: string, path: string, groups: Record<string, string> | undefined][] = [
  ["/old", "/old", {}],
  ["/old", "/old/", undefined],
  ["/old", "/older", undefined],
  ["/blog/:slug", "/blog/a-b", { slug: "a-b" }],
  ["/blog/:slug", "/blog/a/b", undefined],
  ["/blog/*", "/blog/2026/a%20b", { 0: "2026/a%20b", splat: "2026/a%20b" }],
  ["/blog/*", "/blog/", { 0: "", splat: "" }],
  ["/*", "/", { 0: "", splat: "" }],
  ["/:year(\\d{4})/:slug", "/2026/x", { year: "2026", slug: "x" }],
  ["/:year(\\d{4})/:slug", "/now/x", undefined],
  ["/a{/b}?", "/a", {}],
  ["/a.html", "/axhtml", undefined],
];
for (const [source, path, groups] of matches) {
  test(`pathPattern(${source}) ${groups === undefined ? "does not match" : "matches"} ${path}`, () => {
    assert.deepEqual(pathPattern(source).match(path), groups);
  });
}

for (const source of ["old", "", "https://a/b", "/:a/:a", "/(", "/{a"]) {
  test(`pathPattern() refuses ${JSON.stringify(source)}`, () => {
    assert.throws(() => pathPattern(source), TypeError);
  });
}

const targets: [template: string, groups: Record<string, string>, filled: string][] = [
  ["/new/:slug", { slug: "a-b" }, "/new/a-b"],
  ["/new/:splat", { splat: "a/b" }, "/new/a/b"],
  ["/new/*", { 0: "a/b" }, "/new/a/b"],
  ["/:unknown", {}, "/:unknown"],
  ["https://example.com:8080/:slug", { slug: "x" }, "https://example.com:8080/x"],
  ["/:splat", { splat: "/evil.example" }, "/evil.example"],
  ["/:splat", { splat: "\\evil.example" }, "/evil.example"],
  ["/:a:b", { a: "/", b: "/evil.example" }, "/evil.example"],
];
for (const [template, groups, filled] of targets) {
  test(`fillTarget(${template}, ${JSON.stringify(groups)}) is ${filled}`, () => {
    assert.equal(fillTarget(template, groups), filled);
  });
}
