import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sources } from "../../options/sources/sources.ts";
import { inFlags } from "./in-flags.ts";

const PAGE = "there is no file /index.html in /srv";
const ZIP = "zip has no effect without listing";
const cases: [warning: string, sources: Sources, printed: string][] = [
  [`fallback: ${PAGE}`, {}, `fallback: ${PAGE}`],
  [`fallback: ${PAGE}`, { fallback: "--spa" }, `--spa: ${PAGE}`],
  [`fallback: ${PAGE}`, { fallback: "HEDDLE_SPA" }, `HEDDLE_SPA: ${PAGE}`],
  [`sites.a.fallback: ${PAGE}`, { fallback: "--spa" }, `sites.a.fallback: ${PAGE}`],
  [ZIP, { fallback: "--spa" }, ZIP],
  [ZIP, { zip: "--zip" }, "--zip has no effect without --listing"],
  [ZIP, { zip: "HEDDLE_ZIP" }, "HEDDLE_ZIP has no effect without listing"],
  ["root: x", { root: "root" }, "root: x"],
  [
    "/srv/_redirects:1: proxies are not supported",
    { fallback: "--spa" },
    "/srv/_redirects:1: proxies are not supported",
  ],
];
for (const [warning, sources, printed] of cases) {
  test(`inFlags() says "${printed}" with ${JSON.stringify(sources)}`, () => {
    assert.equal(inFlags(warning, sources), printed);
  });
}
