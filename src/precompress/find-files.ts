// Finds the files of a folder that are worth compressing: files that the server would serve, by the same rules for hidden
// names, and of a compressible type. Links to files count when they stay below the root. Links to folders are skipped: the
// folder itself is found, and a link to it shows its precompressed files (sidecars), too.
import { randomUUID } from "node:crypto";
import type { Dirent } from "node:fs";
import { readdir, realpath, stat, unlink } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { isCompressible, storedCodingOf } from "../content/codings/coding.ts";
import { resolvePath } from "../content/resolve.ts";
import { mediaTypeOf } from "../http/media-type.ts";

export interface FoundFile {
  /** The path below the root, with the system's separators, for messages. */
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  /** Permissions. */
  readonly mode: number;
}

/** The most that zlib takes in one piece, with its working memory. Larger files are usually downloaded in parts. */
const SIZE_LIMIT_BYTES = 256 * 1024 * 1024;

/** A temporary file of this age was left by a killed run: a running one writes its files in less time. */
const ABANDONED_MS = 600_000;
const TEMPORARY = /^\.heddle-[\da-f-]{36}\.tmp$/;

/**
 * A hidden name, which the server never serves and `findFiles` never finds. Random: the name of the file may already have
 * the greatest length, and the process number may occur in another container, too.
 */
export function temporaryName(): string {
  return `.heddle-${randomUUID()}.tmp`;
}

/** @throws the system's error when the root cannot be read; `onError` hears of folders below that cannot be read */
export async function findFiles(
  root: string,
  leastBytes: number,
  onError: (name: string, error: unknown) => void,
): Promise<FoundFile[]> {
  const realRoot = await realpath(root);
  const files: FoundFile[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readFolder(join(realRoot, folder), folder, onError)) {
      const name = join(folder, entry.name);
      if (TEMPORARY.test(entry.name)) await removeAbandoned(join(realRoot, name));
      if (!isServed(name)) continue;
      if (entry.isDirectory()) folders.push(name);
      else if (isWorthCompressing(entry.name)) {
        const file = await inspectFile(realRoot, name, entry, onError);
        if (file !== undefined && file.sizeBytes >= leastBytes && file.sizeBytes <= SIZE_LIMIT_BYTES) files.push(file);
      }
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isWorthCompressing(name: string): boolean {
  return isCompressible(mediaTypeOf(name)) && storedCodingOf(name) === undefined;
}

async function readFolder(
  path: string,
  name: string,
  onError: (name: string, error: unknown) => void,
): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (name === "") throw error;
    onError(name, error);
    return [];
  }
}

function isServed(name: string): boolean {
  return resolvePath(`/${name.split(sep).map(encodeURIComponent).join("/")}`).kind === "path";
}

async function inspectFile(
  realRoot: string,
  name: string,
  entry: Dirent,
  onError: (name: string, error: unknown) => void,
): Promise<FoundFile | undefined> {
  const path = join(realRoot, name);
  try {
    if (entry.isSymbolicLink() && !isBelow(realRoot, await realpath(path))) return undefined;
    const stats = await stat(path, { bigint: true });
    if (!stats.isFile()) return undefined;
    return { name, path, sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs, mode: Number(stats.mode) & 0o777 };
  } catch (error) {
    // A broken link, or a file that was removed meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") onError(name, error);
    return undefined;
  }
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return !isAbsolute(way) && !way.startsWith(`..${sep}`);
}

async function removeAbandoned(path: string): Promise<void> {
  try {
    if (Date.now() - (await stat(path)).mtimeMs > ABANDONED_MS) await unlink(path);
  } catch {
    // The file belongs to another user, or is gone.
  }
}
