// What Heddle knows of file systems that must be mounted first: overlayfs, the root of most containers, and tmpfs. It runs
// in a mount namespace of its own, by test/mounts.test.ts.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createOpener } from "../../src/files/containment.ts";
import { createKernelOpener } from "../../src/files/linux/opener.ts";
import type { Opener } from "../../src/files/opener.ts";
import { isYoung } from "../../src/files/version.ts";
import { hasDirtyPages } from "../../src/linux/dirty-pages.ts";
import { fileSystemOf } from "../../src/linux/file-systems.ts";
import { tellsResidentPages } from "../../src/linux/mapped-pages.ts";
import { isResident, noteRead, readWhole, warm } from "../../src/linux/residency.ts";
import { dropFromCache, type Mounted, mountLayer, mountMemory, mountOverlay } from "../support/mounts.ts";
import { RawClient } from "../support/raw-client.ts";
import { startServer, TRANSPORTS } from "../support/server.ts";
import { until } from "../support/until.ts";

const SIZE = 3 * 1024 * 1024;
const CONTENT = Buffer.alloc(SIZE, "content of a layer ");
const SMALL = CONTENT.subarray(0, 100_000);
const FILES = { large: CONTENT, small: SMALL, empty: "" };
const WHOLE = { start: 0, end: SIZE };
const READ = { toleranceMs: 60_000, readLimitBytes: SMALL.length };

interface TestFile {
  readonly fd: number;
  retain(): void;
  release(): void;
}

function openFile(t: TestContext, path: string): TestFile {
  const fd = fs.openSync(path, "r");
  t.after(() => fs.closeSync(fd));
  return { fd, retain: () => {}, release: () => {} };
}

function warmed(file: TestFile, slice: { start: number; end: number }): Promise<void> {
  return new Promise((resolve) => warm(file, slice, resolve));
}

function statOf(fd: number): { dev: bigint; ino: bigint } {
  return fs.fstatSync(fd, { bigint: true });
}

function kernelOpener(t: TestContext, { root }: Mounted): Opener {
  const opener = createKernelOpener(root, createOpener(root), assert.fail);
  // The shared root closes itself after the tolerance: here at once, or the file system stays in use.
  t.after(() => opener.lookAtOnce!("", Number.MIN_VALUE));
  return opener;
}

test("fileSystemOf() knows that mappings tell on overlayfs, and that tmpfs has nothing to ask", (t) => {
  const system = (path: string): unknown => {
    const { fd } = openFile(t, path);
    return fileSystemOf(fd, statOf(fd).dev);
  };
  const overlay = { residency: "mappings", tellsDirtyPages: false };
  assert.deepEqual(system(join(mountOverlay(FILES).root, "large")), overlay);
  const memory = { residency: "nothing", tellsDirtyPages: false };
  assert.deepEqual(system(join(mountMemory(FILES).root, "large")), memory);
});

test("isResident() tells on overlayfs which part is in memory, and warm() brings one in", async (t) => {
  const { root, layer } = mountOverlay(FILES);
  const file = openFile(t, join(root, "large"));
  await warmed(file, WHOLE);
  assert.equal(isResident(file, { start: 5, end: 1_000_000 }), true);
  dropFromCache(join(layer, "large"));
  for (const part of [
    { start: 0, end: 1 },
    { start: 2_000_000, end: 3_000_000 },
  ]) {
    assert.equal(isResident(file, part), false);
    await warmed(file, part);
    assert.equal(isResident(file, part), true);
  }
});

test("isResident() and readWhole() ask nothing on tmpfs", (t) => {
  const { root } = mountMemory(FILES);
  const { fd } = openFile(t, join(root, "small"));
  const identity = statOf(fd);
  const bytes = Buffer.alloc(SMALL.length);
  assert.equal(readWhole(fd, bytes, identity), true);
  assert.ok(bytes.equals(SMALL));
  const file = openFile(t, join(root, "large"));
  assert.equal(isResident(file, WHOLE), true);
  // Nothing can be asked about a descriptor that is not open.
  (file as { fd: number }).fd = -1;
  assert.equal(isResident(file, WHOLE), true);
});

test("openAtOnce() leaves a cold file on overlayfs to the pool, and reads a hot one", async (t) => {
  const mounted = mountOverlay(FILES);
  const opener = kernelOpener(t, mounted);
  const openInTime = async (): Promise<Buffer | undefined> => {
    const opened = await opener.open("small");
    assert.ok(opened.kind === "file");
    try {
      return opener.readAtOnce!(opened.fd, SMALL.length)?.bytes;
    } finally {
      fs.closeSync(opened.fd);
    }
  };
  await openInTime();
  dropFromCache(join(mounted.layer, "small"));
  assert.equal(opener.openAtOnce!("small", READ), undefined);
  assert.equal(await openInTime(), undefined);
  // As the pool does it.
  assert.ok(fs.readFileSync(join(mounted.root, "small")).equals(SMALL));
  const opened = opener.openAtOnce!("small", READ);
  assert.ok(opened?.kind === "file" && opened.bytes?.equals(SMALL));
  assert.ok((await openInTime())?.equals(SMALL));
});

test("openAtOnce() reads a file on tmpfs, and an empty one on overlayfs", async (t) => {
  const memory = kernelOpener(t, mountMemory(FILES));
  const overlay = kernelOpener(t, mountOverlay(FILES));
  for (const [opener, path, content] of [
    [memory, "small", SMALL],
    [overlay, "empty", Buffer.alloc(0)],
  ] as const) {
    // The file system of the root is asked for first, and its folder is read.
    const late = await opener.open(path);
    if (late.kind === "file") fs.closeSync(late.fd);
    const opened = opener.openAtOnce!(path, READ);
    assert.ok(opened?.kind === "file" && opened.bytes?.equals(content));
  }
});

test("a file on overlayfs that is another user's is read once on the pool, and then counts as resident", async (t) => {
  const { fd, asOther } = openForeign(t);
  const file = { fd, retain: () => {}, release: () => {} };
  const identity = statOf(fd);
  const bytes = Buffer.alloc(20_000);
  const part = { start: 0, end: bytes.length };
  await asOther(async () => {
    assert.equal(tellsResidentPages(fd), false);
    assert.equal(isResident(file, part), false);
    await warmed(file, part);
    assert.equal(isResident(file, part), true);
    // For a small file, the same by its name in the file system.
    assert.equal(readWhole(fd, bytes, identity), false);
    noteRead(identity);
    assert.equal(readWhole(fd, bytes, identity), true);
    assert.equal(hasDirtyPages(fd, 0, bytes.length), false);
  });
});

interface Foreign {
  readonly fd: number;
  asOther(use: () => Promise<void>): Promise<void>;
}

/** A file on an overlay, and a way to be a user who neither owns it nor may write it. */
function openForeign(t: TestContext): Foreign {
  const userCount = Number(fs.readFileSync("/proc/self/uid_map", "latin1").trim().split(/\s+/)[2]);
  // Where this namespace knows but one user, the file is one of the system's.
  if (userCount === 1) return { fd: openFile(t, join(mountLayer(() => "/usr/bin").root, "env")).fd, asOther: call };
  const { fd } = openFile(t, join(mountOverlay(FILES).root, "large"));
  const asOther = async (use: () => Promise<void>): Promise<void> => {
    process.seteuid!(65_534);
    await use().finally(() => process.seteuid!(0));
  };
  return { fd, asOther };
}

/** While a file is young, its tag is weak. */
function isYoungAt(path: string): boolean {
  const { dev, ino, size, mtimeNs, ctimeNs } = fs.statSync(path, { bigint: true });
  return isYoung({ type: "file", sizeBytes: Number(size), mtimeNs, ctimeNs, ino, dev }, Date.now());
}

function call(use: () => Promise<void>): Promise<void> {
  return use();
}

for (const transport of TRANSPORTS) {
  for (const [what, mount] of [
    ["overlayfs", mountOverlay],
    ["tmpfs", mountMemory],
  ] as const) {
    test(`a server with its root on ${what} answers for cold and hot files, ${transport}`, async (t) => {
      const { root, layer } = mount(FILES);
      await until(() => !Object.keys(FILES).some((name) => isYoungAt(join(root, name))));
      const server = await startServer(t, { root, threads: 1, transport, siteFiles: "none", revalidateMs: 0 });
      const client = await RawClient.open(server.port);
      for (const [path, content] of Object.entries(FILES)) {
        for (const state of ["cold", "hot"]) {
          if (state === "cold") dropFromCache(join(layer, path));
          const { status, body, fields } = await client.request("GET", `/${path}`);
          assert.equal(status, 200);
          assert.ok(body.equals(Buffer.from(content)), `${path}, ${state}`);
          assert.match(fields.get("etag")!, /^"/);
        }
      }
      client.close();
      await server.close({ graceMs: 0 });
    });
  }
}
