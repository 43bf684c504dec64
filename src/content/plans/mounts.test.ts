import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSiteHandler, shown } from "../../../test/support/answers.ts";
import { makeSite } from "../../../test/support/site.ts";

// Complaint: http-server #139 #348
test("createHandler() serves mounts next to the root, each within itself", async (t) => {
  const docs = makeSite(t, { "index.html": "manual", "deep/index.html": "deep", "a.css": "sheet" });
  const { ask, clock } = makeSiteHandler(t, { mounts: { "/docs": docs, "/docs/deep/er": docs } });
  for (let round = 0; round < 3; round++, clock.ms += 1000) {
    assert.equal(shown(await ask("/")), "200 home");
    assert.equal(shown(await ask("/docs/")), "200 manual");
    assert.equal(shown(await ask("/docs/a.css")), "200 sheet");
    assert.equal(shown(await ask("/docs/deep")), "301 /docs/deep/");
    assert.equal(shown(await ask("/docs/deep/er/a.css")), "200 sheet");
    assert.equal(shown(await ask("/docs/guide.html")), "404 lost");
    assert.equal(shown(await ask("/docsx")), "404 lost");
  }
});

test("createHandler() looks at the files of a mount in its own root when their plans grow old", async (t) => {
  const docs = makeSite(t, { "a.css": "first" });
  const { ask, clock } = makeSiteHandler(t, { mounts: { "/docs": docs } }, { "a.css": "of the root" });
  assert.equal(shown(await ask("/docs/a.css")), "200 first");
  writeFileSync(join(docs, "a.css"), "second");
  clock.ms += 1000;
  assert.equal(shown(await ask("/docs/a.css")), "200 second");
  rmSync(join(docs, "a.css"));
  clock.ms += 1000;
  assert.equal((await ask("/docs/a.css")).status, 404);
});
