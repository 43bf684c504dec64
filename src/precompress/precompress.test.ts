import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { precompress } from "../../test/support/precompress.ts";
import { makeSite } from "../../test/support/site.ts";
import type { PrecompressOptions } from "./precompress.ts";

const TEXT = "Every connection passes through a thread. ".repeat(100);
const OTHER_TEXT = "In a loom every thread passes through a heddle. ".repeat(100);

const filesOf = (root: string): string[] => readdirSync(root, { recursive: true }).map(String).sort();

function assertWhole(root: string, name: string, content: string): void {
  const path = join(root, name);
  assert.equal(brotliDecompressSync(readFileSync(`${path}.br`)).toString(), content);
  assert.equal(zstdDecompressSync(readFileSync(`${path}.zst`)).toString(), content);
  assert.equal(gunzipSync(readFileSync(`${path}.gz`)).toString(), content);
}

test("precompressFolder() writes what decoders give back, as new as its file and with its permissions", async (t) => {
  const root = makeSite(t, { "a.js": TEXT, "deep/er/b.css": OTHER_TEXT });
  chmodSync(join(root, "a.js"), 0o604);
  const summary = await precompress(root);
  assertWhole(root, "a.js", TEXT);
  assertWhole(root, "deep/er/b.css", OTHER_TEXT);
  assert.deepEqual([summary.fileCount, summary.freshCount, summary.writtenCount], [2, 0, 6]);
  const brotli = summary.totals.get("br")!;
  assert.deepEqual([brotli.fileCount, brotli.beforeBytes], [2, TEXT.length + OTHER_TEXT.length]);
  assert.ok(brotli.afterBytes > 0 && brotli.afterBytes < 400);
  const [file, sidecar] = ["a.js", "a.js.br"].map((name) => statSync(join(root, name), { bigint: true }));
  const laterNs = sidecar!.mtimeNs - file!.mtimeNs;
  assert.ok(laterNs >= 0n && laterNs < 2_000_000n, `${laterNs} ns later`);
  if (process.platform !== "win32") assert.equal(sidecar!.mode & 0o777n, 0o604n);
});

test("precompressFolder() gives sidecars the permissions of their files, whatever the process withholds from new ones", async (t) => {
  const root = makeSite(t, { "open.js": TEXT, "closed.js": TEXT });
  chmodSync(join(root, "open.js"), 0o666);
  chmodSync(join(root, "closed.js"), 0o400);
  const former = process.umask(0o077);
  await precompress(root).finally(() => process.umask(former));
  for (const extension of [".br", ".zst", ".gz"]) {
    for (const name of ["open.js", "closed.js"]) {
      assert.equal(statSync(join(root, name + extension)).mode, statSync(join(root, name)).mode);
    }
  }
});

const times: [what: string, seconds: number][] = [
  ["whole seconds", 1_700_000_000],
  ["milliseconds", 1_700_000_000.123],
  ["microseconds", 1_700_000_000.999999],
  ["the beginning of time", 1],
];
for (const [what, seconds] of times) {
  test(`precompressFolder() has a sidecar fresh whose file's time has ${what}`, async (t) => {
    const root = makeSite(t, { "a.js": TEXT });
    utimesSync(join(root, "a.js"), seconds, seconds);
    await precompress(root);
    assert.equal((await precompress(root)).freshCount, 3);
  });
}

test("precompressFolder() leaves alone what is fresh, and renews what is old", async (t) => {
  const root = makeSite(t, { "a.js": TEXT, "b.js": TEXT });
  await precompress(root);
  const inode = statSync(join(root, "b.js.br")).ino;
  writeFileSync(join(root, "a.js"), OTHER_TEXT);
  const later = Date.now() / 1000 + 10;
  utimesSync(join(root, "a.js"), later, later);
  const summary = await precompress(root);
  assertWhole(root, "a.js", OTHER_TEXT);
  assert.deepEqual([summary.freshCount, summary.writtenCount], [3, 3]);
  assert.equal(statSync(join(root, "b.js.br")).ino, inode);
  assert.equal(summary.totals.get("br")!.fileCount, 2, "the summary is about all of them");
});

test("precompressFolder() writes none that would be no smaller, and removes an old one", async (t) => {
  const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(2000)));
  const root = makeSite(t, { "a.wasm": noise, "a.wasm.br": "old" });
  utimesSync(join(root, "a.wasm.br"), 1_000_000, 1_000_000);
  const done: unknown[] = [];
  const summary = await precompress(root, { onDone: (_, written) => done.push(written) });
  assert.deepEqual(done, [undefined, undefined, undefined]);
  assert.equal(summary.writtenCount, 0);
  assert.deepEqual(filesOf(root), ["a.wasm"]);
});

test("precompressFolder() passes over what is small, hidden, compressed in itself, or a sidecar", async (t) => {
  const root = makeSite(t, {
    "small.js": TEXT.slice(0, 1023),
    ".hidden.js": TEXT,
    ".git/a.js": TEXT,
    "picture.png": TEXT,
    "logo.svgz": TEXT,
    "a.js": TEXT,
    "a.js.gz": TEXT,
    ".well-known/a.json": TEXT,
  });
  await precompress(root, { codings: ["br"] });
  assert.deepEqual(
    filesOf(root).filter((name) => name.endsWith(".br")),
    [".well-known/a.json.br", "a.js.br"].map((name) => join(name)),
  );
});

test("precompressFolder() follows links to files, but not out of the root", async (t) => {
  const outside = makeSite(t, { "secret.js": TEXT, "folder/a.js": TEXT });
  const root = makeSite(t, { "a.js": TEXT });
  symlinkSync(join(root, "a.js"), join(root, "inside.js"));
  symlinkSync(join(outside, "secret.js"), join(root, "outside.js"));
  symlinkSync(join(outside, "folder"), join(root, "folder"));
  symlinkSync(join(root), join(root, "loop"));
  symlinkSync("nowhere", join(root, "broken.js"));
  await precompress(root, { codings: ["br"] });
  const written = readdirSync(root).filter((name) => name.endsWith(".br"));
  assert.deepEqual(written.sort(), ["a.js.br", "inside.js.br"]);
  assert.deepEqual(filesOf(outside), ["folder", join("folder", "a.js"), "secret.js"]);
});

test("precompressFolder() goes through a root that is a link", async (t) => {
  const root = makeSite(t, { "release/a.js": TEXT });
  symlinkSync(join(root, "release"), join(root, "current"));
  await precompress(join(root, "current"));
  assertWhole(join(root, "release"), "a.js", TEXT);
});

test("precompressFolder() says on a dry run what it would write, and writes nothing", async (t) => {
  const root = makeSite(t, { "a.js": TEXT });
  let planned: string[] = [];
  const onPlan: PrecompressOptions["onPlan"] = (tasks) => {
    planned = tasks.map(({ file, coding }) => `${file.name} ${coding}`);
  };
  const summary = await precompress(root, { isDryRun: true, onPlan });
  assert.deepEqual(planned, ["a.js br", "a.js zstd", "a.js gzip"]);
  assert.equal(summary.writtenCount, 0);
  assert.deepEqual(filesOf(root), ["a.js"]);
});

test("precompressFolder() that is interrupted leaves whole sidecars only, and the next run does the rest", async (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `${index}.js`);
  const root = makeSite(t, Object.fromEntries(names.map((name) => [name, TEXT])));
  const stop = new AbortController();
  let doneCount = 0;
  const onDone = (): void => {
    if (++doneCount === 5) stop.abort();
  };
  const summary = await precompress(root, { signal: stop.signal, onDone });
  assert.ok(summary.writtenCount >= 5 && summary.writtenCount < 60, `${summary.writtenCount} written`);
  const after = filesOf(root);
  assert.equal(after.length, 20 + summary.writtenCount, "no temporary file is left");
  for (const name of after.filter((file) => file.endsWith(".br"))) {
    assert.equal(brotliDecompressSync(readFileSync(join(root, name))).toString(), TEXT);
  }
  const rest = await precompress(root);
  assert.deepEqual([rest.freshCount, rest.writtenCount], [summary.writtenCount, 60 - summary.writtenCount]);
  for (const name of names) assertWhole(root, name, TEXT);
});

test("precompressFolder() does nothing when it is interrupted before it begins", async (t) => {
  const root = makeSite(t, { "a.js": TEXT });
  assert.equal((await precompress(root, { signal: AbortSignal.abort() })).writtenCount, 0);
  assert.deepEqual(filesOf(root), ["a.js"]);
});

test("precompressFolder() removes what a run that was killed left behind, but not what one is writing", async (t) => {
  const [old, young] = ["0", "1"].map((digit) => `.heddle-${digit.repeat(36)}.tmp`) as [string, string];
  const root = makeSite(t, { "a.js": TEXT, [old]: "half", [young]: "half" });
  utimesSync(join(root, old), 1_000_000, 1_000_000);
  await precompress(root, { codings: ["br"] });
  assert.deepEqual(filesOf(root), [young, "a.js", "a.js.br"]);
});

function failures(): { names: string[]; onError: PrecompressOptions["onError"] } {
  const names: string[] = [];
  return { names, onError: (name) => names.push(name) };
}

test("precompressFolder() tells of what it cannot write, and does the rest", async (t) => {
  const root = makeSite(t, { "a.js": TEXT, "b.js": TEXT });
  // A folder where the sidecar belongs.
  mkdirSync(join(root, "a.js.br"));
  const { names, onError } = failures();
  const summary = await precompress(root, { onError });
  assert.deepEqual(names, ["a.js"]);
  assert.equal(summary.writtenCount, 5);
  assert.ok(!filesOf(root).some((name) => name.endsWith(".tmp")));
});

test("precompressFolder() tells once of a folder that it may not write to, before it encodes", async (t) => {
  const root = makeSite(t, { "a.js": TEXT, "closed/b.js": TEXT, "closed/c.js": TEXT });
  const told: [string, unknown][] = [];
  const planned: string[] = [];
  chmodSync(join(root, "closed"), 0o555);
  const privileged = unprivileged(root);
  await precompress(root, {
    onError: (name, error) => told.push([name, (error as NodeJS.ErrnoException).code]),
    onPlan: (tasks) => {
      privileged();
      planned.push(...tasks.map(({ path }) => path));
    },
  }).finally(privileged);
  assert.deepEqual(told, [["closed", "EACCES"]]);
  assert.deepEqual(
    planned,
    [".br", ".zst", ".gz"].map((extension) => join(root, `a.js${extension}`)),
  );
  assert.deepEqual(filesOf(join(root, "closed")), ["b.js", "c.js"]);
  assertWhole(root, "a.js", TEXT);
});

/** From now on this process has to mind permissions, which root need not; until what it returns is called. */
function unprivileged(root: string): () => void {
  const NOBODY = 65_534;
  if (process.geteuid?.() !== 0) return () => {};
  chownSync(root, NOBODY, NOBODY);
  process.seteuid!(NOBODY);
  return () => process.seteuid!(0);
}

test("precompressFolder() writes sidecars with names as long as the system takes, and passes over longer ones", async (t) => {
  const names = [248, 249, 252].map((length) => `${"x".repeat(length)}.js`);
  const root = makeSite(t, Object.fromEntries(names.map((name) => [name, TEXT])));
  const summary = await precompress(root);
  const [three, two, none] = names;
  assertWhole(root, three!, TEXT);
  assert.deepEqual(
    filesOf(root),
    [three!, `${three}.br`, `${three}.gz`, `${three}.zst`, two!, `${two}.br`, `${two}.gz`, none!].sort(),
  );
  assert.deepEqual([summary.fileCount, summary.writtenCount], [3, 5]);
  assert.equal((await precompress(root)).freshCount, 5);
});

test("precompressFolder() takes names with line breaks and spaces as they are", async (t) => {
  const name = "a\nb c%20\u00fc.js";
  const root = makeSite(t, { [name]: TEXT });
  await precompress(root);
  assertWhole(root, name, TEXT);
});

test("precompressFolder() makes no sidecars of sidecars, also of such that belong to no file", async (t) => {
  const root = makeSite(t, { "a.js": TEXT, "b.js.br": TEXT, "b.css.zst": TEXT, "b.html.gz": TEXT });
  await precompress(root);
  const before = filesOf(root);
  await precompress(root);
  assert.deepEqual(filesOf(root), before);
  assert.deepEqual(before, ["a.js", "a.js.br", "a.js.gz", "a.js.zst", "b.css.zst", "b.html.gz", "b.js.br"]);
});

test("precompressFolder() twice at once on one folder leaves what one run leaves", async (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `${index}.js`);
  const root = makeSite(t, Object.fromEntries(names.map((name) => [name, TEXT])));
  await Promise.all([precompress(root), precompress(root)]);
  for (const name of names) assertWhole(root, name, TEXT);
  assert.equal(filesOf(root).length, 80);
  assert.equal((await precompress(root)).freshCount, 60);
});

test("precompressFolder() tells of a file that is gone when its turn comes", async (t) => {
  const root = makeSite(t, { "a.js": TEXT, "b.js": TEXT });
  const { names, onError } = failures();
  const onPlan = (): void => renameSync(join(root, "a.js"), join(root, "moved"));
  const summary = await precompress(root, { onError, onPlan, codings: ["gzip"] });
  assert.deepEqual(names, ["a.js"]);
  assert.equal(summary.writtenCount, 1);
});

test("precompressFolder() makes a sidecar of a file that changes meanwhile an old one", async (t: TestContext) => {
  const root = makeSite(t, { "a.js": TEXT });
  const onPlan = (): void => {
    writeFileSync(join(root, "a.js"), OTHER_TEXT);
    const later = Date.now() / 1000 + 10;
    utimesSync(join(root, "a.js"), later, later);
  };
  await precompress(root, { onPlan });
  assert.equal((await precompress(root)).freshCount, 0);
  assertWhole(root, "a.js", OTHER_TEXT);
});

test("precompressFolder() throws for a root that is not there", async (t) => {
  await assert.rejects(precompress(join(makeSite(t), "missing")), { code: "ENOENT" });
});
