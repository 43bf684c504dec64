// In a process of its own, whose memory is that of the test.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const TRIM = new URL("./trim-memory.ts", import.meta.url).href;
const MEBIBYTE = 1024 * 1024;

/** Runs a module, and gives back what it prints. */
function run(code: string): number {
  const argv = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", code];
  const { stdout, stderr, status } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return Number(stdout);
}

test("trimMemory() gives freed pieces between others back to the system", { skip: skipTrim() }, () => {
  const kept = run(`
    import { trimMemory } from ${JSON.stringify(TRIM)};
    const pieces = Array.from({ length: 2000 }, () => Buffer.allocUnsafeSlow(50_000).fill(1));
    const before = process.memoryUsage.rss();
    pieces.forEach(({ buffer }, index) => index % 4 > 0 && buffer.transfer(0));
    trimMemory();
    console.log(before - process.memoryUsage.rss());`);
  assert.ok(kept > 40 * MEBIBYTE, `${kept} of 75,000,000 bytes`);
});

function skipTrim(): string | false {
  if (process.platform !== "linux") return "malloc_trim is a call of Linux";
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? "malloc_trim is a call of glibc" : false;
}
