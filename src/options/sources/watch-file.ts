// Notices that a file has changed, by asking the file system: on local disks under Linux after an event, and once a minute
// (watch-names.ts), elsewhere twice a second. One stat costs 20 us, and a wake-up more.
import { type BigIntStats, stat, statSync } from "node:fs";
import { promisify } from "node:util";
import { NameWatcher } from "./watch-names.ts";

/** The time between two questions about a file that may be changing, or whose changes are not heard. */
export const INTERVAL_MS = 500;
/** The time between two questions about every file: an event may be lost, and a folder far above may be renamed. */
export const SWEEP_MS = 60_000;

/**
 * Differs from one content of a file to the next, and from one set of permissions to the next: a file that could not be read
 * may be readable now. A folder has another version when it is another folder. Undefined when there is no file.
 */
export type FileVersion = string | undefined;

export async function versionOf(file: string): Promise<FileVersion> {
  return (await versionOrAbsent(file)) || undefined;
}

/** As `versionOf`; "" where certainly nothing has that name, so that nothing needs to be opened. */
export async function versionOrAbsent(file: string): Promise<FileVersion> {
  try {
    // Most sites have none of the files that are looked for, and each error would cost as much as the question.
    const found = await statOrUndefined(file, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? "" : versionIn(found);
  } catch {
    return undefined;
  }
}

/** As `versionOf`, without a thread of the pool. */
export function versionNow(file: string): FileVersion {
  try {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false });
    return found && versionIn(found);
  } catch {
    return undefined;
  }
}

function versionIn(found: BigIntStats): string {
  const { dev, ino, mode, uid, gid, size, mtimeNs } = found;
  return [dev, ino, mode, uid, gid, ...(found.isDirectory() ? [] : [size, mtimeNs])].join(" ");
}

/** Node's types do not know the option yet. Costs half of what the function of node:fs/promises does. */
const statOrUndefined = promisify(stat) as (
  file: string,
  options: { bigint: true; throwIfNoEntry: false },
) => Promise<BigIntStats | undefined>;

/**
 * Calls back when the file differs from the known version and has been the same twice, so that a burst of changes counts
 * once. A file that does not exist is no change: it is about to be replaced, or the user does not want it any more.
 * @param known the version that was read last; as long as it is an older one, every check calls back
 * @returns ends the watch
 */
export function watchFile(file: string, known: () => FileVersion, onChange: () => void): () => void {
  let seen: FileVersion;
  let isHeard = false;
  let isChecking = false;
  let isEnded = false;
  const names = new NameWatcher(() => {
    isHeard = false;
    checkIn(0);
  });
  const checkIn = (delayMs: number): void => {
    if (isChecking || isEnded) return;
    clearTimeout(timer);
    timer = setTimeout(() => void check(), delayMs).unref();
  };
  const check = async (): Promise<void> => {
    isChecking = true;
    const found = await versionOf(file);
    isChecking = false;
    if (isEnded) return;
    const isSettled = found === seen;
    const isNews = found !== undefined && found !== known();
    seen = found;
    // Asks again, at least once, after it has begun to listen.
    checkIn(isHeard && isSettled && !isNews ? SWEEP_MS : INTERVAL_MS);
    isHeard = isSettled && names.follow([file]).has(file);
    if (isSettled && isNews) onChange();
  };
  let timer = setTimeout(() => void check(), INTERVAL_MS).unref();
  return () => {
    isEnded = true;
    clearTimeout(timer);
    names.close();
  };
}
