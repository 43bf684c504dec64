import assert from "node:assert/strict";
import { test } from "node:test";
import { spellings } from "./spellings.ts";

const folder = ["/a", "/a/", "/a/index.html"];
for (const url of [...folder, "/a/INDEX.HTML", "/a/index.html.br"]) {
  test(`spellings() of ${url} has those of the folder`, () => {
    for (const spelling of [url, ...folder]) assert.ok(spellings(url, false).includes(spelling), spelling);
  });
}
for (const url of ["/", "/index.html", "/index.html.gz"]) {
  test(`spellings() of ${url} has those of the root`, () => {
    for (const spelling of [url, "/", "/index.html"]) assert.ok(spellings(url, false).includes(spelling), spelling);
  });
}
for (const url of ["/a", "/a.html", "/a/", "/a/index.html", "/a.html.zst"]) {
  test(`spellings() of ${url} has the clean path and its page`, () => {
    for (const spelling of [url, "/a", "/a.html"]) assert.ok(spellings(url, true).includes(spelling), spelling);
  });
}

test("spellings() takes no page for another where there are no clean paths", () => {
  assert.ok(!spellings("/a", false).includes("/a.html"));
  assert.ok(!spellings("/a.html", false).includes("/a"));
});
