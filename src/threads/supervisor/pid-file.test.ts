// The file with the number of the process: what is in it, who removes it, and what is said when it cannot be written.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSite } from "../../../test/support/site.ts";
import { OptionError } from "../../options/mistakes.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";

test("writePidFile() replaces what was there, and leaves nothing else behind", (t) => {
  const folder = makeSite(t, { "heddle.pid": "1\n" });
  const path = join(folder, "heddle.pid");
  writePidFile(path);
  assert.equal(readFileSync(path, "latin1"), `${process.pid}\n`);
  assert.deepEqual(readdirSync(folder), ["heddle.pid"]);
  removePidFile(path);
  assert.equal(existsSync(path), false);
  removePidFile(path); // It may be gone already.
});

test("removePidFile() leaves the number of another process", (t) => {
  const path = join(makeSite(t, {}), "heddle.pid");
  writeFileSync(path, "1\n");
  removePidFile(path);
  assert.equal(readFileSync(path, "latin1"), "1\n");
});

test("writePidFile() says why it cannot", (t) => {
  const folder = makeSite(t, {});
  mkdirSync(join(folder, "taken"));
  const cases = [
    ["missing/heddle.pid", "its folder does not exist"],
    ["taken", "there is a folder of this name"],
  ] as const;
  for (const [name, reason] of cases) {
    const path = join(folder, name);
    assert.throws(
      () => writePidFile(path),
      new OptionError("pidFile", path, `the path of a file that can be written (${reason})`),
    );
  }
  assert.deepEqual(readdirSync(folder), ["taken"]);
});
