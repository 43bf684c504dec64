import assert from "node:assert/strict";
import { test } from "node:test";
import { makeSite } from "../../test/support/site.ts";
import { missingPages } from "./check-pages.ts";
import { resolveOptions } from "./resolve.ts";
import type { ServerOptions } from "./server-options.ts";

const cases: [options: ServerOptions, missing: string[]][] = [
  [{}, []],
  [{ fallback: "/index.html" }, []],
  [{ fallback: "/dist" }, ["fallback: there is no file /dist in ROOT"]],
  [{ fallback: "/folder" }, ["fallback: there is no file /folder in ROOT"]],
  [{ fallback: "/../x" }, ["fallback: there is no file /../x in ROOT"]],
  [{ maintenance: { page: "/none.html" } }, ["maintenance.page: there is no file /none.html in ROOT"]],
  [{ maintenance: true }, []],
  [{ speculationRules: "/folder/a.txt" }, []],
  [{ speculationRules: "/none.json" }, ["speculationRules: there is no file /none.json in ROOT"]],
  [
    { errorPages: { 403: "/index.html", 404: "/none.html" } },
    ['errorPages["404"]: there is no file /none.html in ROOT'],
  ],
];
for (const [options, missing] of cases) {
  test(`missingPages(${JSON.stringify(options)}) are ${JSON.stringify(missing)}`, async (t) => {
    const root = makeSite(t, { "index.html": "", "folder/a.txt": "" });
    const found = await missingPages(resolveOptions({ root, ...options }));
    assert.deepEqual(
      found,
      missing.map((sentence) => sentence.replace("ROOT", root)),
    );
  });
}

test("missingPages() names the site that names them", async (t) => {
  const root = makeSite(t, { "index.html": "" });
  const found = await missingPages(resolveOptions({ root, sites: { "a.example": { root, fallback: "/app.html" } } }));
  assert.deepEqual(found, [`sites["a.example"].fallback: there is no file /app.html in ${root}`]);
});
