// A file with the number of this process, for scripts and service managers that ask for one. It is there once the server
// serves. In an upgrade, the new process puts its own number in the place of the former one's, which then leaves the file.
import { readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { OptionError } from "../../options/mistakes.ts";

/** Nobody else may write it: what it says is killed. */
const MODE = 0o644;

const REASONS: Readonly<Record<string, string | undefined>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "its folder is no folder",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "the file system is read-only",
  EISDIR: "there is a folder of this name",
};

/** Whoever reads it meanwhile finds the number before, or this one. @throws {OptionError} when it cannot be written */
export function writePidFile(path: string): void {
  const made = `${path}.${process.pid}`;
  try {
    writeFileSync(made, `${process.pid}\n`, { mode: MODE });
    renameSync(made, path);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    remove(made);
    throw new OptionError("pidFile", path, `the path of a file that can be written (${REASONS[code] ?? code})`);
  }
}

/** Removes the file, unless it has the number of another process by now. */
export function removePidFile(path: string): void {
  try {
    if (Number(readFileSync(path, "latin1")) === process.pid) unlinkSync(path);
  } catch {} // it is gone, or its folder
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {} // it was not made
}
