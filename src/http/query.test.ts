import assert from "node:assert/strict";
import { test } from "node:test";
import { queryOf, withQuery } from "./query.ts";

const queries: [target: string, query: string, whole: string][] = [
  ["/a", "", "/a"],
  ["/a", "?", "/a?"],
  ["/a", "?b=c", "/a?b=c"],
  ["/a?x=y", "?b=c", "/a?x=y&b=c"],
  ["/a#part", "?b=c", "/a?b=c#part"],
  ["/a?", "?b=c", "/a?b=c"],
  // Never a value of the target beside one of the visitor.
  ["/a?x=y", "?x=z", "/a?x=y"],
  ["/a?x=y#part?x", "?b=c&x=z&d", "/a?x=y&b=c&d#part?x"],
  ["/a?x", "?x=z&X=z&xx=z", "/a?x&X=z&xx=z"],
  ["/a?x[]=1&a%20b=1", "?x%5B%5D=2&a+b=2&%61%20b=3&c=4", "/a?x[]=1&a%20b=1&c=4"],
  ["/a?x=y", "?x=1&x=2", "/a?x=y"],
  ["/a?x=y", "?b=1&b=2", "/a?x=y&b=1&b=2"],
  ["/a?x=%", "?%=1&%FF=2", "/a?x=%&%=1&%FF=2"],
  ["/a?x=y", "?", "/a?x=y"],
  ["/a?x=y", "?&&b=c&", "/a?x=y&b=c"],
  ["/a?=y", "?=z", "/a?=y"],
  ["https://b.example?x=y", "?x=z", "https://b.example?x=y"],
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
