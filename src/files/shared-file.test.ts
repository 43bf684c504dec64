import assert from "node:assert/strict";
import { fstatSync, openSync } from "node:fs";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { SharedFile } from "./shared-file.ts";

test("SharedFile is open until its last user lets go", async () => {
  const file = new SharedFile(openSync(import.meta.filename, "r"));
  file.retain();
  file.retain();
  file.release();
  file.release();
  await setImmediate();
  assert.ok(fstatSync(file.fd).isFile());
  file.release();
  while (isOpen(file.fd)) await setImmediate();
});

test("SharedFile cannot be used again once it is closed", () => {
  const file = new SharedFile(openSync(import.meta.filename, "r"));
  file.release();
  assert.throws(() => file.retain(), /closed already/);
  assert.throws(() => file.release(), /closed already/);
});

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
