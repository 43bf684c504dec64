// The completions and the manual page are those of the flags: `node docs/shell-files.ts` writes them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { SHELL_FILES } from "../docs/shell-files.ts";
import { completion } from "../src/cli/commands/completion.ts";

for (const { file, text } of SHELL_FILES) {
  test(`${basename(file.pathname)} is up to date`, () => assert.equal(readFileSync(file, "utf8"), text()));
}

async function complete(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: "", stderr: "" };
  const output = (name: "stdout" | "stderr") => ({ write: (text: string) => (printed[name] += text) });
  const { signal } = new AbortController();
  const io = { environment: {}, cwd: "", version: "", stdout: output("stdout"), stderr: output("stderr"), signal };
  return { code: await completion(argv, io), ...printed };
}

for (const [shell, file] of [
  ["bash", "heddle.bash"],
  ["zsh", "_heddle"],
  ["fish", "heddle.fish"],
] as const) {
  test(`heddle completion ${shell} prints ${file}`, async () => {
    const stdout = readFileSync(new URL(`../deploy/shell/${file}`, import.meta.url), "utf8");
    assert.deepEqual(await complete(shell), { code: 0, stdout, stderr: "" });
  });
}

for (const argv of [[], ["tcsh"], ["bash", "zsh"], ["constructor"]]) {
  test(`heddle completion ${argv.join(" ")} says what it takes`, async () => {
    const { code, stdout, stderr } = await complete(...argv);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^heddle: completion takes the name of a shell \(bash, zsh, fish\)/);
  });
}
