// Files of a root that are there for the server and not for its visitors: opened they are missing, and listings leave
// them out. What begins with a dot is refused before any opener is asked (resolve.ts).
import type { Opened, Opener } from "../http/file.ts";

const MISSING: Promise<Opened> = Promise.resolve({ kind: "missing" });

/** @param isHidden whether a path below the root is one that nobody gets */
export function hideFiles(opener: Opener, isHidden: (path: string) => boolean): Opener {
  return { ...opener, open: (path) => (isHidden(path) ? MISSING : opener.open(path)), isHidden };
}
