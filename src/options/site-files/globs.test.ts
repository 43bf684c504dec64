import assert from "node:assert/strict";
import { test } from "node:test";
import { pathPattern } from "../../features/patterns/pattern.ts";
import { globPattern } from "./globs.ts";

/** Each glob with paths that minimatch takes, and some that it does not. */
const globs = [
  ["**", ["/", "/a", "/a/b.c"], []],
  ["404.html", ["/404.html"], ["/a/404.html", "/404xhtml"]],
  ["/a/**", ["/a/b", "/a/b/c"], ["/ab", "/b/a/c", "/a"]],
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
  ["[!a-c]x", ["/dx", "/%C3%A9x", "/%20x"], ["/ax", "/.x"]],
  ["a[b-]", ["/ab", "/a-"], ["/ac"]],
  ["c++/(x)/a:b", ["/c++/(x)/a:b"], ["/c/x/a:b"]],
  ["über/a b*", ["/%C3%BCber/a%20b", "/%C3%BCber/a%20bc"], ["/uber/a%20b"]],
  ["a\\*b", ["/a*b"], ["/acb"]],
  ["./a//b/../*.x", ["/a/y.x"], ["/a/b/y.x"]],
  ["!a/**", ["/b", "/a", "/"], ["/a/b"]],
  ["a/!(b)", ["/a/c", "/a/bb"], ["/a/b", "/a/b/c"]],
  ["./!(*.map|*.js).txt", ["/a.txt"], ["/a.map.txt", "/a.js.txt", "/a.js"]],
  ["*.!(js|css)", ["/a.html", "/a.mjs"], ["/a.js", "/a.css"]],
  ["{a/b,c}/d", ["/a/b/d", "/c/d"], ["/a/d"]],
  ["a{,/b}/c", ["/a/c", "/a/b/c"], ["/a//c"]],
  ["v{1..3}", ["/v1", "/v3"], ["/v4", "/v1..3"]],
  ["v{08..10}/{c..a}", ["/v08/b", "/v10/a"], ["/v8/b"]],
  ["{lang}/{a,b}", ["/%7Blang%7D/a"], ["/lang/a"]],
  ["{{a,b}}", ["/%7Ba%7D"], ["/a"]],
  ["[é]", ["/%C3%A9"], ["/e"]],
  ["[а-г]?", ["/%D0%B1%C3%A9"], ["/%D0%B1"]],
  ["a??", ["/a%20b", "/abc"], ["/a%20", "/ab"]],
  ["*20", ["/120"], ["/a%20"]],
  ["a\\", ["/a%5C"], ["/a"]],
  ["@(a", ["/@(a"], ["/a"]],
  ["[a", ["/%5Ba"], ["/a"]],
  ["[z-a]b", ["/%5Bz-a%5Db"], ["/zb"]],
  ["*a*b*", ["/ab", "/1a2b3"], ["/ba"]],
  ["+(a*)", ["/a", "/aba"], ["/b"]],
  ["+(@(a|b)c|!(*d))x", ["/acx", "/bcx", "/qx"], ["/"]],
] as const;
for (const [glob, taken, left] of globs) {
  test(`globPattern() takes what minimatch takes for ${JSON.stringify(glob)}`, () => {
    const pattern = pathPattern(globPattern(glob)!);
    assert.deepEqual(
      [...taken, ...left].filter((path) => pattern.match(path) !== undefined),
      [...taken],
    );
  });
}

test("globPattern() takes a slash at the end for a route, as serve does by taking it off", () => {
  const pattern = pathPattern(globPattern("/{old,past}/**", true)!);
  const paths = ["/old/a", "/past/a/", "/old/", "/old"];
  assert.deepEqual(
    paths.filter((path) => pattern.match(path) !== undefined),
    ["/old/a", "/past/a/"],
  );
});

test("globPattern() knows a glob that matches no path of serve", () => {
  assert.equal(globPattern("/a/"), undefined);
});

// A regular expression takes seconds to hours for these.
const slow: [glob: string, beginning: string][] = [
  ["x/+(a|aa)b", "a"],
  [`x/${"?(a)".repeat(30)}`, "a"],
  ["x/{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}", "a"],
  [`x/${"+(a)".repeat(5)}`, "a"],
  ["x/+(@(a|aa))b", "a"],
  ["**/a*/**/b*/**/c", "a/b/"],
  ["x/*a*a*a*a*b", "a"],
  ["x/!(*a*a*a*a*)b", "a"],
];
for (const [glob, beginning] of slow) {
  test(`globPattern() makes a pattern of ${JSON.stringify(glob)} that takes linear time`, () => {
    const pattern = pathPattern(globPattern(glob)!);
    assert.ok(pattern.isLinear);
    assert.equal(pattern.match(`/x/${beginning.repeat(8000 / beginning.length)}-`), undefined);
  });
}
