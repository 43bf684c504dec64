import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, NAVIGATION, testAnswers } from "../../test/support/answers.ts";
import { isNavigation } from "./navigation.ts";

const cases: { what: string; method?: string; fields: Record<string, string>; is: boolean }[] = [
  { what: "a click in a browser", fields: { "sec-fetch-mode": "navigate", accept: "text/html,*/*;q=0.8" }, is: true },
  { what: "HEAD of it", method: "HEAD", fields: { "sec-fetch-mode": "navigate" }, is: true },
  { what: "a script of a page", fields: { "sec-fetch-mode": "no-cors", accept: "*/*" }, is: false },
  { what: "fetch() for HTML", fields: { "sec-fetch-mode": "cors", accept: "text/html" }, is: false },
  {
    what: "an older browser",
    fields: { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" },
    is: true,
  },
  { what: "an older browser's image", fields: { accept: "image/avif,image/webp,*/*;q=0.8" }, is: false },
  { what: "curl", fields: { accept: "*/*" }, is: false },
  { what: "a client that wants no HTML", fields: { accept: "text/html;q=0, application/json" }, is: false },
  { what: "a malformed Accept", fields: { accept: "text/html;q=x" }, is: false },
  { what: "no fields at all", fields: {}, is: false },
  { what: "POST", method: "POST", fields: { "sec-fetch-mode": "navigate" }, is: false },
];
for (const { what, method = "GET", fields, is } of cases) {
  test(`isNavigation() is ${is} for ${what}`, () => {
    assert.equal(isNavigation({ method, field: (name) => fields[name] }), is);
  });
}

const clean = { cleanUrls: true };
const spa = { fallback: "/index.html" };
const answers: Answer[] = [
  [spa, "/users/jane.doe", "200 home", NAVIGATION],
  [spa, "/assets/missing.js", "404 lost", { "Sec-Fetch-Mode": "no-cors", Accept: "*/*" }],
  [spa, "/users/1", "404 lost", { Accept: "*/*" }],
  [spa, "/about.html", "200 about", NAVIGATION],
  [{ ...spa, ...clean }, "/users/1", "200 home", NAVIGATION],
  [{ fallback: "/about.html", ...clean }, "/users/1", "200 about", NAVIGATION],
  [{ fallback: "/missing.html" }, "/users/1", "404 lost", NAVIGATION],
];
testAnswers(answers);
