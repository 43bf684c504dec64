import assert from "node:assert/strict";
import { test } from "node:test";
import { covers, encode, meets, segmentsOf, targetOf, withOptionalSlash } from "./paths.ts";

const cases = [
  ["/a", "/a", "covers"],
  ["/a/*", "/a/b", "covers"],
  ["/a/*", "/a/*", "covers"],
  ["/*", "/a/:b/c", "covers"],
  ["/a/:x", "/a/b", "covers"],
  ["/a/:x", "/a/:y", "covers"],
  ["/a/*", "/a", "meets"],
  ["/a/:x", "/a/*", "meets"],
  ["/a/b", "/a/:x", "meets"],
  ["/a/b-:x", "/a/b-c", "meets"],
  ["/a/*.jpg", "/a/b.jpg", "meets"],
  ["/static/*", "/*.jpg", "meets"],
  ["/a", "/b", "apart"],
  ["/a/*", "/b/*", "apart"],
  ["/a/:x", "/a", "apart"],
  ["/:x/a/*", "/:x/b/*", "apart"],
] as const;
for (const [first, second, expected] of cases) {
  test(`covers() and meets() find ${first} and ${second}: ${expected}`, () => {
    const [one, other] = [segmentsOf(first), segmentsOf(second)];
    const found = covers(one, other) ? "covers" : meets(one, other) ? "meets" : "apart";
    assert.equal(found, expected);
    assert.equal(meets(other, one), expected !== "apart");
  });
}

const encodings = [
  ["/a b", "/a%20b"],
  ["/ü", "/%C3%BC"],
  ["/%c3%bc/100%", "/%C3%BC/100%"],
  ['/"<>`{}^', "/%22%3C%3E%60%7B%7D%5E"],
  ["/a\u0001\ud800", "/a%01%EF%BF%BD"],
  ["/~!$&'()*+,;=:@[]|", "/~!$&'()*+,;=:@[]|"],
] as const;
for (const [text, expected] of encodings) {
  test(`encode() writes ${JSON.stringify(text)} as browsers do`, () => {
    assert.equal(encode(text), expected);
  });
}

const slashes = [
  ["/", ["/"]],
  ["/*", ["/*"]],
  ["/a", ["/a", "/a/"]],
  ["/a/", ["/a/", "/a"]],
  // A dot does not make a name that of a file: versions, hosts and user names have dots.
  ["/8.0.0", ["/8.0.0", "/8.0.0/"]],
  ["/a.php/", ["/a.php/", "/a.php"]],
  ["/a/*", ["/a{/*}?"]],
  ["/a/:b", ["/a/:b{/}?"]],
] as const;
for (const [pattern, expected] of slashes) {
  test(`withOptionalSlash() takes both spellings of ${pattern}`, () => {
    assert.deepEqual(withOptionalSlash(pattern), expected);
  });
}

test("targetOf() leaves nothing that could end a field line", () => {
  assert.equal(targetOf("/a\r\nX: 1", true), "/a%0D%0AX:%201");
});
