// Why a folder cannot be read, for the command line: a path that is mistyped, a file, or a folder of another user.
import { accessSync, constants, statSync } from "node:fs";

/** @returns the end of a sentence that begins with the path; undefined for a folder that can be read */
export function folderProblem(path: string): string | undefined {
  try {
    if (!statSync(path).isDirectory()) return "is a file, not a folder";
    accessSync(path, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? "does not exist" : "cannot be read";
  }
}
