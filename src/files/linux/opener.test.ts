import assert from "node:assert/strict";
import { closeSync, fstatSync, mkdirSync, openSync, statSync, symlinkSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { getSystemErrorName } from "node:util";
import { Worker } from "node:worker_threads";
import { describeOpener, readAndClose, whileDisturbed } from "../../../test/support/containment.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "../../../test/support/site.ts";
import { createOpener } from "../containment.ts";
import { fileStatOf, type Opened, type Opener } from "../opener.ts";

// Loading it needs Linux.
if (process.platform === "linux") {
  const { createKernelOpener } = await import("./opener.ts");
  const { openat2 } = await import("./below-root.ts");
  const { AT_FDCWD } = await import("../../linux/libc.ts");
  const { EAGAIN, EACCES, ELOOP, EMFILE, ENOENT, ENOSYS, EPERM, EINVAL, EXDEV } = constants.errno;
  const never = (text: string): void => assert.fail(text);

  describeOpener("by openat2", (root) => createKernelOpener(root, createOpener(root), never), {
    withstandsFolderSwaps: true,
  });

  test("createKernelOpener() answers what the kernel has in memory without the fallback", async (t) => {
    const root = makeSite(t, { "a/b.txt": "b", "a/\u00e9 \u{1f9f5}\n.txt": "odd name" });
    symlinkSync("a/b.txt", join(root, "link"));
    const asked: Opened = { kind: "unavailable", cause: new Error("the fallback was asked") };
    const opener = createKernelOpener(root, { open: async () => asked }, never);
    for (const path of ["a/b.txt", "a/\u00e9 \u{1f9f5}\n.txt", "link", "a"]) statSync(join(root, path));
    // The kernel leaves a path to the fallback when a rename anywhere has disturbed it, or when it is the first to
    // follow a new link (whose time of access is due). Following the link once more helps.
    const openAtOnce = async (path: string): Promise<Opened> => {
      let opened: Opened = asked;
      for (let tries = 0; tries < 1000 && opened === asked; tries++) {
        opened = await opener.open(path);
        if (opened === asked) statSync(join(root, path));
        if (opened === asked) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return opened;
    };
    const before = countDescriptors();
    assert.equal(readAndClose(await openAtOnce("a/b.txt")), "b");
    assert.equal(readAndClose(await openAtOnce("a/\u00e9 \u{1f9f5}\n.txt")), "odd name");
    assert.equal(readAndClose(await openAtOnce("link")), "b");
    assert.equal((await openAtOnce("a")).kind, "folder");
    assert.equal(countDescriptors(), before);
  });

  const leftToFallback: [name: string, path: string][] = [
    ["a path that is too long", `${"y/".repeat(2048)}x`],
    ["a path that would end at a NUL", "file.txt\0.html"],
    ["a missing file", "nothing.txt"],
    ["an absolute link that stays inside", "absolute"],
    ["a link that leads out", "out"],
    ["the root itself", ""],
  ];
  for (const [name, path] of leftToFallback) {
    test(`createKernelOpener() leaves ${name} to the fallback`, async (t) => {
      const root = makeSite(t, { "file.txt": "inside" });
      symlinkSync(join(root, "file.txt"), join(root, "absolute"));
      symlinkSync("..", join(root, "out"));
      await assertAsksFallback((fallback) => createKernelOpener(root, fallback, never), path);
    });
  }

  for (const number of [EAGAIN, EACCES, ELOOP, EMFILE, ENOENT, EXDEV]) {
    test(`createKernelOpener() leaves a path that openat2 fails for with ${getSystemErrorName(-number)} to the fallback`, async (t) => {
      const root = makeSite(t, { "file.txt": "inside" });
      await assertAsksFallback(
        (fallback) =>
          createKernelOpener(root, fallback, never, (dirFd, path, how) =>
            dirFd === AT_FDCWD ? openat2(dirFd, path, how) : -number,
          ),
        "file.txt",
      );
    });
  }

  for (const number of [ENOSYS, EPERM, EINVAL]) {
    const name = getSystemErrorName(-number);
    test(`createKernelOpener() is the fallback where the system answers ${name}, and says so once`, () => {
      const fallback: Opener = createOpener("/");
      const said: string[] = [];
      const opener = createKernelOpener(
        "/",
        fallback,
        (reason) => said.push(reason),
        () => -number,
      );
      assert.equal(opener, fallback);
      assert.deepEqual(said, [`openat2: ${name}`]);
    });
  }

  test("createKernelOpener() sees a root that appears later", async (t) => {
    const site = makeSite(t);
    const root = join(site, "later");
    const opener = createKernelOpener(root, { open: async () => ({ kind: "missing" }) }, never);
    assert.equal((await opener.open("folder")).kind, "missing");
    mkdirSync(join(root, "folder"), { recursive: true });
    assert.equal((await opener.open("folder")).kind, "folder");
  });

  for (const disturbance of ["swapFile", "swapFolder"] as const) {
    test(`createKernelOpener() stays inside by the kernel's word alone (${disturbance})`, async (t) => {
      const site = makeSite(t, { "root/folder/file.txt": "inside", "outside/file.txt": "OUTSIDE" });
      const root = join(site, "root");
      const opener = createKernelOpener(root, { open: async () => ({ kind: "refused" }) }, never);
      const before = countDescriptors();
      await whileDisturbed(t, site, disturbance, async (roundCount) => {
        let insideCount = 0;
        for (let count = 0; count < 5000 || insideCount < 500 || roundCount() < 500; count++) {
          const opened = await opener.open("folder/file.txt");
          if (opened.kind === "file") {
            assert.equal(readAndClose(opened), "inside");
            insideCount++;
          } else assert.equal(opened.kind, "refused");
        }
      });
      await descriptorsSettled(before);
    });
  }

  test("createKernelOpener() looks at once at what is below the root, and at nothing else", async (t) => {
    const root = makeSite(t, { "a/b.txt": "b" });
    symlinkSync("b.txt", join(root, "a/link"));
    symlinkSync("/etc/passwd", join(root, "out"));
    const opener = createKernelOpener(root, { open: () => assert.fail("the fallback was asked") }, never);
    const before = countDescriptors();
    const expected = fileStatOf(statSync(join(root, "a/b.txt"), { bigint: true }));
    for (const path of ["a/b.txt", "a/link"]) {
      // As above: the first call may be left to the fallback.
      let stat = opener.lookAtOnce!(path, 0);
      for (let tries = 0; tries < 1000 && stat === undefined; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        statSync(join(root, path));
        stat = opener.lookAtOnce!(path, 0);
      }
      assert.deepEqual(stat, expected);
    }
    for (const path of ["out", "nothing", "a/b.txt/c", "a/b.txt\0", "y/".repeat(3000)]) {
      assert.equal(opener.lookAtOnce!(path, 0), undefined);
      assert.equal(opener.lookAtOnce!(path, 100), undefined);
    }
    await descriptorsSettled(before);
  });

  test("createKernelOpener() shares an open root among looks that tolerate it, and closes it soon", async (t) => {
    const root = makeSite(t, { "file.txt": "inside" });
    let rootCount = 0;
    const opener = createKernelOpener(root, { open: () => assert.fail() }, never, (dirFd, path, how) => {
      if (dirFd === AT_FDCWD) rootCount++;
      return openat2(dirFd, path, how);
    });
    const before = countDescriptors();
    const rootsOf = (look: () => void): number => {
      const former = rootCount;
      look();
      return rootCount - former;
    };
    const look = (toleranceMs: number) => (): void => void opener.lookAtOnce!("file.txt", toleranceMs);
    assert.equal(rootsOf(look(60_000)), 1);
    assert.equal(rootsOf(look(60_000)), 0);
    assert.equal(countDescriptors(), before + 1);
    assert.equal(rootsOf(look(0)), 1);
    assert.equal(rootsOf(look(60_000)), 0);
    assert.equal(rootsOf(look(Number.MIN_VALUE)), 1);
    await descriptorsSettled(before);
    assert.equal(rootsOf(look(60_000)), 1);
    assert.equal(rootsOf(look(Number.MIN_VALUE)), 1);
    await descriptorsSettled(before);
  });

  test("createKernelOpener() reads at once what is in memory, with the stat after that", async (t) => {
    const root = makeSite(t, { "file.txt": "inside", "empty.txt": "" });
    const opener = createKernelOpener(root, createOpener(root), never);
    for (const [name, content] of [
      ["file.txt", "inside"],
      ["empty.txt", ""],
    ] as const) {
      const fd = openSync(join(root, name), "r");
      t.after(() => closeSync(fd));
      const read = opener.readAtOnce!(fd, content.length)!;
      assert.equal(read.bytes.toString(), content);
      assert.deepEqual(read.stat, fileStatOf(fstatSync(fd, { bigint: true })));
      // The file has become shorter.
      assert.equal(opener.readAtOnce!(fd, content.length + 1), undefined);
    }
    assert.equal(opener.readAtOnce!(1_000_000, 1), undefined);
  });

  test("createKernelOpener() opens descriptors that Node closes when their thread dies", async (t) => {
    const root = makeSite(t, { "file.txt": "inside" });
    const before = countDescriptors();
    const source = `
      const { workerData, parentPort } = require("node:worker_threads");
      const fs = require("node:fs");
      process.on("warning", ({ name, message }) => {
        if (name !== "ExperimentalWarning") parentPort.postMessage(message);
      });
      import(workerData.url).then(async ({ createKernelOpener }) => {
        const opener = createKernelOpener(workerData.root, { open: () => { throw new Error("asked") } }, () => {});
        const opened = await opener.open("file.txt");
        await new Promise((closed) => fs.close(opened.fd, closed));
        for (let count = 0; count < 10; count++) await opener.open("file.txt");
        opener.lookAtOnce("file.txt", 60_000);
        parentPort.postMessage("opened");
        setInterval(() => {}, 1000);
      });
    `;
    const url = import.meta.resolve("./opener.ts");
    const worker = new Worker(source, { eval: true, workerData: { root, url } });
    t.after(() => worker.terminate());
    const message = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    assert.equal(message, "opened");
    assert.ok(countDescriptors() >= before + 11);
    await worker.terminate();
    await descriptorsSettled(before);
  });
}

async function assertAsksFallback(create: (fallback: Opener) => Opener, path: string): Promise<void> {
  const asked: string[] = [];
  const opener = create({
    open: async (path) => {
      asked.push(path);
      return { kind: "forbidden" };
    },
  });
  const before = countDescriptors();
  assert.equal((await opener.open(path)).kind, "forbidden");
  assert.deepEqual(asked, [path]);
  assert.equal(countDescriptors(), before);
}
