import assert from "node:assert/strict";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSite } from "../../test/support/site.ts";
import { watchSiteFiles } from "./watch-site-files.ts";

test("watchSiteFiles() tells once of files that change, come and go, also behind a link that is swapped", async (t) => {
  const [first, second] = [makeSite(t, { a: "1" }), makeSite(t, { a: "1", b: "2" })];
  const current = join(makeSite(t), "current");
  symlinkSync(first, current);
  let count = 0;
  let heard = Promise.withResolvers<void>();
  // Its own timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  const end = watchSiteFiles([join(current, "a"), join(current, "b")], () => {
    count++;
    heard.resolve();
  });
  t.after(() => {
    end();
    clearInterval(alive);
  });
  // What is there at its first look is what it knows; it may be late.
  let size = 1;
  const again = setInterval(() => writeFileSync(join(first, "a"), "x".repeat(++size)), 2000);
  await heard.promise;
  clearInterval(again);
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
