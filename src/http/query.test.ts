import assert from "node:assert/strict";
import { test } from "node:test";
import { queryOf, withQuery } from "./query.ts";

const queries: [target: string, query: string, whole: string][] = [
  ["/a", "", "/a"],
  ["/a", "?", "/a?"],
  ["/a", "?b=c", "/a?b=c"],
  ["/a?x=y", "?b=c", "/a?x=y&b=c"],
  ["/a#part", "?b=c", "/a?b=c#part"],
];
for (const [target, query, whole] of queries) {
  test(`withQuery(${target}, ${query}) is ${whole}`, () => assert.equal(withQuery(target, query), whole));
}

const targets: [target: string, query: string][] = [
  ["/a", ""],
  ["/a?", "?"],
  ["/a?b=c?d", "?b=c?d"],
  ['/a?b="<\u00e9>', "?b=%22%3C%C3%A9%3E"],
];
for (const [target, query] of targets) {
  test(`queryOf(${target}) is ${query}`, () => assert.equal(queryOf(target), query));
}
