// The check of Node's version, with a version that is not the real one.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSite } from "../../test/support/site.ts";

const MAIN = join(import.meta.dirname, "main.ts");

for (const version of ["18.19.0", "20.20.2", "25.9.0", "26.7.9"]) {
  test(`main tells Node ${version} that it is too old, in one line`, () => {
    const { status, stdout, stderr } = runAs(version, "--version");
    assert.deepEqual([status, stdout], [1, ""]);
    assert.equal(
      stderr,
      `heddle needs Node.js 26.8 or newer; this is v${version}. Get it from https://nodejs.org/, or run, where heddle is installed: npx -p node@26 heddle\n`,
    );
  });
}

for (const version of ["26.8.0", "26.10.0", "27.0.0"]) {
  test(`main goes on with Node ${version}`, () => {
    assert.deepEqual(runAs(version, "--version").status, 0);
  });
}

test("main wants the same version as package.json", () => {
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  assert.match(runAs("0.0.0", "").stderr, new RegExp(`Node\\.js ${engines.node.replace(">=", "")} or newer`));
});

test("main says that the folder it was started in is gone", { skip: process.platform === "win32" }, (t) => {
  const script = 'cd "$0" && rmdir "$0" && exec "$1" "$2" --port 0';
  const { status, stderr } = spawnSync("sh", ["-c", script, makeSite(t), process.execPath, MAIN], { encoding: "utf8" });
  assert.equal(stderr, "heddle: the current folder does not exist any more. Change to another folder.\n");
  assert.equal(status, 1);
});

function runAs(version: string, ...argv: string[]): { status: number | null; stdout: string; stderr: string } {
  const pretend = `
    Object.defineProperty(process, "version", { value: "v${version}" });
    Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });`;
  const preload = `--import=data:text/javascript,${encodeURIComponent(pretend)}`;
  return spawnSync(process.execPath, [preload, MAIN, ...argv], { encoding: "utf8" });
}
