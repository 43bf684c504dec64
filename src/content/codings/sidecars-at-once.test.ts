// How the precompressed files of a file are found where files are opened without waiting: by trying their names, and in
// a folder that is asked for often by its list, for which no request waits.
import assert from "node:assert/strict";
import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { asGzip, makeSite } from "../../../test/support/site.ts";
import { fileStatOf, type Opened, type Opener } from "../../files/opener.ts";
import { Freshness } from "../plans/freshness.ts";
import { PlanCache } from "../plans/plan-cache.ts";
import { Planner } from "../plans/planner.ts";
import { type ResolvedPath, resolvePath } from "../resolve.ts";

const FILE_COUNT = 40;
const HOUR_AGO = new Date(Date.now() - 3_600_000);

function makeThread(t: TestContext, names: (root: string) => Opener["names"]) {
  const files = Object.fromEntries(Array.from({ length: FILE_COUNT }, (_, index) => [`${index}.css`, `of ${index}`]));
  const root = makeSite(t, { ...files, "39.css.gz": asGzip("39") });
  for (const name of Object.keys(files)) utimesSync(join(root, name), HOUR_AGO, HOUR_AGO);
  const clock = { ms: Date.now() + 3_600_000 };
  const asked: string[] = [];
  let lookCount = 0;
  const statOf = (path: string) => fileStatOf(statSync(join(root, path), { bigint: true }));
  const openAtOnce = (path: string): Opened => {
    asked.push(path);
    try {
      return { kind: "file", fd: -1, stat: statOf(path), bytes: readFileSync(join(root, path)) };
    } catch {
      return { kind: "missing" };
    }
  };
  const opener: Opener = {
    open: () => assert.fail("nothing has to wait"),
    openAtOnce,
    lookAtOnce: (path) => {
      lookCount++;
      return statOf(path);
    },
    names: names(root)!,
  };
  const cache = new PlanCache(2 ** 20);
  const planner = new Planner({
    opener,
    cache,
    freshness: new Freshness(1000),
    now: () => clock.ms,
    onError: assert.fail,
    hasCleanUrls: false,
    trailingSlash: "folders",
    hasListing: false,
  });
  t.after(() => cache.close());
  /** The codings of a file, and the names that were asked for. */
  const plan = (index: number): string[] => {
    asked.length = 0;
    const held = planner.take(resolvePath(`/${index}.css`) as ResolvedPath);
    assert.ok(!(held instanceof Promise));
    using _held = held;
    assert.ok(held.plan.kind === "file");
    return held.plan.coded.map(({ coding }) => coding);
  };
  return { root, clock, asked, plan, looks: () => lookCount };
}

test("Planner tries the names of precompressed files first, and then knows them from the list of the folder", async (t) => {
  let listCount = 0;
  const listed = Promise.withResolvers<readonly string[]>();
  const { plan, asked } = makeThread(t, () => {
    return async () => {
      listCount++;
      return listed.promise;
    };
  });
  for (let index = 0; index < 20; index++) {
    assert.deepEqual(plan(index), []);
    assert.deepEqual(asked, [`${index}.css`, `${index}.css.br`, `${index}.css.zst`, `${index}.css.gz`]);
  }
  assert.equal(listCount, 1);
  listed.resolve(["20.css", "39.css", "39.css.gz"]);
  await new Promise(setImmediate);
  assert.deepEqual(plan(20), []);
  assert.deepEqual(asked, ["20.css"]);
  assert.deepEqual(plan(39), ["gzip"]);
  assert.deepEqual(asked, ["39.css", "39.css.gz"]);
  assert.equal(listCount, 1);
});

test("Planner goes on trying names in a folder that has too many for a list", async (t) => {
  const { plan, asked } = makeThread(t, () => async () => undefined);
  for (let index = 0; index < FILE_COUNT; index++) {
    assert.deepEqual(plan(index), index === 39 ? ["gzip"] : []);
    assert.equal(asked.length, 4);
    await new Promise(setImmediate);
  }
});

test("Planner looks at a folder once for many of its files, and again in time", async (t) => {
  const { plan, asked, root, clock, looks } = makeThread(t, () => async () => ["39.css.gz"]);
  for (let index = 0; index < 20; index++) plan(index);
  assert.equal(looks(), 1);
  await new Promise(setImmediate);
  writeFileSync(join(root, "30.css.br"), "new");
  clock.ms += 399;
  assert.deepEqual(plan(21), []);
  assert.equal(looks(), 1);
  // The look tolerated a root of 100 ms before, and counts for half of `revalidateMs`.
  clock.ms += 1;
  assert.deepEqual(plan(30), ["br"]);
  assert.deepEqual(asked, ["30.css", "30.css.br", "30.css.zst", "30.css.gz"]);
});

test("Planner uses no plan for longer than revalidateMs after its folder was looked at", async (t) => {
  const { plan, root, clock } = makeThread(t, () => async () => ["39.css.gz"]);
  plan(0);
  clock.ms += 399;
  // By what is known of the folder since then.
  assert.deepEqual(plan(1), []);
  writeFileSync(join(root, "1.css.br"), "new");
  clock.ms += 500;
  assert.deepEqual(plan(1), []);
  clock.ms += 1;
  assert.deepEqual(plan(1), ["br"]);
});
