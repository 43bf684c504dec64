import assert from "node:assert/strict";
import { closeSync, constants, openSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, symlink, truncate, unlink, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createOpener } from "../../files/containment.ts";
import { type FolderReading, readFolder } from "./read-folder.ts";

const LIMIT_COUNT = 100_000;

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "heddle-listing-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function read(root: string, path: string = "", limitCount: number = LIMIT_COUNT): Promise<FolderReading> {
  return readFolder({ folder: join(root, path), path, opener: createOpener(root), limitCount });
}

function namesOf({ entries }: FolderReading): string[] {
  return entries.map(({ name, kind }) => (kind === "folder" ? `${name}/` : name)).sort();
}

test("readFolder() gives files and folders with size and time", async (context) => {
  const root = await temporaryFolder(context);
  await mkdir(join(root, "sub/deeper"), { recursive: true });
  await writeFile(join(root, "sub/a.txt"), "12345");
  await utimes(join(root, "sub/a.txt"), 1000, 2000);
  await utimes(join(root, "sub/deeper"), 1000, 3000);
  const { entries, isComplete } = await read(root, "sub");
  const [file, folder] = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  assert.deepEqual(file, { name: "a.txt", kind: "file", sizeBytes: 5, modifiedMs: 2_000_000 });
  assert.deepEqual([folder?.name, folder?.kind, folder?.modifiedMs], ["deeper", "folder", 3_000_000]);
  assert.deepEqual([entries.length, isComplete], [2, true]);
});

test("readFolder() leaves out hidden names and such as no request can ask for", async (context) => {
  const root = await temporaryFolder(context);
  const names = ["shown", ".hidden", "\u200e.git", "a\nb", "ünï", "per%cent"];
  // On Windows a backslash is no part of a name.
  if (process.platform !== "win32") names.push("back\\slash");
  for (const name of names) await writeFile(join(root, name), "");
  await mkdir(join(root, ".well-known"));
  assert.deepEqual(namesOf(await read(root)), ["a\nb", "per%cent", "shown", "ünï"].sort());
});

test("readFolder() shows links that stay inside, as what they lead to", async (context) => {
  const above = await temporaryFolder(context);
  const root = join(above, "root");
  await mkdir(join(root, "sub/folder"), { recursive: true });
  await writeFile(join(above, "secret"), "outside");
  await writeFile(join(root, "file"), "inside");
  const links = { file: "../file", folder2: "folder", up: "..", out: "../../secret", away: above, dead: "nothing" };
  for (const [name, target] of Object.entries(links)) await symlink(target, join(root, "sub", name));
  await symlink("loop", join(root, "sub/loop"));
  const reading = await read(root, "sub");
  assert.deepEqual(namesOf(reading), ["file", "folder/", "folder2/", "up/"]);
  assert.equal(reading.entries.find(({ name }) => name === "file")?.sizeBytes, 6);
});

test("readFolder() leaves out what is neither a file nor a folder", async (context) => {
  const root = await temporaryFolder(context);
  await writeFile(join(root, "file"), "");
  const socket = createServer().listen(join(root, "socket"));
  context.after(() => socket.close());
  await new Promise((resolve) => socket.once("listening", resolve));
  assert.deepEqual(namesOf(await read(root)), ["file"]);
});

test("readFolder() leaves out what vanishes meanwhile", async (context) => {
  const root = await temporaryFolder(context);
  await writeFile(join(root, "stays"), "");
  await symlink("stays", join(root, "link"));
  const opener = createOpener(root);
  const source = { folder: root, path: "", limitCount: LIMIT_COUNT };
  const reading = await readFolder({
    ...source,
    opener: {
      open: async (path) => {
        await unlink(join(root, "stays"));
        return opener.open(path);
      },
    },
  });
  assert.ok(!namesOf(reading).includes("link"));
});

test("readFolder() stops at the limit and says so", async (context) => {
  const root = await temporaryFolder(context);
  for (const name of ["a", "b", "c", ".d"]) await writeFile(join(root, name), "");
  const cut = await read(root, "", 2);
  assert.deepEqual([cut.entries.length, cut.isComplete], [2, false]);
  const whole = await read(root, "", 3);
  assert.deepEqual([whole.entries.length, whole.isComplete], [3, true]);
  assert.deepEqual(await read(root, "", 0), { entries: [], isComplete: false });
});

test("readFolder() rejects as the system does when there is no folder", async (context) => {
  const root = await temporaryFolder(context);
  await writeFile(join(root, "file"), "");
  await assert.rejects(read(root, "missing"), { code: "ENOENT" });
  await assert.rejects(read(root, "file"), { code: "ENOTDIR" });
});

test("readFolder() reads 12,000 files, and sees sizes beyond 32 bits", async (context) => {
  const root = await temporaryFolder(context);
  for (let index = 0; index < 12_000; index++) closeSync(openSync(join(root, `file ${index}`), "w"));
  await truncate(join(root, "file 7"), 5_000_000_000);
  const { entries, isComplete } = await read(root);
  assert.deepEqual([entries.length, isComplete], [12_000, true]);
  assert.equal(entries.find(({ name }) => name === "file 7")?.sizeBytes, 5_000_000_000);
});

if (process.platform === "linux") {
  test("readFolder() reads the folder that a descriptor is of, wherever its name leads by now", async (context) => {
    const root = await temporaryFolder(context);
    await mkdir(join(root, "folder"));
    await writeFile(join(root, "folder/inside"), "");
    const folder = openSync(join(root, "folder"), constants.O_RDONLY | constants.O_DIRECTORY);
    context.after(() => closeSync(folder));
    await rename(join(root, "folder"), join(root, "moved"));
    await symlink("/", join(root, "folder"));
    const opener = createOpener(root);
    const reading = await readFolder({ folder, path: "folder", opener, limitCount: LIMIT_COUNT });
    assert.deepEqual(namesOf(reading), ["inside"]);
  });
}
