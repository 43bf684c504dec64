import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, openSync, readFileSync, readSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { makeSite } from "../../../test/support/site.ts";
import { until } from "../../../test/support/until.ts";
import { LogFile, type LogFileOptions } from "./log-file.ts";
import { newRing, RingReader, RingWriter } from "./log-ring.ts";

interface Log {
  readonly path: string;
  readonly file: LogFile;
  readonly failures: Error[];
  write(text: string, thread?: number): void;
}

function openLog(t: TestContext, options: Partial<LogFileOptions> = {}, ringBytes = 4096): Log {
  const path = options.path ?? join(makeSite(t), "access.log");
  const failures: Error[] = [];
  const onFailure = (error: Error): void => void failures.push(error);
  const file = new LogFile({
    path,
    rotateBytes: Infinity,
    keepCount: 2,
    flushMs: 20,
    onFailure,
    onDropped: () => {},
    ...options,
  });
  t.after(() => file.close());
  const writers = [0, 1].map(() => {
    const memory = newRing(ringBytes);
    file.add(new RingReader(memory));
    return new RingWriter(memory);
  });
  const write = (text: string, thread = 0): void => writers[thread]!.append(Buffer.from(text), text.length);
  return { path, file, failures, write };
}

/** "" between the two steps of a rotation, when nothing has the name. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

test("LogFile writes the lines of all threads when it is closed", async (t) => {
  const log = openLog(t);
  log.write("a\n");
  log.write("b\n", 1);
  log.write("c\n");
  await log.file.close();
  assert.equal(readFileSync(log.path, "latin1"), "a\nc\nb\n");
});

test("LogFile writes soon, without being told", async (t) => {
  const log = openLog(t);
  log.write("a\n");
  await until(() => existsSync(log.path) && readFileSync(log.path, "latin1") === "a\n");
});

test("LogFile goes on in a new file when the old one was renamed, after reopen()", async (t) => {
  const log = openLog(t);
  log.write("a\n");
  await until(() => existsSync(log.path) && readFileSync(log.path, "latin1") === "a\n");
  renameSync(log.path, `${log.path}.old`);
  log.file.reopen();
  log.write("b\n");
  await log.file.close();
  assert.equal(readFileSync(`${log.path}.old`, "latin1") + readFileSync(log.path, "latin1"), "a\nb\n");
  assert.equal(readFileSync(log.path, "latin1"), "b\n");
});

test("LogFile follows another process that renames the file by its size, and leaves that to it", async (t) => {
  const former = openLog(t, { rotateBytes: 8 });
  const path = former.path;
  former.file.share();
  former.write("1111\n");
  await until(() => textOf(path) === "1111\n");
  // Both have it open. The new process counts what the former one has written, and renames the file.
  const successor = openLog(t, { path, rotateBytes: 8 });
  successor.write("2222\n");
  await until(() => textOf(path) === "1111\n2222\n");
  successor.write("3333\n");
  await until(() => textOf(path) === "3333\n");
  // It looks at the file again after flushMs.
  await sleep(2 * 20);
  former.write("4444\n");
  await until(() => textOf(path) === "3333\n4444\n");
  // Large again, and the former process leaves it so.
  former.write("5555\n");
  await until(() => textOf(path) === "3333\n4444\n5555\n");
  successor.write("6666\n");
  await until(() => textOf(path) === "6666\n");
  assert.equal(readFileSync(`${path}.2`, "latin1"), "1111\n2222\n");
  assert.equal(existsSync(`${path}.3`), false);
});

test("LogFile begins a new file when the old one is large, and keeps so many", async (t) => {
  const log = openLog(t, { rotateBytes: 3 });
  for (const line of ["one\n", "two\n", "three\n", "four\n"]) {
    log.write(line);
    await until(() => existsSync(log.path) && readFileSync(log.path, "latin1") === line);
  }
  assert.equal(readFileSync(`${log.path}.1`, "latin1"), "three\n");
  assert.equal(readFileSync(`${log.path}.2`, "latin1"), "two\n");
  assert.equal(existsSync(`${log.path}.3`), false);
});

test("LogFile drops and counts lines while it cannot write, tells it once, and goes on when it can", async (t) => {
  const folder = join(makeSite(t), "later");
  const path = join(folder, "access.log");
  const log = openLog(t, { path }, 8);
  log.write("lost?\n");
  await until(() => log.failures.length === 1);
  log.write("dropped\n");
  log.write("dropped too\n");
  assert.equal(log.file.droppedCount, 2);
  execFileSync("mkdir", [folder]);
  await until(() => existsSync(path) && readFileSync(path, "latin1") === "lost?\n");
  assert.equal(log.failures.length, 1);
});

test("LogFile does not wait for a FIFO that nobody reads", { skip: process.platform === "win32" }, async (t) => {
  const path = join(makeSite(t), "fifo");
  execFileSync("mkfifo", [path]);
  const log = openLog(t, { path });
  log.write("a\n");
  await until(() => log.failures.length === 1);
  const reader = openSync(path, "r+");
  const received = Buffer.alloc(10);
  await log.file.close();
  assert.equal(received.toString("latin1", 0, readSync(reader, received)), "a\n");
});

test("LogFile writes what a thread has left, and counts what that dropped", async (t) => {
  const path = join(makeSite(t), "access.log");
  const told = { onFailure: assert.ifError, onDropped: () => {} };
  const file = new LogFile({ path, rotateBytes: Infinity, keepCount: 1, flushMs: 20, ...told });
  const memory = newRing(4);
  const reader = new RingReader(memory);
  file.add(reader);
  const writer = new RingWriter(memory);
  writer.append(Buffer.from("abc\n"), 4);
  writer.append(Buffer.from("d\n"), 2);
  await file.remove(reader);
  assert.equal(readFileSync(path, "latin1"), "abc\n");
  assert.equal(file.droppedCount, 1);
  await file.close();
});
