import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { canHear } from "../../../test/support/local-files.ts";
import { makeSite } from "../../../test/support/site.ts";
import { NameWatcher } from "./watch-names.ts";

function listen(t: TestContext, ...paths: string[]) {
  let heard = Promise.withResolvers<string>();
  const watcher = new NameWatcher((path) => heard.resolve(path));
  t.after(() => watcher.close());
  // Its watches keep no process alive.
  const alive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(alive));
  assert.deepEqual([...watcher.follow(paths)], paths);
  /** Resolves with the next path that is told after a change. Follows it, as users do. */
  const after = async (change: () => void): Promise<string> => {
    heard = Promise.withResolvers();
    change();
    const path = await heard.promise;
    watcher.follow(paths);
    return path;
  };
  return { watcher, after };
}

const changes: [what: string, prepare: (base: string) => void, change: (base: string) => void][] = [
  [
    "is written",
    (base) => mkdirSync(join(base, "site")),
    (base) => writeFileSync(join(base, "site", "rules"), "changed"),
  ],
  ["appears with its folder", () => {}, (base) => mkdirSync(join(base, "site"))],
  [
    "has a folder that is replaced by rename",
    (base) => {
      mkdirSync(join(base, "site"));
      mkdirSync(join(base, "next"));
    },
    (base) => {
      renameSync(join(base, "site"), join(base, "former"));
      renameSync(join(base, "next"), join(base, "site"));
    },
  ],
  [
    "has a folder that is removed and made again",
    (base) => mkdirSync(join(base, "site")),
    (base) => {
      rmSync(join(base, "site"), { recursive: true });
      mkdirSync(join(base, "site"));
    },
  ],
  [
    "has a folder that is a link, and the link is swapped",
    (base) => {
      for (const name of ["one", "two"]) mkdirSync(join(base, name));
      symlinkSync("one", join(base, "site"));
    },
    (base) => {
      symlinkSync("two", join(base, "swap"));
      renameSync(join(base, "swap"), join(base, "site"));
    },
  ],
  [
    "is below a link that is swapped",
    (base) => {
      for (const name of ["one/public", "two/public"]) mkdirSync(join(base, name), { recursive: true });
      symlinkSync("one", join(base, "current"));
      symlinkSync("current/public", join(base, "site"));
    },
    (base) => {
      symlinkSync("two", join(base, "swap"));
      renameSync(join(base, "swap"), join(base, "current"));
    },
  ],
  [
    "is a link into a folder that is a link, as of Kubernetes, and that is swapped",
    (base) => {
      mkdirSync(join(base, "site"));
      for (const name of ["..1", "..2"]) mkdirSync(join(base, "site", name));
      symlinkSync("..1", join(base, "site", "..data"));
      symlinkSync("..data/rules", join(base, "site", "rules"));
    },
    (base) => {
      symlinkSync("..2", join(base, "site", "..tmp"));
      renameSync(join(base, "site", "..tmp"), join(base, "site", "..data"));
    },
  ],
];
for (const [what, prepare, change] of changes) {
  test(`NameWatcher hears of a path that ${what}, and of the file that is there then`, {
    skip: !canHear,
    timeout: 10_000,
  }, async (t) => {
    const base = makeSite(t);
    prepare(base);
    const rules = join(base, "site", "rules");
    const { after } = listen(t, rules);
    assert.equal(await after(() => change(base)), rules);
    assert.equal(await after(() => writeFileSync(rules, "new")), rules);
  });
}

test("NameWatcher tells of no other name, and of a folder in which too much happens", {
  skip: !canHear,
  timeout: 10_000,
}, async (t) => {
  const base = makeSite(t, { "site/rules": "" });
  const rules = join(base, "site", "rules");
  const { watcher, after } = listen(t, rules);
  const told = await after(() => {
    // Two files in turn: the kernel joins equal events that follow each other.
    for (let count = 0; count < 3000; count++) writeFileSync(join(base, "site", `log${count % 2}`), "");
  });
  assert.equal(told, rules);
  assert.deepEqual([...watcher.follow([rules])], []);
});

test("NameWatcher does not hear what it cannot watch", () => {
  const watcher = new NameWatcher(() => {});
  assert.deepEqual([...watcher.follow(["/proc/self/status"])], []);
  watcher.close();
});
