// Which files of a folder are worth a sidecar: what the server would serve, by the same rules for hidden names, of a type
// that is worth a coding. Links to files count where they stay below the root; folders are only found where they are, as
// their sidecars are seen through links too.
import { randomUUID } from "node:crypto";
import type { Dirent } from "node:fs";
import { readdir, realpath, stat, unlink } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { isCompressible } from "../content/coding.ts";
import { resolvePath } from "../content/resolve.ts";
import { mediaTypeOf } from "../http/media-type.ts";

export interface FoundFile {
  /** Below the root, with the system's separators: what is shown. */
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  /** Who may do what with it. */
  readonly mode: number;
}

/** What zlib takes in one piece, with what it needs beside it. Who serves larger texts serves them by parts. */
const SIZE_LIMIT_BYTES = 256 * 1024 * 1024;

/** Left by a run that was killed; one that is alive writes its files in less. */
const ABANDONED_MS = 600_000;
const TEMPORARY = /^\.heddle-[\da-f-]{36}\.tmp$/;

/**
 * A hidden name, which the server never serves and `findFiles` never finds. Made of nothing: that of the file may be as
 * long as names can be, and the number of the process may be that of another in another container.
 */
export function temporaryName(): string {
  return `.heddle-${randomUUID()}.tmp`;
}

/** @throws the system's error when the root cannot be read; folders below that cannot be are told to `onError` */
export async function findFiles(
  root: string,
  leastBytes: number,
  onError: (name: string, error: unknown) => void,
): Promise<FoundFile[]> {
  const realRoot = await realpath(root);
  const files: FoundFile[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await list(join(realRoot, folder), folder, onError)) {
      const name = join(folder, entry.name);
      if (TEMPORARY.test(entry.name)) await removeAbandoned(join(realRoot, name));
      if (!isServed(name)) continue;
      if (entry.isDirectory()) folders.push(name);
      else if (isCompressible(mediaTypeOf(entry.name))) {
        const file = await look(realRoot, name, entry, onError);
        if (file !== undefined && file.sizeBytes >= leastBytes && file.sizeBytes <= SIZE_LIMIT_BYTES) files.push(file);
      }
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function list(path: string, name: string, onError: (name: string, error: unknown) => void): Promise<Dirent[]> {
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

async function look(
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
    // A link to nothing is nothing; so is what was removed meanwhile.
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
    // Somebody else's, or gone.
  }
}
