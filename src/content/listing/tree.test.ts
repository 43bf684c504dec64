import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { countDescriptors, descriptorsSettled, makeSite } from "../../../test/support/site.ts";
import { createOpener } from "../../files/containment.ts";
import type { OpenedFolder, Opener } from "../../files/opener.ts";
import { readTree, type Tree, type TreeSource } from "./tree.ts";

function sourceOf(t: TestContext, files: Record<string, string>): TreeSource & { root: string } {
  const root = makeSite(t, files);
  const opener = createOpener(root);
  return { root, opener, path: "", isServed: () => true, entryLimitCount: 100, depthLimitCount: 100 };
}

function pathsOf(tree: Tree): string[] {
  assert.ok(Array.isArray(tree));
  return tree.map(({ path, kind }) => (kind === "folder" ? `${path}/` : path));
}

const FILES = { "b/y": "", "b/x/deep": "", a: "", "c/z": "" };

test("readTree() lists what is below a folder, each folder before what is in it", async (t) => {
  const source = sourceOf(t, FILES);
  mkdirSync(join(source.root, "empty"));
  utimesSync(join(source.root, "a"), 1000, 2000);
  const count = countDescriptors();
  const tree = await readTree(source);
  assert.deepEqual(pathsOf(tree), ["a", "b/", "c/", "empty/", "b/x/", "b/y", "b/x/deep", "c/z"]);
  assert.deepEqual((tree as readonly unknown[])[0], { path: "a", kind: "file", modifiedMs: 2_000_000 });
  assert.deepEqual(pathsOf(await readTree({ ...source, path: "b" })), ["x/", "y", "x/deep"]);
  await descriptorsSettled(count);
});

test("readTree() follows links to files, and none to folders", async (t) => {
  const source = sourceOf(t, FILES);
  symlinkSync("..", join(source.root, "b/up"));
  symlinkSync("../a", join(source.root, "b/alias"));
  assert.deepEqual(pathsOf(await readTree({ ...source, path: "b" })), ["alias", "x/", "y", "x/deep"]);
});

test("readTree() takes of a folder with an index page that page alone", async (t) => {
  const source = sourceOf(t, { ...FILES, "b/index.html": "" });
  assert.deepEqual(pathsOf(await readTree(source)), ["a", "b/", "c/", "b/index.html", "c/z"]);
});

test("readTree() leaves out a folder that has a page beside it, where that is the folder's page", async (t) => {
  const source = sourceOf(t, { ...FILES, "b.html": "", "c.html/x": "" });
  assert.deepEqual(pathsOf(await readTree({ ...source, hasCleanUrls: true })), [
    "a",
    "b.html",
    "c/",
    "c.html/",
    "c/z",
    "c.html/x",
  ]);
  assert.equal(pathsOf(await readTree(source)).length, 10);
});

test("readTree() leaves out what is not served, with all below it", async (t) => {
  const source = sourceOf(t, FILES);
  const asked: string[] = [];
  const isServed: TreeSource["isServed"] = (path, kind) => {
    asked.push(`${path}:${kind}`);
    return path !== "b" && path !== "c/z";
  };
  assert.deepEqual(pathsOf(await readTree({ ...source, isServed })), ["a", "c/"]);
  assert.deepEqual(asked.sort(), ["a:file", "b:folder", "c/z:file", "c:folder"]);
});

const bounds: [Partial<TreeSource>, boolean][] = [
  [{ entryLimitCount: 8 }, true],
  [{ entryLimitCount: 7 }, true],
  [{ entryLimitCount: 6 }, false],
  [{ depthLimitCount: 2 }, true],
  [{ depthLimitCount: 1 }, false],
];

for (const [limits, isWhole] of bounds) {
  test(`readTree() of 7 entries, 2 deep, is ${isWhole ? "whole" : "bounded"} with ${JSON.stringify(limits)}`, async (t) => {
    const tree = await readTree({ ...sourceOf(t, FILES), ...limits });
    assert.equal(tree !== "bounded", isWhole);
  });
}

const troubles: [Exclude<OpenedFolder["kind"], "folder" | "failed">, number, number | undefined][] = [
  ["missing", 404, undefined],
  ["refused", 404, undefined],
  ["forbidden", 403, undefined],
  ["unavailable", 503, 503],
];

for (const [kind, above, below] of troubles) {
  test(`readTree() of a folder that is ${kind} is ${above}; ${below ?? "left out"} inside of another`, async (t) => {
    const source = sourceOf(t, FILES);
    const failing = (name: string): Opener => ({
      ...source.opener,
      openFolder: async (path) =>
        path === name ? ({ kind, cause: undefined } as OpenedFolder) : source.opener.openFolder!(path),
    });
    assert.deepEqual(await readTree({ ...source, opener: failing("") }), { status: above });
    const tree = await readTree({ ...source, opener: failing("b") });
    if (below === undefined) assert.deepEqual(pathsOf(tree), ["a", "b/", "c/", "c/z"]);
    else assert.deepEqual(tree, { status: below });
  });
}
