import assert from "node:assert/strict";
import { closeSync, fsyncSync, openSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeSite } from "../../test/support/site.ts";

const MEBIBYTE = 1024 * 1024;
/** Pages are held, and are dirty, in groups of up to 2 MiB. */
const SIZE = 8 * MEBIBYTE;

if (process.platform === "linux") {
  const { hasDirtyPages } = await import("./dirty-pages.ts");
  const { mapFile, tellsDirtyPages } = await import("../../test/support/mapped-file.ts");
  const skip = tellsDirtyPages() ? false : "neither this kernel nor this file system tells which pages are dirty";

  const open = (t: TestContext, content: string | Buffer): { fd: number; path: string } => {
    const path = join(makeSite(t, { file: content }), "file");
    const fd = openSync(path, "r");
    t.after(() => closeSync(fd));
    return { fd, path };
  };

  test("hasDirtyPages() is false for a file that is on the disk, and for an empty one", { skip }, (t) => {
    const { fd } = open(t, Buffer.alloc(SIZE));
    assert.equal(hasDirtyPages(fd, 0, SIZE), false);
    assert.equal(hasDirtyPages(open(t, "").fd, 0, 0), false);
  });

  test("hasDirtyPages() sees a store into a mapping, only where it is, until it is on the disk", { skip }, (t) => {
    const { fd, path } = open(t, Buffer.alloc(SIZE));
    const mapped = mapFile(t, path);
    mapped.bytes[6 * MEBIBYTE] = 1;
    assert.equal(hasDirtyPages(fd, 0, SIZE), true);
    assert.equal(hasDirtyPages(fd, 0, 2 * MEBIBYTE), false);
    assert.equal(hasDirtyPages(fd, 4 * MEBIBYTE, 4 * MEBIBYTE), true);
    fsyncSync(fd);
    assert.equal(hasDirtyPages(fd, 0, SIZE), false);
  });

  test("hasDirtyPages() is false where nothing tells: what is not open", () => {
    assert.equal(hasDirtyPages(-1, 0, 1), false);
  });
}
