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
  ["/caf%c3%a9", "/caf%C3%A9", {}],
  ["/café", "/caf%C3%A9", {}],
  ["/café/*", "/caf%C3%A9/x", { 0: "x", splat: "x" }],
  ["/caf%c3%a9/:x", "/caf%C3%A9/y", { x: "y" }],
  ["/%7Eada", "/~ada", {}],
  ["/%7eada/*", "/~ada/", { 0: "", splat: "" }],
  ["/a%2Bb", "/a+b", {}],
  ["/a%2bb/:x", "/a+b/c", { x: "c" }],
  ["/a b", "/a%20b", {}],
  ["/a[1]|b", "/a%5B1%5D%7Cb", {}],
  ["/a[1]/*", "/a%5B1%5D/x", { 0: "x", splat: "x" }],
  ["/100%", "/100%25", {}],
  ["/a%2fb", "/a/b", undefined],
  ["/a%ff", "/a%FF", {}],
  ["/c\\+\\+", "/c++", {}],
  ["/c\\+\\+/*", "/c++/x", { 0: "x", splat: "x" }],
  ["/a\\:80", "/a:80", {}],
  ["/why%3F", "/why%3F", {}],
  ["/why\\?", "/why%3F", {}],
  ["/:x+", "/a/b", { x: "a/b" }],
  ["/a{/*}?", "/a", { 0: "", splat: "" }],
  ["/a{/*}?", "/a/b/c", { 0: "b/c", splat: "b/c" }],
  ["/a{/*}?", "/ab", undefined],
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

const advice: [source: string, message: string][] = [
  ["/c++", '"+" follows no group; as text it is written "\\\\+"'],
  ["/search?q=1", '"?" follows no group; a query is not compared, and a path has it as %3F'],
  ["/a:80", '":" has no name behind it; as text it is written "\\\\:"'],
  ["/a\\", "a backslash at the end has nothing to escape"],
  ["/a(b", '"(" is not closed; as text it is written "\\\\("'],
];
for (const [source, message] of advice) {
  test(`pathPattern() says how to write ${source} as text`, () => {
    assert.throws(() => pathPattern(source), { name: "TypeError", message });
  });
}

const targets: [template: string, groups: Record<string, string>, filled: string][] = [
  ["/new/:slug", { slug: "a-b" }, "/new/a-b"],
  ["/new/:splat", { splat: "a/b" }, "/new/a/b"],
  ["/new/*", { 0: "a/b" }, "/new/a/b"],
  ["/:unknown", {}, "/:unknown"],
  ["/:constructor", {}, "/:constructor"],
  ["https://example.com:8080/:slug", { slug: "x" }, "https://example.com:8080/x"],
  ["/:splat", { splat: "/evil.example" }, "/evil.example"],
  ["/:splat", { splat: "\\evil.example" }, "/evil.example"],
  ["/:a:b", { a: "/", b: "/evil.example" }, "/evil.example"],
  ["/{:a}s/{:a}", { a: "b" }, "/bs/b"],
  ["/{:unknown}s", {}, "/{:unknown}s"],
  ["/a/:splat/b?u=//:splat/", { splat: "" }, "/a/b?u=///"],
  ["https://example.com//a/:splat/", { splat: "" }, "https://example.com//a//"],
];
for (const [template, groups, filled] of targets) {
  test(`fillTarget(${template}, ${JSON.stringify(groups)}) is ${filled}`, () => {
    assert.equal(fillTarget(template, groups), filled);
  });
}
