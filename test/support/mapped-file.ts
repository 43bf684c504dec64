// A file that is mapped into memory (MAP_SHARED) and changed by stores, as LMDB, rrdtool and numpy do. Linux only.
import { closeSync, fstatSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { hasDirtyPages } from "../../src/linux/dirty-pages.ts";
import { ffi } from "../../src/linux/ffi.ts";
import { libcPages, MAP_FAILED, MAP_SHARED, PROT_READ, systemError } from "../../src/linux/libc.ts";

const PROT_WRITE = 2;

export interface MappedFile {
  readonly bytes: Buffer;
  /** Writes what was stored to the disk. */
  flush(): void;
}

export function mapFile(t: TestContext, path: string): MappedFile {
  const fd = openSync(path, "r+");
  t.after(() => closeSync(fd));
  const { size } = fstatSync(fd);
  const address = libcPages.mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0n);
  if (address === MAP_FAILED) throw systemError("mmap");
  // It stays mapped: nothing tells when `bytes` is no longer used.
  return { bytes: Buffer.from(ffi.toArrayBuffer(address, size, false)), flush: () => fsyncSync(fd) };
}

/** Whether kernel and file system tell which pages of the temporary files are dirty. */
export function tellsDirtyPages(): boolean {
  const path = join(tmpdir(), `heddle-dirty-${process.pid}-${Math.random()}`);
  const fd = openSync(path, "wx+");
  try {
    writeSync(fd, "dirty");
    return hasDirtyPages(fd, 0, 5);
  } finally {
    closeSync(fd);
    rmSync(path);
  }
}
