import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeSite } from "../../../test/support/site.ts";
import { fileStatOf } from "../opener.ts";

// Loading it needs Linux.
if (process.platform === "linux") {
  const { statAtOnce } = await import("./stat.ts");

  const cases: [what: string, make: (folder: string) => string][] = [
    ["a file", (folder) => join(folder, "file.txt")],
    ["an empty file", (folder) => made(folder, (path) => fs.writeFileSync(path, ""))],
    ["a file of 5 GiB", (folder) => made(folder, (path) => fs.truncateSync(path, 5 * 2 ** 30))],
    ["a file that was modified in 1969", (folder) => made(folder, (path) => fs.utimesSync(path, 0, new Date(-1250)))],
    ["a file that is modified in 2100", (folder) => made(folder, (path) => fs.utimesSync(path, 0, 4_102_444_800.5))],
    ["a folder", (folder) => folder],
    ["a device", () => "/dev/null"],
    ["a file of the kernel", () => "/proc/self/status"],
  ];
  for (const [what, make] of cases) {
    test(`statAtOnce() says of ${what} what Node says`, (t) => {
      const fd = fs.openSync(make(makeSite(t, { "file.txt": "content" })), "r");
      t.after(() => fs.closeSync(fd));
      assert.deepEqual(statAtOnce(fd), fileStatOf(fs.fstatSync(fd, { bigint: true })));
    });
  }

  // Where temporary files are on a disk, its file system may keep fewer bits; a tmpfs keeps them all.
  const places = [tmpdir(), "/dev/shm"].filter((place) => fs.existsSync(place));
  for (const seconds of [
    9_223_372_036.5,
    9_223_372_037,
    -9_223_372_037,
    32_503_680_000,
    18_446_744_074.5,
    1e13,
    2 ** 55,
    -8e12,
  ]) {
    for (const place of places) {
      test(`statAtOnce() says of a file in ${place} what Node says, ${seconds} s after 1970`, (t) => {
        const folder = fs.mkdtempSync(join(place, "heddle-times-"));
        t.after(() => fs.rmSync(folder, { recursive: true }));
        const path = join(folder, "file.txt");
        fs.writeFileSync(path, "x");
        // Node takes a negative number for now.
        fs.utimesSync(path, 0, seconds < 0 ? new Date(seconds * 1000) : seconds);
        const fd = fs.openSync(path, "r");
        t.after(() => fs.closeSync(fd));
        assert.deepEqual(statAtOnce(fd), fileStatOf(fs.fstatSync(fd, { bigint: true })));
      });
    }
  }

  test("statAtOnce() says nothing of what is not open", () => {
    assert.equal(statAtOnce(1_000_000), undefined);
  });
}

function made(folder: string, change: (path: string) => void): string {
  const path = join(folder, "file.txt");
  change(path);
  return path;
}
