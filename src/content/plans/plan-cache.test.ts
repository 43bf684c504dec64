import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileStat } from "../../files/opener.ts";
import { hashTarget, type OpenFile } from "../../http/message.ts";
import { errorReply } from "../error-page.ts";
import { type Plan, planFile, planRedirect, planRefusal } from "./plan.ts";
import { PLAN_OVERHEAD_BYTES, PlanCache } from "./plan-cache.ts";

const STAT: FileStat = { type: "file", sizeBytes: 1, mtimeNs: 0n, ctimeNs: 0n, ino: 1n, dev: 1n };

/** An open file that only counts. */
class FakeFile implements OpenFile {
  readonly fd = -1;
  userCount = 1;

  retain(): void {
    assert.ok(this.userCount > 0, "retained after it was closed");
    this.userCount++;
  }

  release(): void {
    assert.ok(this.userCount > 0, "released more often than retained");
    this.userCount--;
  }
}

function small(sizeBytes: number): Plan {
  return planFile({ path: "a.txt", source: Buffer.alloc(sizeBytes), stat: STAT, nowMs: 0 });
}

function large(): { plan: Plan; file: FakeFile } {
  const file = new FakeFile();
  return { plan: planFile({ path: "a.bin", source: file, stat: STAT, nowMs: 0 }), file };
}

function missing(): Plan {
  return planRefusal({ reply: errorReply(404) }, 0, true);
}

function find(cache: PlanCache, path: string): Plan | undefined {
  const target = Buffer.from(`GET ${path}?`);
  return cache.find(target, 4, target.length - 1, hashTarget(target, 4, target.length - 1));
}

test("PlanCache finds a plan by bytes in the middle of others", () => {
  const cache = new PlanCache(1e6);
  const plan = small(10);
  cache.keep(Buffer.from("/a"), plan);
  assert.equal(find(cache, "/a"), plan);
  for (const path of ["/", "/b", "/aa", "/A", ""]) assert.equal(find(cache, path), undefined, path);
});

test("PlanCache tells paths with the same hash apart, in any order of leaving", () => {
  // Two words that collide in 32-bit FNV-1a.
  const [one, two] = [Buffer.from("costarring"), Buffer.from("liquid")];
  assert.equal(hashTarget(one, 0, one.length), hashTarget(two, 0, two.length));
  for (const [first, second] of [
    [one, two],
    [two, one],
  ] as const) {
    for (const leaving of [first, second]) {
      const cache = new PlanCache(1e6);
      const plans = new Map([first, second].map((key) => [key, small(1)]));
      for (const [key, plan] of plans) cache.keep(key, plan);
      for (const [key, plan] of plans) assert.equal(find(cache, key.toString()), plan);
      cache.keep(leaving, planRefusal({ reply: errorReply(500) }, 0, false));
      assert.equal(find(cache, leaving.toString()), undefined);
      const staying = leaving === first ? second : first;
      assert.equal(find(cache, staying.toString()), plans.get(staying));
    }
  }
});

test("PlanCache keeps a file apart from a miss with the same hash", () => {
  const cache = new PlanCache(1e6);
  const [file, miss] = [small(1), missing()];
  cache.keep(Buffer.from("costarring"), file);
  cache.keep(Buffer.from("liquid"), miss);
  assert.equal(find(cache, "costarring"), file);
  assert.equal(find(cache, "liquid"), miss);
});

test("PlanCache keeps one plan for a path, the last one", () => {
  const cache = new PlanCache(1e6);
  for (const plan of [small(10), missing(), large().plan, planRedirect("/a/", 0), small(20)]) {
    cache.keep(Buffer.from("/a"), plan);
    assert.equal(find(cache, "/a"), plan);
  }
  const { memoryBytes, openFileCount, refusalBytes } = cache.usage;
  assert.ok(memoryBytes > 20 && memoryBytes < 5000);
  assert.deepEqual([openFileCount, refusalBytes], [0, 0]);
});

test("PlanCache does not keep errors that pass, and forgets the plan that was there", () => {
  const cache = new PlanCache(1e6);
  cache.keep(Buffer.from("/a"), small(10));
  cache.keep(Buffer.from("/a"), planRefusal({ reply: errorReply(503) }, 0, false));
  assert.equal(find(cache, "/a"), undefined);
  assert.equal(cache.usage.memoryBytes, 0);
});

test("PlanCache with a limit of 0 keeps no content, but does keep open files and misses", () => {
  const cache = new PlanCache(0);
  cache.keep(Buffer.from("/small"), small(0));
  cache.keep(Buffer.from("/large"), large().plan);
  cache.keep(Buffer.from("/missing"), missing());
  assert.equal(find(cache, "/small"), undefined);
  assert.notEqual(find(cache, "/large"), undefined);
  assert.notEqual(find(cache, "/missing"), undefined);
});

test("PlanCache retains an open file while it keeps its plan", () => {
  const cache = new PlanCache(1e6, 2);
  const files = ["/a", "/b", "/c"].map((path) => {
    const { plan, file } = large();
    cache.keep(Buffer.from(path), plan);
    cache.keep(Buffer.from(path), plan);
    file.release();
    return file;
  });
  assert.deepEqual(
    files.map((file) => file.userCount),
    [0, 1, 1],
  );
  cache.keep(Buffer.from("/b"), missing());
  cache.close();
  assert.deepEqual(
    files.map((file) => file.userCount),
    [0, 0, 0],
  );
});

test("PlanCache keeps nothing once it is closed", () => {
  const cache = new PlanCache(1e6);
  for (let count = 0; count < 100; count++) cache.keep(Buffer.from(`/${count}`), small(count));
  cache.close();
  const { plan, file } = large();
  cache.keep(Buffer.from("/late"), plan);
  assert.equal(file.userCount, 1);
  assert.deepEqual(cache.usage, { memoryBytes: 0, openFileCount: 0, refusalBytes: 0 });
  assert.equal(find(cache, "/7"), undefined);
});

test("PlanCache keeps its good plans through a flood of misses and redirects", () => {
  const cache = new PlanCache(1e5);
  cache.keep(Buffer.from("/good"), small(1000));
  cache.keep(Buffer.from("/large"), large().plan);
  for (let count = 0; count < 20_000; count++) {
    cache.keep(Buffer.from(`/random/${count}`), count % 2 === 0 ? missing() : planRedirect("/a/", 0));
  }
  assert.ok(cache.usage.refusalBytes <= 262_144);
  assert.notEqual(find(cache, "/good"), undefined);
  assert.notEqual(find(cache, "/large"), undefined);
});

test("PlanCache keeps a new version of a used plan for as long as the former would have been", () => {
  const cache = new PlanCache(3 * 4200);
  cache.keep(Buffer.from("/a"), small(10));
  find(cache, "/a");
  cache.keep(Buffer.from("/a"), small(11));
  for (const path of ["/b", "/c", "/d"]) cache.keep(Buffer.from(path), small(10));
  assert.notEqual(find(cache, "/a"), undefined);
});

test("PlanCache stays within its bounds, finds only what was kept last, and leaks no open file", () => {
  const action = fc.record({
    key: fc.nat(30),
    kind: fc.constantFrom("small", "large", "missing", "redirect", "error", "find"),
    sizeBytes: fc.nat(6000),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
      const cache = new PlanCache(40_000, 4);
      const last = new Map<number, Plan>();
      const files: FakeFile[] = [];
      for (const { key, kind, sizeBytes } of actions) {
        const path = `/${key}`;
        if (kind === "find") {
          const found = find(cache, path);
          assert.ok(found === undefined || found === last.get(key));
          continue;
        }
        const opened = kind === "large" ? large() : undefined;
        const plan =
          opened?.plan ??
          (kind === "small"
            ? small(sizeBytes)
            : kind === "missing"
              ? missing()
              : kind === "redirect"
                ? planRedirect("/a/", 0)
                : planRefusal({ reply: errorReply(500) }, 0, false));
        last.set(key, plan);
        cache.keep(Buffer.from(path), plan);
        if (opened !== undefined) {
          opened.file.release();
          files.push(opened.file);
        }
        assert.ok(cache.usage.memoryBytes <= 40_000 && cache.usage.openFileCount <= 4);
        assert.equal(files.filter((file) => file.userCount > 0).length, cache.usage.openFileCount);
      }
      cache.close();
      assert.ok(files.every((file) => file.userCount === 0));
      assert.deepEqual(cache.usage, { memoryBytes: 0, openFileCount: 0, refusalBytes: 0 });
    }),
  );
});

test("PlanCache that is full lets a path in when it comes again, so that a crawl pushes nothing out", () => {
  const cache = new PlanCache(20 * (PLAN_OVERHEAD_BYTES + 100));
  const kept = Array.from({ length: 10 }, (_, index) => `/kept/${index}`);
  for (const path of kept) cache.keep(Buffer.from(path), small(50));
  for (let count = 0; count < 1000; count++) cache.keep(Buffer.from(`/crawled/${count}`), small(50));
  // No visitor has asked for these meanwhile: even so they are still there.
  for (const path of kept) assert.notEqual(find(cache, path), undefined, path);
  const plan = small(50);
  cache.keep(Buffer.from("/new"), plan);
  assert.equal(find(cache, "/new"), undefined);
  cache.keep(Buffer.from("/new"), plan);
  assert.equal(find(cache, "/new"), plan);
});

test("PlanCache that is full takes the new version of what it has", () => {
  const cache = new PlanCache(2 * (PLAN_OVERHEAD_BYTES + 100));
  for (const path of ["/a", "/b", "/c"]) cache.keep(Buffer.from(path), small(50));
  const newer = small(60);
  cache.keep(Buffer.from("/a"), newer);
  assert.equal(find(cache, "/a"), newer);
});

test("PlanCache holds a flood of missing paths out of its small shelf", () => {
  const cache = new PlanCache(1e6);
  const icon = missing();
  cache.keep(Buffer.from("/favicon.ico"), icon);
  for (let count = 0; count < 5000; count++) cache.keep(Buffer.from(`/scan/${count}`), missing());
  assert.equal(find(cache, "/favicon.ico"), icon);
  assert.ok(cache.usage.refusalBytes <= 262_144);
});
