import assert from "node:assert/strict";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSite } from "../../test/support/site.ts";
import { versionOf } from "./watch-file.ts";
import { watchSiteFiles } from "./watch-site-files.ts";

test("watchSiteFiles() tells once of files that change, come and go, also behind a link that is swapped", async (t) => {
  const [first, second] = [makeSite(t, { a: "1" }), makeSite(t, { a: "1", b: "2" })];
  const current = join(makeSite(t), "current");
  symlinkSync(first, current);
  let count = 0;
  let heard = Promise.withResolvers<void>();
  // Its own timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  const paths = [join(current, "a"), join(current, "b")];
  const files = new Map(await Promise.all(paths.map(async (path) => [path, await versionOf(path)] as const)));
  const end = watchSiteFiles(files, () => {
    count++;
    heard.resolve();
  });
  t.after(() => {
    end();
    clearInterval(alive);
  });
  for (const change of [
    () => writeFileSync(join(first, "a"), ""),
    () => writeFileSync(join(first, "b"), "new"),
    () => rmSync(join(first, "b")),
    () => {
      rmSync(current);
      symlinkSync(second, current);
    },
  ]) {
    heard = Promise.withResolvers();
    const before = count;
    change();
    await heard.promise;
    assert.equal(count, before + 1);
  }
});
