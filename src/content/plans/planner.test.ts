import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { countDescriptors, descriptorsSettled, makeSite } from "../../../test/support/site.ts";
import { createOpener } from "../../files/containment.ts";
import { fileStatOf, type Opened, type Opener } from "../../files/opener.ts";
import type { Content } from "../../http/message.ts";
import { type ResolvedPath, resolvePath } from "../resolve.ts";
import { SMALL_FILE_LIMIT_BYTES } from "../validators.ts";
import { Freshness } from "./freshness.ts";
import type { FilePlan, Plan } from "./plan.ts";
import { PlanCache } from "./plan-cache.ts";
import { Planner, type PlannerOptions } from "./planner.ts";
import { SiteErrorPages } from "./site-error-pages.ts";

const LARGE = SMALL_FILE_LIMIT_BYTES + 1;

/** A planner over a real folder with a clock of its own: an hour ahead, so that files are not young, and settable. */
function makePlanner(
  t: TestContext,
  files: Record<string, string | Buffer>,
  settings: { revalidateMs?: number; cacheLimitBytes?: number; wrap?: (opener: Opener) => Opener } = {},
) {
  const root = makeSite(t, files);
  const before = countDescriptors();
  const clock = { ms: Date.now() + 3_600_000 };
  const errors: Error[] = [];
  const opener = createOpener(root);
  const cache = new PlanCache(settings.cacheLimitBytes ?? 2 ** 20);
  const freshness = new Freshness(settings.revalidateMs ?? 1000);
  const options: PlannerOptions = {
    opener: settings.wrap?.(opener) ?? opener,
    cache,
    freshness,
    now: () => clock.ms,
    onError: (error) => errors.push(error),
    hasCleanUrls: false,
    trailingSlash: "folders",
    hasListing: false,
    isErrorPage: (path) => path === "404.html",
  };
  const errorPages = new SiteErrorPages(new Map([[404, resolved("/404.html")]]), new Planner(options));
  const planner = new Planner({ ...options, errorPages });
  t.after(() => cache.close());
  /** No descriptor is left but those that the cache counts. */
  const settled = (): Promise<void> => descriptorsSettled(before + cache.usage.openFileCount);
  const plan = async (url: string): Promise<Plan> => {
    using held = await planner.take(resolved(url));
    return held.plan;
  };
  return { root, clock, errors, cache, freshness, planner, plan, settled };
}

function resolved(url: string): ResolvedPath {
  const path = resolvePath(url);
  assert.equal(path.kind, "path");
  return path;
}

/** [path, kind of plan, status, location or content] */
const cases: [url: string, kind: Plan["kind"], status: number, what: string][] = [
  ["/", "file", 200, "home"],
  ["/index.html", "file", 200, "home"],
  ["/a.css", "file", 200, "a"],
  ["/docs/", "file", 200, "docs"],
  ["/docs", "redirect", 301, "/docs/"],
  ["/docs/caf%C3%A9%20%3F", "redirect", 301, "/docs/caf%C3%A9%20%3F/"],
  ["/docs/%25%23", "redirect", 301, "/docs/%25%23/"],
  ["/bare", "redirect", 301, "/bare/"],
  ["/bare/", "refusal", 404, ""],
  ["/strange/", "refusal", 404, ""],
  ["/nothing", "refusal", 404, ""],
  ["/nothing/", "refusal", 404, ""],
  ["/a.css/", "refusal", 404, ""],
  ["/a.css/b", "refusal", 404, ""],
];

for (const [url, kind, status, what] of cases) {
  test(`Planner finds for ${url}: ${status} ${what}`, async (t) => {
    const { plan, errors, settled } = makePlanner(t, {
      "index.html": "home",
      "a.css": "a",
      "docs/index.html": "docs",
      "docs/café ?/x": "x",
      "docs/%#/x": "x",
      "bare/x": "x",
      "strange/index.html/x": "x",
    });
    const found = await plan(url);
    assert.equal(found.kind, kind);
    if (found.kind === "file") assert.deepEqual([found.whole.status, contentOf(found)], [status, what]);
    if (found.kind === "redirect") assert.deepEqual([found.reply.status, found.location], [status, what]);
    if (found.kind === "refusal") assert.equal(found.page.reply.status, status);
    assert.deepEqual(errors, []);
    await settled();
  });
}

const refusals: [kind: Exclude<Opened["kind"], "file" | "folder">, status: number, isKept: boolean, isTold: boolean][] =
  [
    ["missing", 404, true, false],
    ["refused", 404, true, false],
    ["forbidden", 403, true, false],
    ["unavailable", 503, false, true],
    ["failed", 500, false, true],
  ];

for (const [kind, status, isKept, isTold] of refusals) {
  test(`Planner answers what is ${kind} with ${status}, ${isKept ? "kept" : "never kept"}`, async (t) => {
    let openCount = 0;
    const cause = new Error("EIO: i/o error, open '/srv/secret'");
    const open = async (): Promise<Opened> => {
      openCount++;
      return { kind, cause } as Opened;
    };
    const { plan, errors } = makePlanner(t, {}, { wrap: () => ({ open }) });
    const found = await plan("/a\u007e");
    assert.ok(found.kind === "refusal" && found.page.reply.status === status);
    assert.doesNotMatch(JSON.stringify(found.page.reply), /EIO|secret|srv/);
    assert.equal(errors.length, isTold ? 1 : 0);
    if (isTold) assert.equal(errors[0]!.cause, cause);
    const count = openCount;
    await plan("/a\u007e");
    assert.equal(openCount > count, !isKept);
  });
}

test("Planner turns what an opener throws into 500", async (t) => {
  const open = (): Promise<Opened> => Promise.reject(new Error("a mistake of ours"));
  const { plan, errors } = makePlanner(t, {}, { wrap: () => ({ open }) });
  const found = await plan("/a");
  assert.ok(found.kind === "refusal" && found.page.reply.status === 500);
  assert.match(errors[0]!.message, /"a"/);
});

test("Planner makes one plan for all requests of one time", async (t) => {
  let openCount = 0;
  const wrap = (opener: Opener): Opener => ({
    open: (path) => {
      openCount++;
      return opener.open(path);
    },
  });
  const files = { "a.png": "a", "b.bin": Buffer.alloc(LARGE) };
  const { plan, settled } = makePlanner(t, files, { revalidateMs: 0, wrap });
  for (const url of ["/a.png", "/b.bin"]) {
    openCount = 0;
    const plans = await Promise.all(Array.from({ length: 100 }, () => plan(url)));
    assert.equal(openCount, 1);
    assert.equal(new Set(plans).size, 1);
  }
  await settled();
});

test("Planner gives a large file that is open to each user, even when it is not kept", async (t) => {
  const { planner, cache, settled } = makePlanner(t, { "a.bin": Buffer.alloc(LARGE) });
  cache.close();
  const users = Array.from({ length: 5 }, () =>
    (async () => {
      using held = await planner.take(resolved("/a.bin"));
      const { plan } = held;
      assert.ok(plan.kind === "file" && !Buffer.isBuffer(plan.source));
      // What a reply does.
      plan.source.retain();
      return plan.source;
    })(),
  );
  for (const file of await Promise.all(users)) file.release();
  await settled();
});

test("Planner gives a plan that stays open while it is held, although the cache drops it", async (t) => {
  const { planner, cache, settled } = makePlanner(t, { "a.bin": Buffer.alloc(LARGE, "a") });
  {
    using held = await planner.take(resolved("/a.bin"));
    const { plan } = held;
    assert.ok(plan.kind === "file" && !Buffer.isBuffer(plan.source));
    cache.close();
    await new Promise(setImmediate);
    assert.equal(fs.readSync(plan.source.fd, Buffer.alloc(1)), 1);
  }
  await settled();
});

test("Planner closes the file when the block that holds the plan throws", async (t) => {
  const { planner, cache, settled } = makePlanner(t, { "a.bin": Buffer.alloc(LARGE) });
  cache.close();
  const use = async (): Promise<never> => {
    using held = await planner.take(resolved("/a.bin"));
    throw new Error(`a mistake of ours with a ${held.plan.kind}`);
  };
  await assert.rejects(use(), /a mistake of ours with a file/);
  await settled();
});

for (const sizeBytes of [100, LARGE]) {
  test(`Planner keeps the plan of ${sizeBytes} bytes while the file is the same`, async (t) => {
    const { plan, clock, settled } = makePlanner(t, { "a.txt": Buffer.alloc(sizeBytes, "a") });
    const first = await plan("/a.txt");
    for (const laterMs of [0, 999, 1, 5000]) {
      clock.ms += laterMs;
      assert.equal(await plan("/a.txt"), first);
    }
    await settled();
  });

  test(`Planner sees a new version of ${sizeBytes} bytes when the plan is old, and not before`, async (t) => {
    const { plan, clock, root, settled } = makePlanner(t, { "a.txt": Buffer.alloc(sizeBytes, "a") });
    const first = (await plan("/a.txt")) as FilePlan;
    fs.writeFileSync(join(root, "a.txt"), Buffer.alloc(sizeBytes, "b"));
    clock.ms += 999;
    assert.equal(await plan("/a.txt"), first);
    clock.ms += 1;
    const second = (await plan("/a.txt")) as FilePlan;
    assert.notEqual(second, first);
    assert.notEqual(second.etag, first.etag);
    await settled();
  });

  test(`Planner looks each time with revalidateMs 0, at ${sizeBytes} bytes`, async (t) => {
    const { plan, root, settled } = makePlanner(t, { "a.txt": Buffer.alloc(sizeBytes, "0") }, { revalidateMs: 0 });
    const tags = new Set<string>();
    for (let version = 0; version < 10; version++) {
      fs.writeFileSync(join(root, "a.txt"), Buffer.alloc(sizeBytes, String(version)));
      const found = (await plan("/a.txt")) as FilePlan;
      assert.equal(await plan("/a.txt"), found);
      tags.add(found.etag);
    }
    assert.equal(tags.size, 10);
    await settled();
  });
}

test("Planner looks again when the clock was set back", async (t) => {
  const { plan, clock, root } = makePlanner(t, { "a.txt": "first" });
  await plan("/a.txt");
  fs.writeFileSync(join(root, "a.txt"), "second");
  clock.ms -= 1;
  assert.equal(contentOf(await plan("/a.txt")), "second");
});

/** With a look at once that sees what is there, and counts. */
function lookingAtOnce(root: () => string, looks: number[]): (opener: Opener) => Opener {
  return ({ open }) => ({
    open,
    lookAtOnce: (path, toleranceMs) => {
      looks.push(toleranceMs);
      return fileStatOf(fs.statSync(join(root(), path), { bigint: true }));
    },
  });
}

for (const sizeBytes of [100, LARGE]) {
  // Complaint: fastify/help #964
  test(`Freshness knows at once whether the plan of ${sizeBytes} bytes is right, for no longer than revalidateMs`, async (t) => {
    const looks: number[] = [];
    const wrap = lookingAtOnce(() => root, looks);
    const { plan, freshness, clock, root } = makePlanner(t, { "a.png": Buffer.alloc(sizeBytes, "a") }, { wrap });
    const found = await plan("/a.png");
    assert.ok(freshness.refresh(found, clock.ms + 999));
    assert.deepEqual(looks, []);
    clock.ms += 1000;
    assert.ok(freshness.refresh(found, clock.ms));
    assert.deepEqual(looks, [100]);
    // The root may have been swapped 100 ms before.
    assert.ok(freshness.refresh(found, clock.ms + 899));
    assert.deepEqual(looks, [100]);
    fs.writeFileSync(join(root, "a.png"), Buffer.alloc(sizeBytes, "b"));
    assert.equal(freshness.refresh(found, clock.ms + 900), false);
    assert.deepEqual(looks, [100, 100]);
    clock.ms += 900;
    assert.notEqual(await plan("/a.png"), found);
  });
}

test("Freshness asks at once at every request, at the root too, with revalidateMs 0", async (t) => {
  const looks: number[] = [];
  const wrap = lookingAtOnce(() => root, looks);
  const { plan, freshness, clock, root } = makePlanner(t, { "a.png": "a" }, { wrap, revalidateMs: 0 });
  const found = await plan("/a.png");
  assert.ok(freshness.refresh(found, clock.ms));
  assert.ok(freshness.refresh(found, clock.ms));
  assert.deepEqual(looks, [0, 0]);
});

test("Freshness does not trust the stat of a young file at once either", async (t) => {
  const wrap = lookingAtOnce(() => root, []);
  const { plan, freshness, clock, root } = makePlanner(t, { "a.txt": "a" }, { wrap });
  clock.ms = Date.now();
  const found = await plan("/a.txt");
  assert.ok(freshness.refresh(found, clock.ms));
  assert.equal(freshness.refresh(found, clock.ms + 1000), false);
});

test("Planner sees what a target becomes: nothing, a folder, a file, nothing", async (t) => {
  const { plan, clock, root, settled } = makePlanner(t, { "b/x": "x" });
  const steps: [change: () => void, kind: Plan["kind"]][] = [
    [() => {}, "refusal"],
    [() => fs.mkdirSync(join(root, "a")), "redirect"],
    [() => fs.rmdirSync(join(root, "a")), "refusal"],
    [() => fs.writeFileSync(join(root, "a"), Buffer.alloc(LARGE)), "file"],
    [() => fs.truncateSync(join(root, "a"), 10), "file"],
    [() => fs.rmSync(join(root, "a")), "refusal"],
  ];
  for (const [change, kind] of steps) {
    change();
    clock.ms += 1000;
    assert.equal((await plan("/a")).kind, kind);
  }
  await settled();
});

test("Planner reads a young file again although its stat is the same, and an old one not", async (t) => {
  const { plan, clock } = makePlanner(t, { "a.txt": "a" });
  clock.ms = Date.now();
  const young = await plan("/a.txt");
  clock.ms += 1000;
  const old = await plan("/a.txt");
  assert.notEqual(old, young);
  clock.ms += 1000;
  assert.equal(await plan("/a.txt"), old);
});

test("Planner gives a large young file a weak tag, and the same one strong when it is old", async (t) => {
  const { plan, clock } = makePlanner(t, { "a.bin": Buffer.alloc(LARGE) });
  clock.ms = Date.now();
  const young = (await plan("/a.bin")) as FilePlan;
  assert.match(young.etag, /^W\//);
  clock.ms += 60_000;
  const old = (await plan("/a.bin")) as FilePlan;
  assert.equal(`W/${old.etag}`, young.etag);
});

test("Planner tells versions apart that have the same size and modification time", async (t) => {
  const { plan, clock, root } = makePlanner(t, { "a.bin": Buffer.alloc(LARGE, "a") });
  fs.utimesSync(join(root, "a.bin"), 1, 1);
  const first = (await plan("/a.bin")) as FilePlan;
  fs.writeFileSync(join(root, "a.bin"), Buffer.alloc(LARGE, "b"));
  fs.utimesSync(join(root, "a.bin"), 1, 1);
  clock.ms += 1000;
  const second = (await plan("/a.bin")) as FilePlan;
  assert.notEqual(second.etag, first.etag);
  assert.doesNotMatch(second.fields, /Last-Modified/);
});

/** [what the file does between stat and read, size at stat, size at read, content that is planned] */
const changes: [what: string, from: number, to: number, lengthBytes: number][] = [
  ["shrinks", 1000, 10, 10],
  ["is emptied", 1000, 0, 0],
  ["grows", 10, 1000, 1000],
  ["outgrows memory", 10, LARGE, LARGE],
];

for (const [what, from, to, lengthBytes] of changes) {
  test(`Planner plans a file that ${what} while it is opened by what is there in the end`, async (t) => {
    let change: (() => void) | undefined;
    const wrap = (opener: Opener): Opener => ({
      open: async (path) => {
        const opened = await opener.open(path);
        change?.();
        return opened;
      },
    });
    const { plan, root, settled } = makePlanner(t, { "a.txt": "x".repeat(from) }, { wrap });
    change = () => fs.writeFileSync(join(root, "a.txt"), "y".repeat(to));
    const found = (await plan("/a.txt")) as FilePlan;
    assert.equal(found.sizeBytes, lengthBytes);
    assert.equal((found.whole.content as Content).length, lengthBytes);
    assert.equal(Buffer.isBuffer(found.source), lengthBytes <= SMALL_FILE_LIMIT_BYTES);
    if (Buffer.isBuffer(found.source)) assert.equal(found.source.toString(), "y".repeat(lengthBytes));
    await settled();
  });
}

test("Planner serves a file that is written to all the time, as it is found", async (t) => {
  const { plan, root, settled, errors } = makePlanner(t, { "log.txt": "" }, { revalidateMs: 0 });
  const fd = fs.openSync(join(root, "log.txt"), "a");
  let isWriting = true;
  const writing = (async () => {
    while (isWriting) {
      for (let line = 0; line < 20; line++) fs.writeSync(fd, "0123456789\n");
      if (fs.writeSync(fd, "0123456789\n") > 0 && Math.random() < 0.05) fs.ftruncateSync(fd, 0);
      await new Promise(setImmediate);
    }
  })();
  for (let count = 0; count < 200; count++) {
    const found = await plan("/log.txt");
    if (found.kind !== "file" || !Buffer.isBuffer(found.source)) continue;
    assert.equal((found.whole.content as Content).length, found.source.length);
    assert.match(found.source.toString(), /^(?:0123456789\n)*[0-9]*$/);
  }
  isWriting = false;
  await writing;
  fs.closeSync(fd);
  assert.deepEqual(errors, []);
  await settled();
});

test("Planner answers what is missing with the site's own page, and follows its changes", async (t) => {
  const { plan, clock, root, settled } = makePlanner(t, { "404.html": "lost" });
  const shown = async (): Promise<string> => {
    const found = await plan("/nothing");
    assert.ok(found.kind === "refusal");
    const { status, content } = found.page.reply;
    assert.equal(status, 404);
    return Buffer.concat((content as Content).segments as Buffer[]).toString();
  };
  assert.equal(await shown(), "lost");
  const steps: [change: () => void, wanted: RegExp][] = [
    [() => fs.writeFileSync(join(root, "404.html"), "still lost"), /^still lost$/],
    [() => fs.writeFileSync(join(root, "404.html"), Buffer.alloc(LARGE)), /404 Not Found/],
    [() => fs.writeFileSync(join(root, "404.html"), ""), /^$/],
    [() => fs.rmSync(join(root, "404.html")), /404 Not Found/],
    [() => fs.writeFileSync(join(root, "404.html"), "lost again"), /^lost again$/],
  ];
  for (const [change, wanted] of steps) {
    change();
    clock.ms += 1000;
    assert.match(await shown(), wanted);
  }
  await settled();
});

test("Planner does not follow a 404.html out of the root", async (t) => {
  const { plan, root, settled } = makePlanner(t, {});
  fs.symlinkSync("/etc/passwd", join(root, "404.html"));
  const found = await plan("/nothing");
  assert.ok(found.kind === "refusal");
  const { reply } = found.page;
  assert.match(Buffer.concat((reply.content as Content).segments as Buffer[]).toString(), /404 Not Found/);
  await settled();
});

test("Planner serves 404.html itself like any file", async (t) => {
  const { plan } = makePlanner(t, { "404.html": "lost" });
  assert.equal(((await plan("/404.html")) as FilePlan).whole.status, 200);
});

test("Planner holds no more large files open than the cache may, and closes them with it", async (t) => {
  const files = Object.fromEntries(Array.from({ length: 140 }, (_, index) => [`${index}.bin`, ""]));
  const before = countDescriptors();
  const { plan, root, cache, settled } = makePlanner(t, files);
  for (const name of Object.keys(files)) fs.truncateSync(join(root, name), LARGE);
  for (const name of Object.keys(files)) await plan(`/${name}`);
  assert.equal(cache.usage.openFileCount, 128);
  await settled();
  cache.close();
  await descriptorsSettled(before);
});

function contentOf(plan: Plan): string {
  assert.equal(plan.kind, "file");
  return Buffer.concat((plan.whole.content as Content).segments as Buffer[]).toString();
}

test("Planner gives up the files that it keeps open when there is no descriptor for another", async (t) => {
  let isExhausted = false;
  const wrap = (opener: Opener): Opener => ({
    open: async (path) => {
      const hasNoneLeft = isExhausted && cache.usage.openFileCount > 0;
      return hasNoneLeft ? { kind: "unavailable", cause: new Error("EMFILE") } : opener.open(path);
    },
  });
  const { plan, cache, settled } = makePlanner(t, { "a.bin": Buffer.alloc(LARGE), "b.txt": "b" }, { wrap });
  await plan("/a.bin");
  assert.equal(cache.usage.openFileCount, 1);
  isExhausted = true;
  assert.equal((await plan("/b.txt")).kind, "file");
  assert.equal(cache.usage.openFileCount, 0);
  await settled();
});
