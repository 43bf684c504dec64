// Folders that exist for one test, and the number of open descriptors.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";

/**
 * Makes a folder with these files (content by path), and returns its real path. The end of the test removes it. The files
 * are on the disk, where the server can tell that they are not being changed: a file with dirty pages counts as young.
 */
export function makeSite(t: Pick<TestContext, "after">, files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "heddle-site-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    // An empty file has no page that could be dirty, and ten thousand of them take seconds to flush.
    writeFileSync(join(folder, path), content, { flush: content.length > 0 });
  }
  return folder;
}

/** Puts all files below a folder on the disk, as `makeSite` does. */
export function flush(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const fd = openSync(join(entry.parentPath, entry.name), "r+");
    fsyncSync(fd);
    closeSync(fd);
  }
}

/** What begins as gzip does, for tests in which nobody decodes it. */
export function asGzip(text: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from(text)]);
}

/** The same for zstd. */
export function asZstd(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.from(text)]);
}

/** Open descriptors of the whole process, all threads together. */
export function countDescriptors(): number {
  return readdirSync(process.platform === "linux" ? "/proc/self/fd" : "/dev/fd").length;
}

/** Whether a descriptor of this process leads to `path`; false on systems that do not tell. */
export function isOpen(path: string): boolean {
  if (process.platform !== "linux") return false;
  return readdirSync("/proc/self/fd").some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });
}

/** Waits until at most `count` descriptors are open, because closing takes time. Throws after 10 seconds: a leak. */
export async function descriptorsSettled(count: number): Promise<void> {
  for (const deadline = Date.now() + 10_000; countDescriptors() > count; await setTimeout(2)) {
    if (Date.now() > deadline) throw new Error(`${countDescriptors()} descriptors are open, ${count} were before`);
  }
}
