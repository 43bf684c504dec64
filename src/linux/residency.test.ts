import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, openSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeSite } from "../../test/support/site.ts";
import type { OpenFile } from "../http/message.ts";

const SIZE = 4 * 1024 * 1024;
const WHOLE = { start: 0, end: SIZE };

function makeFile(t: TestContext): OpenFile & { users: number; path: string } {
  const path = join(makeSite(t, { file: Buffer.alloc(SIZE, "r") }), "file");
  const fd = openSync(path, "r+");
  fsyncSync(fd);
  t.after(() => closeSync(fd));
  const file = { fd, path, users: 1, retain: () => void file.users++, release: () => void file.users-- };
  return file;
}

if (process.platform === "linux") {
  const { isResident, warm } = await import("./residency.ts");

  test("isResident() is true for a file that was just written", (t) => {
    assert.equal(isResident(makeFile(t), WHOLE), true);
  });

  test("isResident() is true where there is nothing to read: the end of the file tells that itself", (t) => {
    assert.equal(isResident(makeFile(t), { start: SIZE, end: SIZE + 10 }), true);
  });

  test("warm() reads what was dropped from the page cache, with the file kept open meanwhile", async (t) => {
    const file = makeFile(t);
    // posix_fadvise(POSIX_FADV_DONTNEED), as coreutils offers it. A file system in memory has nothing to drop.
    execFileSync("dd", [`of=${file.path}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"], { stdio: "ignore" });
    const wasResident = isResident(file, WHOLE);
    t.diagnostic(wasResident ? "this file system keeps its pages" : "the pages were dropped");
    await new Promise<void>((resolve) => {
      warm(file, WHOLE, resolve);
      assert.equal(file.users, 2);
    });
    assert.equal(file.users, 1);
    assert.equal(isResident(file, WHOLE), true);
  });
}
