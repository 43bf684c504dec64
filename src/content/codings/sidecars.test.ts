import assert from "node:assert/strict";
import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { asGzip, asZstd, countDescriptors, descriptorsSettled, makeSite } from "../../../test/support/site.ts";
import { createOpener } from "../../files/containment.ts";
import { fileStatOf, type Opener } from "../../files/opener.ts";
import type { Content } from "../../http/message.ts";
import { Freshness } from "../plans/freshness.ts";
import type { FilePlan } from "../plans/plan.ts";
import { PlanCache } from "../plans/plan-cache.ts";
import { Planner } from "../plans/planner.ts";
import { resolvePath } from "../resolve.ts";
import { SMALL_FILE_LIMIT_BYTES } from "../validators.ts";

const LARGE = Buffer.alloc(SMALL_FILE_LIMIT_BYTES + 1, "large ");

function site(t: TestContext, files: Record<string, string | Buffer>, hasLooks = true) {
  const root = makeSite(t, files);
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const name of Object.keys(files)) utimesSync(join(root, name), hourAgo, hourAgo);
  const before = countDescriptors();
  const clock = { ms: Date.now() + 3_600_000 };
  const { open, names = async () => undefined } = createOpener(root);
  const lookAtOnce: Opener["lookAtOnce"] = (path) => {
    try {
      return fileStatOf(statSync(join(root, path), { bigint: true }));
    } catch {
      return undefined;
    }
  };
  const cache = new PlanCache(2 ** 20);
  const asked: string[] = [];
  const opener: Opener = hasLooks
    ? {
        open: (path) => {
          asked.push(path);
          return open(path);
        },
        lookAtOnce,
        names,
      }
    : { open };
  const freshness = new Freshness(1000);
  const planner = new Planner({
    opener,
    cache,
    freshness,
    now: () => clock.ms,
    onError: assert.fail,
    hasCleanUrls: false,
    trailingSlash: "folders",
    hasListing: false,
  });
  t.after(() => cache.close());
  return {
    root,
    freshness,
    clock,
    asked,
    plan: async (url: string): Promise<FilePlan> => {
      const resolved = resolvePath(url);
      assert.ok(resolved.kind === "path");
      using held = await planner.take(resolved);
      const { plan } = held;
      assert.ok(plan.kind === "file");
      return plan;
    },
    settled: () => descriptorsSettled(before + cache.usage.openFileCount),
  };
}

const codings = (plan: FilePlan) => plan.coded.map(({ coding }) => coding);
const contentOf = (plan: FilePlan, index = 0) =>
  Buffer.concat((plan.coded[index]!.whole.content as Content).segments as Buffer[]).toString();

test("Planner finds the sidecars of a file, each with a tag and fields of its own", async (t) => {
  const files = { "a.css": "the original", "a.css.br": "in br", "a.css.gz": asGzip("x"), "a.css.zst": asZstd("x") };
  const { plan, settled } = site(t, files);
  const found = await plan("/a.css");
  assert.deepEqual(codings(found), ["br", "zstd", "gzip"]);
  assert.equal(contentOf(found), "in br");
  assert.equal(new Set([found, ...found.coded].map(({ etag }) => etag)).size, 4);
  assert.match(found.coded[0]!.fields, /^Content-Type: text\/css; charset=utf-8\r\n.*\r\nContent-Encoding: br\r\n/);
  for (const { fields, notModified } of [found, ...found.coded]) {
    assert.match(fields, /\r\nVary: Accept-Encoding\r\n/);
    assert.match(notModified.fields, /\r\nVary: Accept-Encoding\r\n/);
    assert.doesNotMatch(notModified.fields, /Content-/);
  }
  await settled();
});

test("Planner leaves out a sidecar that is older than its file", async (t) => {
  const { plan, root, settled } = site(t, { "a.css": "new", "a.css.br": "of the old", "a.css.gz": asGzip("as new") });
  const older = new Date(statSync(join(root, "a.css")).mtimeMs - 1000);
  utimesSync(join(root, "a.css.br"), older, older);
  assert.deepEqual(codings(await plan("/a.css")), ["gzip"]);
  await settled();
});

for (const [size, original] of [
  ["small", "short"],
  ["large", LARGE],
] as const) {
  test(`Planner leaves out what is named as a sidecar of a ${size} file and does not begin as one`, async (t) => {
    const html = typeof original === "string" ? "<!doctype html>not found" : LARGE;
    const files = { "a.css": original, "a.css.gz": html, "a.css.zst": html, "a.css.br": "x" };
    const { plan, root, clock, settled } = site(t, files);
    assert.deepEqual(codings(await plan("/a.css")), ["br"]);
    // A frame may be one that is skipped, and an empty file is no gzip.
    writeFileSync(join(root, "a.css.zst"), "P*M\x18");
    writeFileSync(join(root, "a.css.gz"), "");
    clock.ms += 1000;
    assert.deepEqual(codings(await plan("/a.css")), ["br", "zstd"]);
    await settled();
  });
}

test("Planner looks for no sidecars of what is compressed in itself, and takes no folder for one", async (t) => {
  const { plan, settled } = site(t, { "a.png": "x", "a.png.br": "y", "b.css": "x", "b.css.br/inside": "y" });
  assert.deepEqual(codings(await plan("/a.png")), []);
  assert.deepEqual(codings(await plan("/b.css")), []);
  await settled();
});

test("Planner sends large files and their sidecars from descriptors, and counts them", async (t) => {
  const { plan, settled } = site(t, { "a.css": LARGE, "a.css.br": "small", "a.css.gz": asGzip(LARGE) });
  const found = await plan("/a.css");
  assert.deepEqual(codings(found), ["br", "gzip"]);
  for (const { source } of [found, ...found.coded]) assert.ok(!Buffer.isBuffer(source));
  await settled();
});

test("Planner reads a folder once instead of opening in vain what is not there", async (t) => {
  const { plan, asked, root, clock } = site(t, { "a.css": "x", "b.css": "y", "c.css": "z", "c.css.gz": asGzip("c") });
  const old = new Date(Date.now() - 3_600_000);
  await Promise.all(["/a.css", "/b.css", "/c.css"].map(plan));
  assert.deepEqual(asked.sort(), ["a.css", "b.css", "c.css", "c.css.gz"]);
  writeFileSync(join(root, "a.css.br"), "new");
  utimesSync(root, old, old);
  clock.ms += 1000;
  assert.deepEqual(codings(await plan("/a.css")), ["br"]);
});

type Change = (path: string) => void;
const changes: [what: string, change: Change, codings: string[]][] = [
  ["a sidecar that was added", (path) => writeFileSync(`${path}.gz`, asGzip("x")), ["br", "gzip"]],
  ["a sidecar that was removed", (path) => rmSync(`${path}.br`), []],
  ["a sidecar that was written again", (path) => writeFileSync(`${path}.br`, "new"), ["br"]],
  [
    "a sidecar that was replaced",
    (path) => {
      writeFileSync(`${path}.tmp`, "new");
      renameSync(`${path}.tmp`, `${path}.br`);
    },
    ["br"],
  ],
  ["a file that is newer than its sidecar now", (path) => writeFileSync(path, "newer"), []],
];
for (const [what, change, expected] of changes) {
  for (const hasLooks of [true, false]) {
    test(`Planner sees ${what}, ${hasLooks ? "at once" : "where it has to open it"}`, async (t) => {
      const { plan, freshness, root, clock, settled } = site(
        t,
        { "a.css": "the original", "a.css.br": "in br" },
        hasLooks,
      );
      const first = await plan("/a.css");
      clock.ms += 1000;
      if (hasLooks) assert.ok(freshness.refresh(first, clock.ms));
      assert.equal(await plan("/a.css"), first, "while nothing changes, the plan stays");
      change(join(root, "a.css"));
      clock.ms += 1000;
      assert.equal(freshness.refresh(first, clock.ms), false);
      const second = await plan("/a.css");
      assert.notEqual(second, first);
      assert.deepEqual(codings(second), expected);
      await settled();
    });
  }
}

test("Planner keeps a plan when something else in its folder has changed", async (t) => {
  const { plan, root, clock, settled } = site(t, { "a.css": LARGE, "a.css.br": "in br" });
  const first = await plan("/a.css");
  writeFileSync(join(root, "other"), "x");
  clock.ms += 1000;
  assert.equal(await plan("/a.css"), first);
  await settled();
});
