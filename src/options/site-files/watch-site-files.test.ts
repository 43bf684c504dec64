import assert from "node:assert/strict";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { canHear } from "../../../test/support/local-files.ts";
import { makeSite } from "../../../test/support/site.ts";
import { versionOf } from "../sources/watch-file.ts";
import { NameWatcher } from "../sources/watch-names.ts";
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

test("watchSiteFiles() asks no more once it listens, and tells of a file that comes then", {
  skip: !canHear,
  timeout: 10_000,
}, async (t) => {
  const root = makeSite(t);
  const alive = setInterval(() => {}, 1000);
  const asleep = Promise.withResolvers<void>();
  const follow = NameWatcher.prototype.follow;
  t.mock.method(NameWatcher.prototype, "follow", function (this: NameWatcher, paths: readonly string[]) {
    // Every file is followed already: no further check is planned.
    if (paths.length === 0) asleep.resolve();
    return follow.call(this, paths);
  });
  const heard = Promise.withResolvers<void>();
  const end = watchSiteFiles(new Map([[join(root, "_redirects"), undefined]]), heard.resolve);
  t.after(() => {
    end();
    clearInterval(alive);
  });
  await asleep.promise;
  writeFileSync(join(root, "_redirects"), "/a /b");
  await heard.promise;
});
