import assert from "node:assert/strict";
import { test } from "node:test";
import { pathPattern } from "./pattern.ts";

/** Each has groups that can share out a text in more ways than one; URLPattern says which it should be. */
const sources = [
  "/:a-:b",
  "/:year-:month-:day/:slug{/}?",
  "/*-*",
  "/*/b/*",
  "/*/:a-:b/*c",
  "/x{-*}?-:a{/*}?",
  "/:a{*}",
  "/:a([^\\/]+)-:b([^\\/]+)",
  "/:a([^\\/]+)b",
  "/:a([^\\/]+){*}",
  "/:year([^\\/]+)-:month-:day([^\\/]+)/:slug{/}?",
];
const paths = [
  "/",
  "/a",
  "/-",
  "/a-b",
  "/a-b-c",
  "/---",
  "/--/-",
  "/a/b/c",
  "/b/b/b/",
  "/a/a-b/cc",
  "/x-a-b",
  "/x-a/b-c",
];
for (const source of sources) {
  for (const path of paths) {
    test(`pathPattern(${source}) finds in ${path} what URLPattern finds`, () => {
      const wanted = new URLPattern({ pathname: source }).exec({ pathname: path })?.pathname.groups;
      const { splat: _, ...found } = pathPattern(source).match(path) ?? { splat: "" };
      const isFound = pathPattern(source).match(path) !== undefined;
      assert.equal(isFound, wanted !== undefined);
      for (const [name, value] of Object.entries(wanted ?? {})) assert.equal(found[name], value ?? "");
    });
  }
}

// As regular expressions these take from hours to longer than anyone has.
const slow: [source: string, path: string][] = [
  ["/blog/:year-:month-:day-:slug", `/blog/${"-".repeat(8000)}/`],
  ["/*a*a*a*a*b", `/${"a".repeat(8000)}`],
  ["/*/:a-:b-:c/*-*x", `/${"-/".repeat(4000)}`],
  ["/:a-:b-:c-:d{/}?", `/${"-".repeat(8000)}/x`],
  ["/:a([^\\/]+)-:b([^\\/]+)-:c([^\\/]+)-:d([^\\/]+)/", `/${"-".repeat(8000)}/x`],
  ["/:a([^\\/]+):b([^\\/]+):c([^\\/]+)b", `/${"a".repeat(8000)}`],
];
for (const [source, path] of slow) {
  test(`pathPattern(${source}) says no to a path of ${path.length} made to take long`, { timeout: 20_000 }, () => {
    assert.equal(pathPattern(source).match(path), undefined);
  });
}
