// What a kernel opener says without waiting: as much as `open` says, and never anything else.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { fstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { constants } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readAndClose, whileDisturbed } from "../../../test/support/containment.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "../../../test/support/site.ts";
import { createOpener } from "../containment.ts";
import { hideFiles } from "../hide-files.ts";
import { fileStatOf, type Opened, type Opener } from "../opener.ts";
import { keepPreviousRelease, Releases } from "../previous-release.ts";

const READ = { toleranceMs: 60_000, readLimitBytes: 100 };
const NOT_READ = { toleranceMs: 60_000, readLimitBytes: -1 };

if (process.platform === "linux") {
  const { createKernelOpener } = await import("./opener.ts");
  const { openat2 } = await import("./below-root.ts");
  const { EAGAIN, EACCES, ELOOP, EMFILE, EXDEV } = constants.errno;

  const kernelOpener = (root: string): Opener => createKernelOpener(root, createOpener(root), assert.fail);
  const openerFor = (t: TestContext, root: string): Opener => {
    const opener = kernelOpener(root);
    // The shared root closes itself after the tolerance: here at once.
    t.after(() => opener.lookAtOnce!("", Number.MIN_VALUE));
    return opener;
  };
  /**
   * A rename anywhere disturbs the kernel, and the file system of the root is asked for first. What is not in memory is
   * brought in as the server does it.
   */
  const openSoon = async (opener: Opener, path: string, how = READ): Promise<Opened> => {
    for (;;) {
      const opened = opener.openAtOnce!(path, how);
      if (opened !== undefined) return opened;
      const late = await opener.open(path);
      if (late.kind === "file") readAndClose(late);
    }
  };

  test("openAtOnce() reads a small file and leaves nothing open", async (t) => {
    const root = makeSite(t, { "a/b.txt": "b", "empty.txt": "" });
    const opener = openerFor(t, root);
    await openSoon(opener, "a/b.txt");
    const before = countDescriptors();
    for (const [name, content] of [
      ["a/b.txt", "b"],
      ["empty.txt", ""],
    ] as const) {
      const opened = await openSoon(opener, name);
      assert.ok(opened.kind === "file");
      assert.equal(opened.fd, -1);
      assert.equal(opened.bytes!.toString(), content);
      assert.deepEqual(opened.stat, fileStatOf(statSync(join(root, name), { bigint: true })));
    }
    assert.equal(countDescriptors(), before);
  });

  test("openAtOnce() opens what is larger than the limit, and what shall not be read", async (t) => {
    const root = makeSite(t, { "large.txt": "x".repeat(101), "small.txt": "small" });
    const opener = openerFor(t, root);
    const large = await openSoon(opener, "large.txt");
    assert.ok(large.kind === "file" && large.bytes === undefined && large.fd >= 0);
    assert.equal(fstatSync(large.fd).size, 101);
    assert.equal(readAndClose(large), "x".repeat(101));
    assert.equal(readAndClose(await openSoon(opener, "small.txt", NOT_READ)), "small");
  });

  test("openAtOnce() tells folders, and refuses what is no file", async (t) => {
    const root = makeSite(t, { "folder/file.txt": "x" });
    execFileSync("mkfifo", [join(root, "fifo")]);
    const listener = createServer().listen(join(root, "socket"));
    t.after(() => listener.close());
    await new Promise((resolve) => listener.once("listening", resolve));
    const opener = openerFor(t, root);
    assert.deepEqual(await openSoon(opener, "folder"), { kind: "folder" });
    assert.deepEqual(await openSoon(opener, ""), { kind: "folder" });
    assert.deepEqual(await openSoon(opener, "fifo"), { kind: "refused" });
    // open(2) of a socket fails: the other opener says what that means.
    assert.equal(opener.openAtOnce!("socket", READ), undefined);
    assert.equal((await opener.open("socket")).kind, "refused");
  });

  test("openAtOnce() says that a path is missing, also one that was never asked for", async (t) => {
    const root = makeSite(t, { "folder/file.txt": "x" });
    const opener = openerFor(t, root);
    for (const path of ["nothing.txt", "folder/nothing.txt", "nothing/at/all.txt", "folder/file.txt/x"]) {
      assert.deepEqual(await openSoon(opener, path), { kind: "missing" }, path);
    }
    symlinkSync("nowhere.txt", join(root, "dangling"));
    assert.deepEqual(await openSoon(opener, "dangling"), { kind: "missing" });
  });

  test("openAtOnce() says nothing of what leads outside, nor of a path that it cannot write", async (t) => {
    const site = makeSite(t, { "root/file.txt": "inside", "outside/file.txt": "OUTSIDE" });
    const root = join(site, "root");
    symlinkSync("../outside/file.txt", join(root, "up.txt"));
    symlinkSync("../outside/nothing.txt", join(root, "up-missing.txt"));
    symlinkSync(join(site, "outside"), join(root, "away"));
    const opener = openerFor(t, root);
    await openSoon(opener, "file.txt");
    for (const path of ["up.txt", "up-missing.txt", "away/file.txt", "file.txt\0.html", `${"y/".repeat(2048)}x`]) {
      assert.equal(opener.openAtOnce!(path, READ), undefined, path);
    }
  });

  test("openAtOnce() does not take a file for missing that a new release has", async (t) => {
    const site = makeSite(t, { "1/old.txt": "old", "2/new.txt": "new" });
    const root = join(site, "now");
    symlinkSync("1", root);
    const opener = openerFor(t, root);
    await openSoon(opener, "old.txt");
    symlinkSync("2", join(site, "next"));
    renameSync(join(site, "next"), root);
    rmSync(join(site, "1"), { recursive: true });
    // The opener still has the former root open, which is empty now.
    assert.equal(opener.openAtOnce!("new.txt", READ), undefined);
    assert.equal(readAndClose(await opener.open("new.txt")), "new");
    assert.equal(opener.openAtOnce!("new.txt", READ), undefined);
    const found = await openSoon(opener, "new.txt", { ...READ, toleranceMs: Number.MIN_VALUE });
    assert.ok(found.kind === "file" && found.bytes!.toString() === "new");
  });

  for (const number of [EAGAIN, EACCES, ELOOP, EMFILE, EXDEV]) {
    test(`openAtOnce() says nothing where openat2 fails with ${number}`, (t) => {
      const root = makeSite(t, { "file.txt": "inside" });
      const opener = createKernelOpener(root, createOpener(root), assert.fail, (dirFd, path, how) =>
        dirFd === -100 ? openat2(dirFd, path, how) : -number,
      );
      const before = countDescriptors();
      assert.equal(opener.openAtOnce!("file.txt", { ...READ, toleranceMs: 0 }), undefined);
      assert.equal(countDescriptors(), before);
    });
  }

  test("openAtOnce() leaves a file to the pool that is not in memory, and the file is open nowhere then", async (t) => {
    const root = makeSite(t, { "file.txt": Buffer.alloc(50, "x") });
    const opener = openerFor(t, root);
    await openSoon(opener, "file.txt");
    const path = join(root, "file.txt");
    // posix_fadvise(POSIX_FADV_DONTNEED), as coreutils offers it. A file system in memory has nothing to drop.
    execFileSync("dd", [`of=${path}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"], { stdio: "ignore" });
    const before = countDescriptors();
    const opened = opener.openAtOnce!("file.txt", READ);
    t.diagnostic(opened === undefined ? "the page was dropped" : "this file system keeps its pages");
    assert.ok(opened === undefined || opened.kind === "file");
    assert.equal(countDescriptors(), before);
    assert.equal(readFileSync(path, "latin1"), "x".repeat(50));
    const again = await openSoon(opener, "file.txt");
    assert.ok(again.kind === "file" && again.bytes!.length === 50);
  });

  for (const disturbance of ["swapFile", "swapFolder"] as const) {
    test(`openAtOnce() stays inside while the tree is disturbed (${disturbance})`, async (t) => {
      const site = makeSite(t, { "root/folder/file.txt": "inside", "outside/file.txt": "OUTSIDE" });
      const opener = openerFor(t, join(site, "root"));
      await openSoon(opener, "folder/file.txt");
      await whileDisturbed(t, site, disturbance, async (roundCount) => {
        let insideCount = 0;
        for (let count = 0; count < 2000 || insideCount < 20 || roundCount() < 100; count++) {
          const opened = opener.openAtOnce!("folder/file.txt", READ);
          if (opened?.kind === "file") {
            assert.equal(opened.bytes!.toString(), "inside");
            insideCount++;
          } else assert.ok(opened === undefined || opened.kind === "missing" || opened.kind === "refused");
          if (count % 20 === 0) await new Promise(setImmediate);
        }
      });
    });
  }

  test("hideFiles() hides from openAtOnce() too", async (t) => {
    const root = makeSite(t, { "file.txt": "shown", "secret.json": "hidden" });
    const opener = hideFiles(openerFor(t, root), (path) => path === "secret.json");
    await openSoon(opener, "file.txt");
    assert.deepEqual(opener.openAtOnce!("secret.json", READ), { kind: "missing" });
    assert.equal("openAtOnce" in hideFiles(createOpener(root), () => true), false);
  });

  test("keepPreviousRelease() says at once what the current release has, and waits for what only another may have", async (t) => {
    const site = makeSite(t, { "1/app.js": "old", "1/page.html": "one", "2/page.html": "two" });
    const root = join(site, "now");
    symlinkSync("1", root);
    const clock = { ms: 1_000_000 };
    const opener = keepPreviousRelease(openerFor(t, root), {
      root,
      openerFor: createOpener,
      keepMs: 60_000,
      isKept: (path) => path.endsWith(".js"),
      now: () => clock.ms,
      releases: new Releases(),
    });
    const page = await openSoon(opener, "page.html");
    assert.ok(page.kind === "file" && page.bytes!.toString() === "one");
    symlinkSync("2", join(site, "next"));
    renameSync(join(site, "next"), root);
    clock.ms += 1000;
    // The root has to be looked at first.
    assert.equal(opener.openAtOnce!("page.html", { ...READ, toleranceMs: 0 }), undefined);
    assert.equal(readAndClose(await opener.open("page.html")), "two");
    assert.equal(opener.openAtOnce!("app.js", { ...READ, toleranceMs: Number.MIN_VALUE }), undefined);
    assert.equal(readAndClose(await opener.open("app.js")), "old");
    mkdirSync(join(site, "2/sub"));
    writeFileSync(join(site, "2/sub/x.txt"), "x");
    const found = await openSoon(opener, "sub/x.txt", { ...READ, toleranceMs: Number.MIN_VALUE });
    assert.ok(found.kind === "file" && found.bytes!.toString() === "x");
    await descriptorsSettled(countDescriptors());
  });
}
