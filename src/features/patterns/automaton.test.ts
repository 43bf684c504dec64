import assert from "node:assert/strict";
import { test } from "node:test";
import { pathPattern } from "./pattern.ts";

// For each, a regular expression takes from seconds to years: for 8 KB of "a", or of what stands after it.
const slow: [source: string, repeated?: string][] = [
  ["/((?:a|aa)+)b"],
  ["/((?:a+)+)b"],
  ["/(a*a*a*a*a*a*)b"],
  ["/:x(a?)-:y((?:a*)*)b"],
  ["/:a(a*)?-:b(a*)?-:c(a*)?b", "-a"],
  ["{/:a([^b]*)}*b", "/a"],
  ["/((?!(?:a|aa)*b)(?:a|aa)*)b"],
  ["/((?:a(?!.*b))*)b"],
  ["/(a{0,500}a{0,500})b"],
];
for (const [source, repeated = "a"] of slow) {
  test(`pathPattern(${source}) takes linear time for a path that does not match`, () => {
    const pattern = pathPattern(source.startsWith("/") ? source : `/x${source}`);
    assert.ok(pattern.isLinear);
    assert.equal(pattern.match(`/${repeated.repeat(8000 / repeated.length)}!`), undefined);
  });
}

for (const source of ["/(a{5000})", "/((?:a{100}){100})", "/((?<=a)b)", "/(\\p{L}+)"]) {
  test(`pathPattern(${source}) says that it may take longer`, () => {
    assert.equal(pathPattern(source).isLinear, false);
  });
}

const found: [source: string, path: string, groups: Record<string, string> | undefined][] = [
  ["/:a(x|xy):b(y?z?)", "/xyz", { a: "x", b: "yz" }],
  ["/:a(x|xy)z", "/xyz", { a: "xy" }],
  ["/:a(.*?):b(.*)", "/xyz", { a: "", b: "xyz" }],
  ["/:a(\\d{2,3})", "/1", undefined],
  ["/:a(\\d{2,3}?):b(\\d*)", "/1234", { a: "12", b: "34" }],
  ["/v:v(\\d+\\.\\d+\\.\\d+)", "/v1.20.3", { v: "1.20.3" }],
  ["/:a((?!b)[^\\x2f]+)", "/bc", undefined],
  ["/:a((?=.*c$)[a-c]+)", "/abc", { a: "abc" }],
  ["/:a([^a-c%.]+)", "/xyz", { a: "xyz" }],
  ["/:a(\\w+){-:b(\\w+)}*", "/x-1-2", { a: "x", b: "1-2" }],
];
for (const [source, path, groups] of found) {
  test(`pathPattern(${source}) finds ${JSON.stringify(groups)} in ${path}`, () => {
    assert.deepEqual(pathPattern(source).match(path), groups);
  });
}
