// One holder at a time, also after a holder has died.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { takeLock } from "./lock.ts";

function pathOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "heddle-lock-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "lock");
}

function hold(path: string, holder: object, silentMs = 0): void {
  writeFileSync(path, JSON.stringify(holder));
  const then = (Date.now() - silentMs) / 1000;
  utimesSync(path, then, then);
}

test("takeLock() has one holder, until it is released", async (t) => {
  const path = pathOf(t);
  const release = await takeLock(path);
  assert.ok(release);
  assert.equal(await takeLock(path), undefined);
  await release();
  assert.equal(existsSync(path), false);
  await (await takeLock(path))!();
});

test("takeLock() gives the lock to one of many", async (t) => {
  const path = pathOf(t);
  const taken = await Promise.all(Array.from({ length: 20 }, () => takeLock(path)));
  assert.equal(taken.filter((release) => release !== undefined).length, 1);
  await taken.find((release) => release !== undefined)!();
  assert.deepEqual(readdirSync(join(path, "..")), []);
});

test("takeLock() takes over from a process that is not there any more", async (t) => {
  const path = pathOf(t);
  // The highest number that Linux gives is 4194304.
  hold(path, { id: "a", host: hostname(), pid: 4_194_305 });
  assert.ok(await takeLock(path));
});

test("takeLock() takes over from a process of the same number, which a container's often is", async (t) => {
  const path = pathOf(t);
  hold(path, { id: "a", host: hostname(), pid: process.pid });
  assert.ok(await takeLock(path));
});

test("takeLock() waits for other machines, until they are silent for a minute", async (t) => {
  const path = pathOf(t);
  hold(path, { id: "a", host: "elsewhere", pid: 1 }, 50_000);
  assert.equal(await takeLock(path), undefined);
  hold(path, { id: "a", host: "elsewhere", pid: 1 }, 70_000);
  assert.ok(await takeLock(path));
});

test("takeLock() takes over a lock that nobody can read, and one of twenty gets it", async (t) => {
  const path = pathOf(t);
  writeFileSync(path, "{");
  const taken = await Promise.all(Array.from({ length: 20 }, () => takeLock(path)));
  assert.equal(taken.filter((release) => release !== undefined).length, 1);
});

test("a release leaves the lock of whoever has taken it over", async (t) => {
  const path = pathOf(t);
  const release = (await takeLock(path))!;
  hold(path, { id: "b", host: "elsewhere", pid: 1 });
  await release();
  assert.equal(JSON.parse(readFileSync(path, "utf8")).id, "b");
});
