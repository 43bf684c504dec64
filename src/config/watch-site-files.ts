// Notices that files of other servers in the roots have changed, come or gone: a deployment brings its own rules. Looks at
// them twice a second, for the reasons that watch-file.ts has; one that is gone is a change here.
import { type FileVersion, versionOf } from "./watch-file.ts";

const LOOK_MS = 500;

/**
 * Calls back when a file is not the version that was read, or that it last called back for, and all have been the same
 * for two looks: a deployment that copies file by file is one change.
 * @param files what was read, by path
 * @returns ends it
 */
export function watchSiteFiles(files: ReadonlyMap<string, FileVersion>, onChange: () => void): () => void {
  const paths = [...files.keys()];
  let known = [...files.values()].join("\n");
  let seen: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const look = async (): Promise<void> => {
    const found = (await Promise.all(paths.map(versionOf))).join("\n");
    if (isEnded) return;
    const isChange = found !== known && found === seen;
    if (isChange) known = found;
    seen = found;
    timer = setTimeout(() => void look(), LOOK_MS).unref();
    if (isChange) onChange();
  };
  if (paths.length > 0) void look();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}
