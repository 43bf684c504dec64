import assert from "node:assert/strict";
import { closeSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { countDescriptors, descriptorsSettled, makeSite } from "../../test/support/site.ts";
import { createOpener } from "./containment.ts";
import type { Opener } from "./opener.ts";
import { keepPreviousRelease, Releases } from "./previous-release.ts";

const OLD = "assets/app-BxK3f9aZ.js";
const NEW = "assets/app-C4kQ9d_x.js";

function keep(root: string, now: () => number, releases = new Releases()): Opener {
  const isKept = (path: string): boolean => /-\w{8}\.js$/.test(path);
  return keepPreviousRelease(createOpener(root), {
    root,
    openerFor: createOpener,
    keepMs: 60_000,
    isKept,
    now,
    releases,
  });
}

async function releases(t: TestContext) {
  const folder = makeSite(t, {
    [`1/${OLD}`]: "old script",
    "1/page.html": "old page",
    "1/gone.html": "gone",
    [`2/${NEW}`]: "new script",
    "2/page.html": "new page",
    "3/page.html": "third page",
  });
  const root = join(folder, "now");
  const release = (name: string) => {
    symlinkSync(name, join(folder, "next"));
    renameSync(join(folder, "next"), root);
  };
  release("1");
  const clock = { ms: 1_000_000 };
  const opener = keep(root, () => clock.ms);
  const read = async (path: string): Promise<string> => {
    const opened = await opener.open(path);
    if (opened.kind !== "file") return opened.kind;
    try {
      return readFileSync(opened.fd, "utf8");
    } finally {
      closeSync(opened.fd);
    }
  };
  await read("page.html");
  return { folder, clock, release, read };
}

// Complaint: static-web-server #135
test("keepPreviousRelease() finds fingerprinted files of the previous release, for as long as it is kept", async (t) => {
  const { clock, release, read } = await releases(t);
  release("2");
  clock.ms += 1000;
  assert.equal(await read(OLD), "old script");
  assert.equal(await read(NEW), "new script");
  clock.ms += 59_999;
  assert.equal(await read(OLD), "old script");
  clock.ms += 2000;
  assert.equal(await read(OLD), "missing");
});

test("keepPreviousRelease() takes nothing else from it", async (t) => {
  const { clock, release, read } = await releases(t);
  release("2");
  clock.ms += 1000;
  assert.equal(await read("page.html"), "new page");
  assert.equal(await read("gone.html"), "missing");
});

test("keepPreviousRelease() knows several, and misses none that was removed", async (t) => {
  const { folder, clock, release, read } = await releases(t);
  release("2");
  clock.ms += 1000;
  await read("page.html");
  release("3");
  clock.ms += 1000;
  assert.equal(await read(OLD), "old script");
  assert.equal(await read(NEW), "new script");
  rmSync(join(folder, "1"), { recursive: true });
  assert.equal(await read(OLD), "missing");
  assert.equal(await read(NEW), "new script");
});

test("keepPreviousRelease() finds them right after the swap", async (t) => {
  const { release, read } = await releases(t);
  release("2");
  assert.equal(await read(OLD), "old script");
});

test("keepPreviousRelease() finds them when folders are renamed, and the former lies elsewhere", {
  skip: process.platform === "linux" ? false : "only Linux tells where a descriptor's folder is",
}, async (t) => {
  const folder = makeSite(t, { [`www/${OLD}`]: "old script", [`new/${NEW}`]: "new script", "third/page.html": "page" });
  const root = join(folder, "www");
  const opener = keep(root, Date.now);
  const read = async (path: string): Promise<string> => {
    const opened = await opener.open(path);
    if (opened.kind !== "file") return opened.kind;
    const text = readFileSync(opened.fd, "utf8");
    closeSync(opened.fd);
    return text;
  };
  assert.equal(await read(NEW), "missing");
  // One of them is the folder's, which finds it again.
  const before = countDescriptors();
  for (const name of ["new", "third"]) {
    assert.equal(await read(OLD), "old script");
    renameSync(root, join(folder, `before ${name}`));
    renameSync(join(folder, name), root);
    assert.equal(await read(OLD), "old script");
    assert.equal(await read(NEW), "new script");
  }
  rmSync(join(folder, "before new"), { recursive: true });
  assert.equal(await read(OLD), "missing");
  await descriptorsSettled(before);
});

test("keepPreviousRelease() goes on where another left off that has the same releases", async (t) => {
  const { folder, release } = await releases(t);
  const root = join(folder, "now");
  const known = new Releases();
  const open = (): Opener => keep(root, Date.now, known);
  const first = await open().open("page.html");
  assert.ok(first.kind === "file");
  closeSync(first.fd);
  release("2");
  const found = await open().open(OLD);
  assert.ok(found.kind === "file");
  closeSync(found.fd);
});
