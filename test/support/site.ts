// Folders that exist for one test, and a look at how many descriptors the process holds.
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";

/** @param files content by path; folders on the way are made. Returns the real path of the folder. */
export function makeSite(t: Pick<TestContext, "after">, files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "heddle-site-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** Descriptors of the whole process, all threads together. */
export function countDescriptors(): number {
  return readdirSync(process.platform === "linux" ? "/proc/self/fd" : "/dev/fd").length;
}

/** Resolves once no more than `count` are open; closing takes its time. A leak shows as a test that times out. */
export async function descriptorsSettled(count: number): Promise<void> {
  for (const deadline = Date.now() + 10_000; countDescriptors() > count; await setTimeout(2)) {
    if (Date.now() > deadline) throw new Error(`${countDescriptors()} descriptors are open, ${count} were before`);
  }
}
