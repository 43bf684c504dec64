// Notices that a file has changed, by looking at it twice a second. What systems offer for this (inotify and its kin)
// watches what a name leads to, not the name: it loses files that editors replace, links that deployments swap (the
// ..data of Kubernetes), and says nothing on network file systems. One stat costs 20 us.
import { stat } from "node:fs/promises";

const LOOK_MS = 500;

/** Tells one content of a file from the next; undefined when there is none. */
export type FileVersion = string | undefined;

export async function versionOf(file: string): Promise<FileVersion> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs}`;
  } catch {
    return undefined;
  }
}

/**
 * Calls back when the file is not the known one, and has been the same for two looks: a burst of changes is one. A
 * file that is missing is no change; it is about to be replaced, or it is not wanted any more.
 * @param known the version that was read last; while it stays behind, each look calls back
 * @returns ends it
 */
export function watchFile(file: string, known: () => FileVersion, onChange: () => void): () => void {
  let seen: FileVersion;
  let isEnded = false;
  const look = async (): Promise<void> => {
    const found = await versionOf(file);
    if (isEnded) return;
    timer.refresh();
    if (found !== undefined && found === seen && found !== known()) onChange();
    seen = found;
  };
  const timer = setTimeout(() => void look(), LOOK_MS).unref();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}
