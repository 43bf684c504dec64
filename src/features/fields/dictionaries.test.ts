import assert from "node:assert/strict";
import { test } from "node:test";
import { dictionaryOf, forSize } from "./dictionaries.ts";
import { DEFAULT_POLICY } from "./path-policy.ts";

const OPTIONS = { leastBytes: 10, limitBytes: 20 };
const URL = "/assets/app-BxK3f9aZ.js";

test("dictionaryOf() names all versions of a script, and the file itself", () => {
  assert.equal(dictionaryOf(URL, OPTIONS)?.use, 'match="/assets/app-*.js", id="app-BxK3f9aZ.js"');
});

for (const url of ["/", "/app.js", "/assets/photo-BxK3f9aZ.svg", "/assets/chunk-BxK3f9aZ.js", "/(a)/app-BxK3f9aZ.js"]) {
  test(`dictionaryOf() has nothing for ${url}`, () => {
    assert.equal(dictionaryOf(url, OPTIONS), undefined);
  });
}

const named: readonly [id: string, url: string | undefined][] = [
  ["app-CyL4g0bA.js", "/assets/app-CyL4g0bA.js"],
  ["app-BxK3f9aZ.js", URL],
  ["lib-CyL4g0bA.js", undefined],
  ["app-CyL4g0bA.css", undefined],
  ["app.js", undefined],
  ["../assets/app-CyL4g0bA.js", undefined],
  ["x/app-CyL4g0bA.js", undefined],
  ["app-CyL4g0bA.js?x", undefined],
  ["", undefined],
];
for (const [id, url] of named) {
  test(`dictionaryOf().urlOf() takes ${JSON.stringify(id)} for ${url}`, () => {
    assert.equal(dictionaryOf(URL, OPTIONS)?.urlOf(id), url);
  });
}

for (const [sizeBytes, isDictionary] of [
  [9, false],
  [10, true],
  [20, true],
  [21, false],
] as const) {
  test(`forSize() says of ${sizeBytes} bytes, of 10 to 20: ${isDictionary}`, () => {
    const policy = { ...DEFAULT_POLICY, dictionary: dictionaryOf(URL, OPTIONS) };
    const { dictionary } = forSize(policy, sizeBytes);
    assert.equal(dictionary?.use !== undefined, isDictionary);
    assert.equal(dictionary?.urlOf("app-CyL4g0bA.js"), "/assets/app-CyL4g0bA.js");
  });
}

test("forSize() leaves a policy alone that has no dictionary", () => {
  assert.equal(forSize(DEFAULT_POLICY, 1), DEFAULT_POLICY);
});
