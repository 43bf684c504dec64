import assert from "node:assert/strict";
import { test } from "node:test";
import { pathPattern } from "../../features/patterns/pattern.ts";
import { Unhonoured } from "./foreign.ts";
import { globPattern, routePatterns } from "./globs.ts";

/** Each glob with paths that minimatch takes, and some that it does not. */
const globs = [
  ["**", ["/", "/a", "/a/b.c"], []],
  ["404.html", ["/404.html"], ["/a/404.html", "/404xhtml"]],
  ["/a/**", ["/a/b", "/a/b/c"], ["/ab", "/b/a/c"]],
  ["**/*.js", ["/x.js", "/a/b/x.js"], ["/x.jsx", "/a/.js", "/x.js/y"]],
  ["/**/img/*", ["/img/x", "/a/b/img/x"], ["/img/x/y", "/aimg/x", "/img/"]],
  ["*.js", ["/x.js"], ["/a/x.js", "/.js", "/.x.js"]],
  ["a/*/c", ["/a/b/c"], ["/a/c", "/a/b/b/c", "/a/.b/c"]],
  ["**/*.@(jpg|jpeg|png)", ["/x.jpg", "/a/x.png"], ["/x.gif", "/jpg"]],
  ["**/*.{css,m?s}", ["/a.css", "/b/a.mjs"], ["/a.js", "/a.m/s"]],
  ["{a,b*}/x", ["/a/x", "/b/x", "/bc/x"], ["/c/x", "/x"]],
  ["v?(1|2)", ["/v", "/v1", "/v2"], ["/v12", "/v3"]],
  ["v+(1|2)", ["/v1", "/v12"], ["/v"]],
  ["[a-c1]x", ["/ax", "/1x"], ["/dx", "/-x"]],
  ["[!a-c]x", ["/dx"], ["/ax", "/.x"]],
  ["a[b-]", ["/ab", "/a-"], ["/ac"]],
  ["c++/(x)/a:b", ["/c++/(x)/a:b"], ["/c/x/a:b"]],
  ["über/a b*", ["/%C3%BCber/a%20b", "/%C3%BCber/a%20bc"], ["/uber/a%20b"]],
  ["a\\*b", ["/a*b"], ["/acb"]],
  ["./a//b/../*.x", ["/a/y.x"], ["/a/b/y.x"]],
] as const;
for (const [glob, taken, left] of globs) {
  test(`globPattern() takes what minimatch takes for ${JSON.stringify(glob)}`, () => {
    const pattern = pathPattern(globPattern(glob));
    assert.deepEqual(
      [...taken, ...left].filter((path) => pattern.match(path) !== undefined),
      [...taken],
    );
  });
}

const refused = ["!a/**", "a/!(b)", "{a/b,c}", "{1..3}", "[[:alpha:]]", "[é]", "a\\", "@(a", "*a*b*", "+(a*)"] as const;
for (const glob of refused) {
  test(`globPattern() refuses ${JSON.stringify(glob)}`, () => {
    assert.throws(() => globPattern(glob), Unhonoured);
  });
}

const routes = [
  ["/from", ["/from", "/from/"], ["/from/x", "/"]],
  ["**", ["/", "/a/b"], []],
  ["app/**", ["/app", "/app/", "/app/a/b"], ["/apps"]],
  ["/docs/*", ["/docs/", "/docs/a/b"], ["/docs"]],
  ["projects/*/edit", ["/projects/1/edit", "/projects/1/2/edit", "/projects/1/edit/"], ["/projects/edit"]],
  ["/old-docs/:id", ["/old-docs/12", "/old-docs/12/"], ["/old-docs", "/old-docs/1/2"]],
  ["/:lang(en|de)/:rest*", ["/en/", "/de/a/b"], ["/en", "/fr/a"]],
  ["/item/:id(\\d+)", ["/item/12"], ["/item/x"]],
  ["/:lang/**", ["/en/a/b", "/en"], ["/"]],
  ["/a/**/b", ["/a/b", "/a/x/y/b"], ["/a/x"]],
  ["/*.{png,jpg}", ["/a.png"], ["/b/a.png"]],
] as const;
for (const [source, taken, left] of routes) {
  test(`routePatterns() takes what serve takes for ${JSON.stringify(source)}`, () => {
    const patterns = routePatterns(source).map(pathPattern);
    const found = [...taken, ...left].filter((path) => patterns.some((pattern) => pattern.match(path) !== undefined));
    assert.deepEqual(found, [...taken]);
  });
}

// Each takes seconds to hours for a path of 200 bytes that is made for it.
const slowGlobs = [
  "+(a|aa)b",
  "?(a)".repeat(30),
  "{a,aa}".repeat(30),
  "+(a)".repeat(5),
  "+(@(a|aa))b",
  "**/a*/**/b*/**/c",
];
for (const glob of slowGlobs) {
  test(`globPattern() refuses ${JSON.stringify(glob)}, which may take long`, () => {
    assert.throws(() => globPattern(glob), /take very long/);
  });
}
const slowRoutes = ["/:x((?:a+)+)b", "/(.*)-:a(.*)-:b(.*)x", "/:a?-:b?-:c?-:d?x", "/(a?a?a?a?a?a?aaaaaa)", "/(a|aa)+b"];
for (const source of slowRoutes) {
  test(`routePatterns() refuses ${JSON.stringify(source)}, which may take long`, () => {
    assert.throws(() => routePatterns(source), Unhonoured);
  });
}
for (const source of ["/blog/:year(\\d+)/:month(\\d\\d)/:day([0-9]+)/:slug", "/:a?/:b?/:c?", "/:a(en|de)?/x/:rest+"]) {
  test(`routePatterns() takes ${JSON.stringify(source)}`, () => assert.doesNotThrow(() => routePatterns(source)));
}

for (const source of ["/:a/*/b/*", "/:a/{b,c}", "/:a/:a", "/:a((?=x)"]) {
  test(`routePatterns() refuses ${JSON.stringify(source)}`, () => {
    assert.throws(() => routePatterns(source), Unhonoured);
  });
}
