// Writes a file in the place of another: whoever reads meanwhile finds the one or the other, and an interrupted run leaves the
// former.
import { chmod, rename, unlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { temporaryName } from "./find-files.ts";

export interface Replacement {
  readonly bytes: Uint8Array;
  /** Permissions, whatever the umask. */
  readonly mode: number;
  /** Of its last change, in seconds; now, if not given. */
  readonly mtimeSeconds?: number;
}

/** @throws the system's error; then the folder is as it was */
export async function replaceFile(path: string, { bytes, mode, mtimeSeconds }: Replacement): Promise<void> {
  const temporary = join(dirname(path), temporaryName());
  try {
    await writeFile(temporary, bytes, { flag: "wx", mode });
    // The umask may remove permissions from new files.
    if ((mode & process.umask()) !== 0) await chmod(temporary, mode);
    if (mtimeSeconds !== undefined) await utimes(temporary, mtimeSeconds, mtimeSeconds);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}
