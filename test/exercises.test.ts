// The ten exercises of examples/exercises/: each start fails its tests, by an assertion, and each solution passes them. All
// are tried in two processes, because a process for each test file would take ten times as long.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const PROJECT = join(import.meta.dirname, "..");
const FOLDERS = globSync("examples/exercises/[0-9]*/", { cwd: PROJECT }).sort();

test("there are ten exercises, each with a task, a start and a solution", () => {
  assert.equal(FOLDERS.length, 10);
  for (const folder of FOLDERS) {
    const name = folder.split(/[\\/]/)[2]!;
    for (const file of ["README.md", "start.ts", "exercise.test.ts", `../solutions/${name}.ts`])
      assert.ok(existsSync(join(PROJECT, folder, file)), `${folder}/${file}`);
  }
});

test("each start fails its tests, by an assertion or because a connection ends too early", async () => {
  const { output } = await run("starts");
  const failures = output.split(/^not ok /m).slice(1);
  for (const folder of FOLDERS) {
    const number = folder.split(/[\\/]/)[2]!.slice(0, 2);
    const own = failures.filter((failure) => failure.includes(` - ${number} `));
    assert.ok(own.length > 0, `the start of exercise ${number} passes`);
    for (const failure of own) assert.match(failure, /code: 'ERR_ASSERTION'|the connection ended/, failure);
  }
});

test("each solution passes its tests", async () => {
  const { status, output } = await run("solutions");
  assert.equal(status, 0, output);
  for (const folder of FOLDERS)
    assert.match(output, new RegExp(`^ok \\d+ - ${folder.split(/[\\/]/)[2]!.slice(0, 2)} `, "m"));
});

function run(what: "starts" | "solutions"): Promise<{ status: number | null; output: string }> {
  const files = FOLDERS.map((folder) => join(folder, "exercise.test.ts"));
  const args = ["--test", "--test-isolation=none", "--test-reporter=tap", ...files];
  // NODE_TEST_CONTEXT would make the child report to our own runner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { cwd: PROJECT, env: { ...env, HEDDLE_EXERCISES: what } },
      (_error, stdout, stderr) => resolve({ status: child.exitCode, output: stdout + stderr }),
    );
  });
}
