import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSite } from "../../test/support/site.ts";
import { folderProblem } from "./folder-problem.ts";

test("folderProblem() tells a missing folder from a file, and says nothing of a folder that can be read", (t) => {
  const folder = makeSite(t, { "a.txt": "" });
  assert.equal(folderProblem(folder), undefined);
  assert.equal(folderProblem(join(folder, "missing")), "does not exist");
  assert.equal(folderProblem(join(folder, "a.txt", "below")), "does not exist");
  assert.equal(folderProblem(join(folder, "a.txt")), "is a file, not a folder");
});

const isRoot = process.getuid?.() === 0;
test("folderProblem() names a folder that this user may not read", { skip: process.platform === "win32" }, (t) => {
  const folder = makeSite(t);
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "closed"), 0o000);
  const program = `
    const { folderProblem } = await import(${JSON.stringify(new URL("folder-problem.ts", import.meta.url).href)});
    ${isRoot ? "process.setuid(65534);" : ""}
    console.log(folderProblem(${JSON.stringify(join(folder, "closed"))}));`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  assert.equal(stdout, "cannot be read\n");
});
