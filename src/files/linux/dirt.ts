// Adds to the stat of an opened file whether it has dirty pages (linux/dirty-pages.ts). It is asked before the file is read:
// a page that was clean then cannot change without new times. A large file has many pages to look at, so that is done in
// turns.
import { setImmediate } from "node:timers/promises";
import { hasDirtyPages } from "../../linux/dirty-pages.ts";
import { fileSystemOf } from "../../linux/file-systems.ts";
import type { FileStat, Opened } from "../opener.ts";

/** What is looked at in one turn: 4096 pages, in 50 us. */
const TURN_BYTES = 16 * 1024 * 1024;

/** The stat with its dirt; undefined for a file that is too large to be looked at in one turn. */
export function withDirtAtOnce(fd: number, stat: FileStat): FileStat | undefined {
  if (!fileSystemOf(fd, stat.dev).tellsDirtyPages) return stat;
  if (stat.sizeBytes > TURN_BYTES) return undefined;
  return hasDirtyPages(fd, 0, stat.sizeBytes) ? { ...stat, hasDirtyPages: true } : stat;
}

/** The same for a file of any size, and for whatever else was opened. */
export async function withDirt(opened: Opened): Promise<Opened> {
  if (opened.kind !== "file") return opened;
  const { fd, stat } = opened;
  if (!fileSystemOf(fd, stat.dev).tellsDirtyPages) return opened;
  for (let start = 0; start < stat.sizeBytes; start += TURN_BYTES) {
    if (start > 0) await setImmediate();
    if (hasDirtyPages(fd, start, TURN_BYTES)) return { ...opened, stat: { ...stat, hasDirtyPages: true } };
  }
  return opened;
}
