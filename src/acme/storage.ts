// Files that nobody else may read: keys, accounts, and the answers to challenges. Each is replaced as a whole, so that no
// process reads a half of one, and no crash leaves one.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** The folder, and those above it that are missing. Ours alone, also if it was there before. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  await chmod(path, FOLDER_MODE);
}

/** Undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Undefined when there is no such file, or one that is no JSON: whoever wrote it had no time to finish. */
export async function readJson<Shape>(path: string): Promise<Shape | undefined> {
  const text = await readIfThere(path);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Shape);
  } catch {
    return undefined;
  }
}

/** The content is on the disk when this resolves, under its name. */
export async function writePrivately(path: string, content: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await writeSynced(draft, content);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, "wx", FILE_MODE);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Windows has no such thing. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** @returns takes the answer back */
export async function publishAnswer(folder: string, name: string, answer: string): Promise<() => Promise<void>> {
  const path = join(folder, name);
  await writePrivately(path, answer);
  return () => rm(path, { force: true });
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
